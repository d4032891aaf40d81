// SPDX-License-Identifier: BSL-1.0
#include <runtime/host_clock.hpp>

#include <algorithm>

namespace rondo::runtime {

instant host_clock::now() const noexcept {
    // In this order: a pause between the two can make a slot late, never early.
    auto wall = os_.wall();
    return {os_.elapsed(), wall};
}

steady_time host_clock::timer_for(steady_time deadline) const noexcept {
    if (deadline == steady_time::max()) return deadline; // no deadline, so nothing to be late for
    // In this order, likewise: a pause between the two makes the timer late, never early.
    steady_time elapsed = os_.elapsed();
    steady_time awake = os_.awake();
    if (deadline <= elapsed) return steady_time::min();
    auto wait = deadline - elapsed;
    if (wait <= wait_max) return awake + wait;
    // At a whole second, so that many waits wake the process together.
    return std::chrono::floor<std::chrono::seconds>(awake) + wait_max;
}

steady_time host_clock::arm(clock_waiter& waiter, steady_time deadline) noexcept {
    steady_time elapsed = os_.elapsed();
    steady_time awake = os_.awake();
    bool far = deadline != steady_time::max() && deadline > elapsed && deadline - elapsed > wait_max;
    if (!far || !watched_) {
        disarm(waiter);
        return timer_for(deadline);
    }
    std::lock_guard lock(mutex_);
    try {
        far_.insert(&waiter);
    } catch (...) { // no memory: then as if nobody watched
        return timer_for(deadline);
    }
    // Again, under the lock: the watch may have ended in between.
    if (watched_) return awake + std::min(deadline - elapsed, watched_wait_max);
    far_.erase(&waiter);
    return timer_for(deadline);
}

void host_clock::disarm(clock_waiter& waiter) noexcept {
    std::lock_guard lock(mutex_);
    far_.erase(&waiter);
}

void host_clock::moved() noexcept {
    std::lock_guard lock(mutex_); // so that `disarm` waits until `wake` has returned
    while (!far_.empty()) {
        clock_waiter* waiter = *far_.begin();
        far_.erase(far_.begin());
        waiter->wake();
    }
}

void host_clock::unwatch() noexcept {
    watched_ = false;
    moved();
}

host_clock& unwatched_clock() noexcept {
    static host_clock instance(this_machine());
    return instance;
}

} // namespace rondo::runtime
