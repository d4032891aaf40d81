// SPDX-License-Identifier: BSL-1.0
#include <rondo/testing/simulated_time.hpp>

#include <algorithm>

namespace rondo::testing {

simulated_time::simulated_time(wall_time start) : clock_(instant{virtual_clock().now().steady, start}) {}

std::size_t simulated_time::run_for(std::chrono::nanoseconds d) {
    return testing::run_for(context_, clock_, std::max(d, std::chrono::nanoseconds(0)));
}

std::size_t simulated_time::run_until(wall_time t) {
    // A handler may set the wall clock: then what is left is another amount.
    std::size_t handlers = run_ready();
    while (now().wall < t) {
        auto left = std::min<std::chrono::nanoseconds>(t - now().wall, std::chrono::hours(24));
        handlers += run_for(left);
    }
    return handlers;
}

std::size_t simulated_time::run_ready() {
    return run_for(std::chrono::nanoseconds(0));
}

bool simulated_time::run_until(const std::function<bool()>& wanted, std::chrono::nanoseconds limit) {
    steady_time end = now().steady + std::clamp<std::chrono::nanoseconds>(limit, std::chrono::nanoseconds(0),
                                                                          std::chrono::years(100));
    for (;;) {
        if (wanted()) return true;
        context_.restart();
        if (context_.poll_one() > 0) continue;
        auto next = clock_.next_deadline();
        steady_time at = now().steady;
        if (!next || at >= end) return false;
        clock_.advance(std::min(std::max(*next, at), end) - at);
    }
}

void simulated_time::suspend(std::chrono::nanoseconds d) {
    clock_.advance(d);
}

void simulated_time::set_wall(wall_time t) {
    clock_.set_wall(t);
}

manager_options simulated_time::options() {
    manager_options o;
    o.clock = &clock_;
    o.seed = 1;
    return o;
}

} // namespace rondo::testing
