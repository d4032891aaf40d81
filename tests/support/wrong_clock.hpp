// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SUPPORT_WRONG_CLOCK_HPP
#define RONDO_TESTS_SUPPORT_WRONG_CLOCK_HPP

#include <rondo/clock.hpp>

#include <atomic>
#include <chrono>

namespace rondo::testing {

/// The machine's clock, with a wall clock that somebody set wrong, and sets again. Any thread.
class wrong_clock final : public clock {
public:
    explicit wrong_clock(std::chrono::microseconds by) : by_(by) {}

    [[nodiscard]] instant now() const noexcept override {
        instant t = system_clock().now();
        t.wall += by_.load();
        return t;
    }
    [[nodiscard]] steady_time arm(clock_waiter& waiter, steady_time deadline) noexcept override {
        return system_clock().arm(waiter, deadline);
    }
    void disarm(clock_waiter& waiter) noexcept override { system_clock().disarm(waiter); }

    void set(std::chrono::microseconds by) noexcept { by_ = by; }

private:
    std::atomic<std::chrono::microseconds> by_;
};

} // namespace rondo::testing

#endif // RONDO_TESTS_SUPPORT_WRONG_CLOCK_HPP
