// SPDX-License-Identifier: BSL-1.0
#include <rondo/shared_string.hpp>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>

namespace rondo {

struct shared_string::block {
    std::atomic<std::uint32_t> owners{1};
    std::uint32_t size = 0;

    [[nodiscard]] char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
};

shared_string::shared_string(std::string_view text) {
    if (text.empty()) return;
    auto size = std::min<std::size_t>(text.size(), std::numeric_limits<std::uint32_t>::max());
    block_ = new (::operator new(sizeof(block) + size)) block;
    block_->size = static_cast<std::uint32_t>(size);
    std::memcpy(block_->text(), text.data(), size);
}

shared_string::shared_string(const shared_string& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
}

shared_string::~shared_string() {
    if (block_ == nullptr) return;
    // Acquire and release: the last owner must see what the others did with the text.
    if (block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    block_->~block();
    ::operator delete(block_);
}

std::string_view shared_string::view() const noexcept {
    return block_ == nullptr ? std::string_view() : std::string_view(block_->text(), block_->size);
}

} // namespace rondo
