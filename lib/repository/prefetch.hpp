// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_PREFETCH_HPP
#define RONDO_REPOSITORY_PREFETCH_HPP

#include <cstddef>

namespace rondo::repository_detail {

/// Has the processor fetch what is about to be read. Changes nothing; `p` may be null.
inline void prefetch(const void* p) noexcept {
    __builtin_prefetch(p);
    asm volatile("" : : "r"(p)); // else GCC drops calls of functions that do nothing but this
}
/// All of it.
template <class T>
void prefetch_whole(const T* p) noexcept {
    constexpr std::size_t line = 64;
    if (p == nullptr) return;
    for (std::size_t at = 0; at < sizeof(T); at += line) prefetch(reinterpret_cast<const std::byte*>(p) + at);
}

} // namespace rondo::repository_detail

#endif // RONDO_REPOSITORY_PREFETCH_HPP
