// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_USAGE_HPP
#define RONDO_BENCH_USAGE_HPP

#include <stage.hpp>

#include <chrono>
#include <cstdint>

namespace rondo::bench {

using steady = std::chrono::steady_clock;

/// User and system time of this process, all threads.
[[nodiscard]] std::chrono::nanoseconds cpu_time();

/// Resident memory that is not of files, in bytes, once the allocator has given back what is free.
[[nodiscard]] double resident_bytes();

/// The most memory that was resident since the process began.
[[nodiscard]] double peak_bytes();

/// What happened between two instants.
struct window {
    std::chrono::nanoseconds elapsed{0};
    std::chrono::nanoseconds cpu{0};
    std::uint64_t runs = 0;
};

/// Turns the loop, and says what happened for `length` from `begin` on. `open` is true meanwhile. Throws if
/// nothing ran.
[[nodiscard]] window run_window(stage& loop, steady::time_point begin, std::chrono::nanoseconds length,
                                const std::uint64_t& runs, bool& open);

} // namespace rondo::bench

#endif // RONDO_BENCH_USAGE_HPP
