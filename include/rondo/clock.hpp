// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CLOCK_HPP
#define RONDO_CLOCK_HPP

#include <rondo/time.hpp>

namespace rondo {

/// Somebody who waits for a clock.
class clock_waiter {
public:
    /// The deadline may have come, or the clock was set: look again. Called by the thread that moves
    /// the clock, at most once for each `arm`; it must only post.
    virtual void wake() noexcept = 0;

protected:
    ~clock_waiter() = default;
};

/// The one place where rondo learns what time it is. The default reads the system's clocks;
/// `rondo::testing::virtual_clock` is moved by hand. Implementations may be called from any thread.
class clock {
public:
    virtual ~clock() = default;

    /// Both clocks, read together.
    [[nodiscard]] virtual instant now() const noexcept = 0;

    /// `waiter` wants to wait for `deadline`. Returns until when a `steady_timer` shall wait for it, as
    /// `std::chrono::steady_clock` counts; earlier is no harm, for the waiter looks at this clock again.
    /// A clock that is moved by hand returns `steady_time::max()` and calls `waiter.wake()` later, or
    /// `steady_time::min()` if the deadline has come already. Replaces what the waiter armed before.
    [[nodiscard]] virtual steady_time arm(clock_waiter& waiter, steady_time deadline) noexcept = 0;

    /// Whether it wakes its waiters when the wall clock is set. If not, whoever waits for an instant of that
    /// clock looks at it again and again (`manager_options::wall_clock_check`).
    [[nodiscard]] virtual bool wakes_on_set() const noexcept { return false; }

    /// `waiter` waits no longer. When this returns, its `wake` neither runs nor will run.
    virtual void disarm(clock_waiter& waiter) noexcept = 0;
};

/// The system's clocks: the wall clock, and on Linux CLOCK_BOOTTIME, which goes on while the machine
/// sleeps (elsewhere `std::chrono::steady_clock`). Waits for more than a second are looked at once a
/// second, for timers stand still in a sleep. Lives as long as the program.
///
/// A manager without a clock of yours reads the same, and on Linux the kernel tells it of sleeps and of
/// settings of the wall clock (timerfd_create(2), one descriptor per manager), so that it idles.
[[nodiscard]] clock& system_clock() noexcept;

} // namespace rondo

#endif // RONDO_CLOCK_HPP
