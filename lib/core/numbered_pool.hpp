// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_NUMBERED_POOL_HPP
#define RONDO_CORE_NUMBERED_POOL_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace rondo::core {

/// Objects of one type at fixed addresses, in chunks, each with a number from 0 on, by which it is found. The number of
/// one that is gone serves the next: so none is larger than there ever were objects at once. It need not be kept with the
/// object; a million of them are that much smaller.
template <class T, std::size_t ChunkSize = 256>
class numbered_pool {
public:
    using value_type = T;

    numbered_pool() = default;
    numbered_pool(const numbered_pool&) = delete;
    numbered_pool& operator=(const numbered_pool&) = delete;

    /// Gives the number of a new one.
    template <class... Args>
    [[nodiscard]] std::uint32_t make(Args&&... args) {
        static_assert(std::is_nothrow_constructible_v<T, Args...>, "a throw would lose the node");
        if (free_ == none) grow();
        const std::uint32_t number = free_;
        node& n = node_of(number);
        free_ = n.next;
        ::new (static_cast<void*>(n.storage)) T(std::forward<Args>(args)...);
        return number;
    }

    /// It must be there, also for the next.
    [[nodiscard]] T& at(std::uint32_t number) const noexcept {
        return *std::launder(reinterpret_cast<T*>(node_of(number).storage));
    }
    void destroy(std::uint32_t number) noexcept {
        at(number).~T();
        node_of(number).next = free_;
        free_ = number;
    }

private:
    static constexpr std::uint32_t none = 0xffff'ffff;

    union node {
        std::uint32_t next; // that is free
        alignas(T) std::byte storage[sizeof(T)];
    };

    [[nodiscard]] node& node_of(std::uint32_t number) const noexcept {
        return chunks_[number / ChunkSize][number % ChunkSize];
    }

    void grow() {
        const auto first = static_cast<std::uint32_t>(chunks_.size() * ChunkSize);
        chunks_.push_back(std::make_unique<node[]>(ChunkSize));
        for (std::uint32_t i = ChunkSize; i-- > 0;) {
            chunks_.back()[i].next = free_;
            free_ = first + i;
        }
    }

    std::vector<std::unique_ptr<node[]>> chunks_;
    std::uint32_t free_ = none; // the first of the free nodes, which lead to each other
};

} // namespace rondo::core

#endif // RONDO_CORE_NUMBERED_POOL_HPP
