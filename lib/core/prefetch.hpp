// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_PREFETCH_HPP
#define RONDO_CORE_PREFETCH_HPP

#include <cstddef>

namespace rondo::core {

/// Has the processor fetch what is about to be used. Of many tasks little is in its caches when their time comes, and a
/// wait for memory takes as long as two hundred instructions. Changes nothing; `p` may be null.
inline void prefetch(const void* p) noexcept {
    __builtin_prefetch(p, 1);
    // Else GCC drops calls of functions that do nothing but this, as they give nothing.
    asm volatile("" : : "r"(p));
}
/// All of it.
template <class T>
void prefetch_whole(const T* p) noexcept {
    constexpr std::size_t line = 64;
    if (p == nullptr) return;
    for (std::size_t at = 0; at < sizeof(T); at += line) prefetch(reinterpret_cast<const std::byte*>(p) + at);
}

} // namespace rondo::core

#endif // RONDO_CORE_PREFETCH_HPP
