// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_USAGE_HPP
#define RONDO_BENCH_USAGE_HPP

#include <stage.hpp>

#include <atomic>
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

/// Counts a run, of which several threads have some if it is shared.
class run_counter {
public:
    run_counter(std::uint64_t& runs, bool shared) : runs_(&runs), shared_(shared) {}

    void operator()() const noexcept {
        if (shared_)
            std::atomic_ref(*runs_).fetch_add(1, std::memory_order_relaxed);
        else
            ++*runs_;
    }

private:
    std::uint64_t* runs_;
    bool shared_;
};

} // namespace rondo::bench

#endif // RONDO_BENCH_USAGE_HPP
