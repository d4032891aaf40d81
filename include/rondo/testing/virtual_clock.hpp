// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTING_VIRTUAL_CLOCK_HPP
#define RONDO_TESTING_VIRTUAL_CLOCK_HPP

#include <rondo/clock.hpp>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace rondo::testing {

/// A clock that stands still until it is moved, for tests of rondo and of your own tasks: give it to
/// `manager_options::clock`. It must outlive the execution contexts of its
/// managers. Whom it wakes together it wakes in the order of their deadlines, and for the same one in that in
/// which they came, so that a test is the same each time. Any thread.
class virtual_clock final : public clock {
public:
    /// Begins at 2025-01-01T00:00:00Z, at monotonic time 1 h.
    virtual_clock();
    explicit virtual_clock(instant start);

    [[nodiscard]] instant now() const noexcept override;
    [[nodiscard]] steady_time arm(clock_waiter& waiter, steady_time deadline) noexcept override;
    void disarm(clock_waiter& waiter) noexcept override;
    [[nodiscard]] bool wakes_on_set() const noexcept override { return true; }

    /// Moves both clocks by `d` (not negative) in one leap and wakes whom that concerns.
    void advance(std::chrono::nanoseconds d);
    /// Sets the wall clock alone, forward or back, and wakes everybody: this is a clock step.
    void set_wall(wall_time t);
    /// The nearest deadline that somebody waits for.
    [[nodiscard]] std::optional<steady_time> next_deadline() const;

private:
    struct wait {
        clock_waiter* waiter = nullptr;
        steady_time deadline{};
        std::uint64_t turn = 0; // of all that were armed
    };

    void forget(const clock_waiter& waiter) noexcept;
    void wake_until(steady_time last);

    mutable std::mutex mutex_; // guards all below
    instant now_;
    std::vector<wait> armed_; // few; in no order
    std::uint64_t turns_ = 0;
};

/// Lets `d` of virtual time pass: runs what is ready on `context`, leaps to the next deadline, and
/// again, until `d` has passed and nothing is ready. Never waits for real time, so work that another
/// thread does is not awaited. Single-threaded: nobody else may run `context` meanwhile.
/// Returns the number of handlers that ran.
std::size_t run_for(boost::asio::io_context& context, virtual_clock& clock, std::chrono::nanoseconds d);

} // namespace rondo::testing

#endif // RONDO_TESTING_VIRTUAL_CLOCK_HPP
