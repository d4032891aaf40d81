// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SUPPORT_OWN_NEW_HPP
#define RONDO_TESTS_SUPPORT_OWN_NEW_HPP

// The `operator new` of a program, for one of its files to include.
#include <cstddef>
#include <cstdlib>
#include <new>

namespace rondo::tests {

/// The program's own: what it throws, the allocation throws.
void before_allocation();

inline void* allocated(std::size_t size, std::size_t alignment) {
    before_allocation();
    size = size == 0 ? alignment : (size + alignment - 1) / alignment * alignment;
    const bool plain = alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__;
    void* p = plain ? std::malloc(size) : std::aligned_alloc(alignment, size);
    if (p == nullptr) throw std::bad_alloc();
    return p;
}

} // namespace rondo::tests

void* operator new(std::size_t size) {
    return rondo::tests::allocated(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return rondo::tests::allocated(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
    std::free(p);
}

#endif // RONDO_TESTS_SUPPORT_OWN_NEW_HPP
