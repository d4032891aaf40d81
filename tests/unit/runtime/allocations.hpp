// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_RUNTIME_ALLOCATIONS_HPP
#define RONDO_TESTS_UNIT_RUNTIME_ALLOCATIONS_HPP

#include <ostream>

#include <doctest/doctest.h>

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

/// Plays with each of its allocations failing once, and then with none. `play(n)` says whether one failed. Gives how many
/// there were.
template <class Play>
int with_each(Play play) {
    for (int n = 0;; ++n) {
        CAPTURE(n);
        REQUIRE(n < 100);
        if (!play(n)) return n;
    }
}

} // namespace rondo::tests

#endif // RONDO_TESTS_UNIT_RUNTIME_ALLOCATIONS_HPP
