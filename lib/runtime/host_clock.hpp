// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_HOST_CLOCK_HPP
#define RONDO_RUNTIME_HOST_CLOCK_HPP

#include <rondo/clock.hpp>

#include <runtime/os_clocks.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <unordered_set>

namespace rondo::runtime {

/// The clocks of a machine that may sleep and whose wall clock may be set. Timers know of neither, so
/// long waits are cut into pieces: short ones, or, while somebody watches and calls `moved`, long ones.
class host_clock final : public clock {
public:
    /// After a sleep of the machine a wait goes on for no longer than this: unwatched, …
    static constexpr std::chrono::nanoseconds wait_max = std::chrono::seconds(1);
    /// … and watched, should the system keep a sleep to itself.
    static constexpr std::chrono::nanoseconds watched_wait_max = std::chrono::minutes(1);

    explicit host_clock(const os_clocks& os) noexcept : os_(os) {}

    [[nodiscard]] instant now() const noexcept override;
    [[nodiscard]] steady_time arm(clock_waiter& waiter, steady_time deadline) noexcept override;
    void disarm(clock_waiter& waiter) noexcept override;
    [[nodiscard]] bool wakes_on_set() const noexcept override { return watched_; }

    /// Until when a timer shall wait for `deadline` if nobody watches.
    [[nodiscard]] steady_time timer_for(steady_time deadline) const noexcept;
    /// As `now().steady`, for half the price.
    [[nodiscard]] steady_time elapsed() const noexcept { return os_.elapsed(); }
    /// What a timer's clock shows now.
    [[nodiscard]] steady_time awake() const noexcept { return os_.awake(); }
    /// Somebody watches from now on.
    void watch() noexcept { watched_ = true; }
    /// The machine has slept, or its wall clock was set: whoever waits for long looks again.
    void moved() noexcept;
    /// Nobody will call `moved` any more.
    void unwatch() noexcept;

private:
    const os_clocks& os_;
    std::atomic<bool> watched_ = false;
    // Guards the next. Recursive: a waiter that ends in its own `wake` disarms itself there.
    std::recursive_mutex mutex_;
    std::unordered_set<clock_waiter*> far_; // who waits for long
};

/// That of `system_clock()`: this machine's, unwatched.
[[nodiscard]] host_clock& unwatched_clock() noexcept;

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_HOST_CLOCK_HPP
