// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_SHARED_CLOCK_HPP
#define RONDO_RUNTIME_SHARED_CLOCK_HPP

#include <rondo/clock.hpp>
#include <rondo/record.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <memory>
#include <mutex>

namespace rondo::runtime {

/// The clock of those who share a repository: the repository's, carried on by the monotonic clock of this machine
/// between two readings. The wall clock here does not count: whoever sets it moves nothing. What the two clocks part
/// company by is made up for in both of what this one shows, so that intervals keep to the slots on record; a reading
/// that is further off than `step_min` says that the other was set, and moves what is shown of the wall clock alone.
///
/// Any thread.
class shared_clock final : public clock {
public:
    static constexpr std::chrono::nanoseconds step_min = std::chrono::seconds(1);

    explicit shared_clock(std::shared_ptr<clock> here) : here_(std::move(here)) {}

    /// What the other clock showed. Gives by how much this one was behind; 0 of the first.
    std::chrono::nanoseconds set(const clock_reading& r);

    /// Of the clock here.
    [[nodiscard]] bool is_past(steady_time t) const noexcept {
        return t != steady_time::max() && t <= here_->now().steady;
    }
    [[nodiscard]] instant now() const noexcept override;
    [[nodiscard]] steady_time arm(clock_waiter& waiter, steady_time deadline) noexcept override;
    void disarm(clock_waiter& waiter) noexcept override { here_->disarm(waiter); }
    [[nodiscard]] bool wakes_on_set() const noexcept override { return true; }

private:
    const std::shared_ptr<clock> here_;
    mutable std::mutex mutex_; // guards the next
    bool read_ = false;
    std::chrono::nanoseconds ahead_{0};              ///< of what is shown as monotonic, of the one here
    std::chrono::nanoseconds wall_from_{};           ///< of the wall clock, to what is shown as monotonic
    mutable steady_time shown_ = steady_time::min(); ///< it never goes back
};

/// What a manager has besides, whose repository others share.
struct sharing {
    std::shared_ptr<shared_clock> clock;                      ///< null if nobody does
    std::weak_ptr<boost::asio::cancellation_signal> watching; ///< of the coroutine, while it is there
    bool blind = false;                                       ///< it is not, for want of memory
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_SHARED_CLOCK_HPP
