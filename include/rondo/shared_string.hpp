// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_SHARED_STRING_HPP
#define RONDO_SHARED_STRING_HPP

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace rondo {

/// An immutable string whose copies share one allocation: uids and names, which each run, event and
/// row repeats. One pointer wide; empty costs nothing. Copies may be used from any thread.
class shared_string {
public:
    shared_string() = default;
    /// Copies `text` once. At most 2^32 - 1 bytes (longer text is cut there).
    explicit shared_string(std::string_view text);
    shared_string(const shared_string& other) noexcept : block_(other.block_) {
        if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
    }
    shared_string(shared_string&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    shared_string& operator=(shared_string other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~shared_string() {
        // Acquire and release: the last owner must see what the others did with the text.
        if (block_ != nullptr && block_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(block_);
    }

    [[nodiscard]] std::string_view view() const noexcept {
        return block_ == nullptr ? std::string_view() : std::string_view(block_->text(), block_->size);
    }
    [[nodiscard]] std::string str() const { return std::string(view()); }
    [[nodiscard]] bool empty() const noexcept { return block_ == nullptr; }
    operator std::string_view() const noexcept { return view(); }

    friend bool operator==(const shared_string& a, const shared_string& b) noexcept {
        return a.block_ == b.block_ || a.view() == b.view();
    }
    friend bool operator==(const shared_string& a, std::string_view b) noexcept { return a.view() == b; }
    friend auto operator<=>(const shared_string& a, const shared_string& b) noexcept {
        return a.view() <=> b.view();
    }
    friend std::ostream& operator<<(std::ostream& out, const shared_string& s) { return out << s.view(); }

private:
    struct block { // and the text right behind it, in one allocation
        std::atomic<std::uint32_t> owners{1};
        std::uint32_t size = 0;

        [[nodiscard]] char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
    };
    static void destroy(block* b) noexcept;

    block* block_ = nullptr;
};

} // namespace rondo

template <>
struct std::hash<rondo::shared_string> {
    std::size_t operator()(const rondo::shared_string& s) const noexcept {
        return std::hash<std::string_view>{}(s.view());
    }
};

#endif // RONDO_SHARED_STRING_HPP
