// SPDX-License-Identifier: BSL-1.0
#include <rondo/shared_string.hpp>

#include <cstdint>
#include <cstring>
#include <limits>
#include <new>

namespace rondo {

shared_string::shared_string(std::string_view text) {
    if (text.empty()) return;
    auto size = std::min<std::size_t>(text.size(), std::numeric_limits<std::uint32_t>::max());
    block_ = new (::operator new(sizeof(block) + size)) block;
    block_->size = static_cast<std::uint32_t>(size);
    std::memcpy(block_->text(), text.data(), size);
}

void shared_string::destroy(block* b) noexcept {
    b->~block();
    ::operator delete(b);
}

} // namespace rondo
