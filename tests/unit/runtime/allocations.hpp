// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_RUNTIME_ALLOCATIONS_HPP
#define RONDO_TESTS_UNIT_RUNTIME_ALLOCATIONS_HPP

#include <atomic>
#include <cstdint>

namespace rondo::tests {

// The `operator new` of this program is ours: see no_memory.cpp.
extern std::atomic<std::int64_t> allocations_left; ///< before one fails; negative: none does
extern std::atomic<bool> one_has_failed;
extern std::atomic<std::uint64_t> allocations; ///< that there were

/// Whether Asio keeps small blocks. If not, it allocates where it must not fail, in the destructors of its strands.
[[nodiscard]] inline bool recycles() {
#ifdef BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING
    return false;
#else
    return true;
#endif
}

} // namespace rondo::tests

#endif // RONDO_TESTS_UNIT_RUNTIME_ALLOCATIONS_HPP
