// SPDX-License-Identifier: BSL-1.0
#include <rondo/testing/virtual_clock.hpp>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace rondo::testing {

virtual_clock::virtual_clock()
    : virtual_clock(instant{steady_time(std::chrono::hours(1)),
                            std::chrono::sys_days(std::chrono::year(2025) / 1 / 1)}) {}

virtual_clock::virtual_clock(instant start) : now_(start) {}

instant virtual_clock::now() const noexcept {
    std::lock_guard lock(mutex_);
    return now_;
}

steady_time virtual_clock::arm(clock_waiter& waiter, steady_time deadline) noexcept {
    std::lock_guard lock(mutex_);
    forget(waiter);
    if (deadline <= now_.steady) return steady_time::min();
    try {
        armed_.push_back({&waiter, deadline, turns_ + 1});
    } catch (...) { // no memory: nobody would wake it, so it is to look again
        return steady_time::min();
    }
    ++turns_;
    return steady_time::max();
}

void virtual_clock::disarm(clock_waiter& waiter) noexcept {
    std::lock_guard lock(mutex_);
    forget(waiter);
}

void virtual_clock::forget(const clock_waiter& waiter) noexcept {
    std::erase_if(armed_, [&](const wait& w) { return w.waiter == &waiter; });
}

void virtual_clock::advance(std::chrono::nanoseconds d) {
    std::lock_guard lock(mutex_);
    auto before = now_.steady;
    now_.steady += std::max(d, std::chrono::nanoseconds(0));
    // Whole microseconds of the monotonic clock, so that many small leaps do not lose time.
    now_.wall += std::chrono::floor<std::chrono::microseconds>(now_.steady.time_since_epoch()) -
                 std::chrono::floor<std::chrono::microseconds>(before.time_since_epoch());
    wake_until(now_.steady);
}

void virtual_clock::set_wall(wall_time t) {
    std::lock_guard lock(mutex_);
    now_.wall = t;
    wake_until(steady_time::max());
}

std::optional<steady_time> virtual_clock::next_deadline() const {
    std::lock_guard lock(mutex_);
    std::optional<steady_time> nearest;
    for (const wait& w : armed_)
        if (w.deadline != steady_time::max() && (!nearest || w.deadline < *nearest)) nearest = w.deadline;
    return nearest;
}

// Under the lock, so that `disarm` of another thread waits until `wake` has returned.
void virtual_clock::wake_until(steady_time last) {
    std::vector<wait> due;
    std::ranges::copy_if(armed_, std::back_inserter(due), [&](const wait& w) { return w.deadline <= last; });
    std::erase_if(armed_, [&](const wait& w) { return w.deadline <= last; });
    std::ranges::sort(due, [](const wait& a, const wait& b) {
        return std::pair(a.deadline, a.turn) < std::pair(b.deadline, b.turn);
    });
    for (const wait& w : due) w.waiter->wake();
}

std::size_t run_for(boost::asio::io_context& context, virtual_clock& clock, std::chrono::nanoseconds d) {
    std::size_t handlers = 0;
    steady_time end = clock.now().steady + d;
    for (;;) {
        context.restart();
        if (std::size_t n = context.poll(); n > 0) {
            handlers += n;
            continue;
        }
        steady_time now = clock.now().steady;
        auto next = clock.next_deadline();
        if (now >= end) return handlers;
        clock.advance((next && *next < end ? std::max(*next, now) : end) - now);
    }
}

} // namespace rondo::testing
