// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_POOL_HPP
#define RONDO_CORE_POOL_HPP

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace rondo::core {

/// Objects of one type at fixed addresses, in chunks: no allocation for each, none once warm.
template <class T, std::size_t ChunkSize = 64>
class pool {
public:
    pool() = default;
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    template <class... Args>
    T& make(Args&&... args) {
        if (free_ == nullptr) grow();
        static_assert(std::is_nothrow_constructible_v<T, Args...>, "a throw would lose the node");
        node* n = free_;
        free_ = n->next;
        return *::new (static_cast<void*>(n->storage)) T(std::forward<Args>(args)...);
    }

    /// Two more need no memory.
    void make_room() {
        if (free_ == nullptr || free_->next == nullptr) grow();
    }

    void destroy(T& item) noexcept {
        item.~T();
        node* n = reinterpret_cast<node*>(&item);
        n->next = free_;
        free_ = n;
    }

private:
    union node {
        node* next;
        alignas(T) std::byte storage[sizeof(T)];
    };

    void grow() {
        chunks_.push_back(std::make_unique<node[]>(ChunkSize));
        for (std::size_t i = ChunkSize; i-- > 0;) {
            node& n = chunks_.back()[i];
            n.next = free_;
            free_ = &n;
        }
    }

    std::vector<std::unique_ptr<node[]>> chunks_;
    node* free_ = nullptr; // the free nodes, linked through themselves
};

} // namespace rondo::core

#endif // RONDO_CORE_POOL_HPP
