// SPDX-License-Identifier: BSL-1.0
#include <runtime/host_clock.hpp>

#include "machine.hpp"

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <vector>

namespace rondo::tests {
namespace {

using runtime::host_clock;

struct counting_waiter final : clock_waiter {
    void wake() noexcept override { ++woken; }
    int woken = 0;
};

} // namespace

TEST_SUITE_BEGIN("runtime/host_clock");

TEST_CASE("its time goes on while the machine sleeps, and is what timers know before") {
    machine m;
    host_clock clock(m);
    CHECK(clock.now() == instant{m.awake_now, m.wall_now});
    m.pass(1s);
    CHECK(clock.now().steady == m.awake_now);
    steady_time before = clock.now().steady;
    m.sleep(8h);
    CHECK(clock.now().steady == before + 8h);
    CHECK(clock.now().steady == m.awake_now + 8h);
    m.wall_now += 24h;
    CHECK(clock.now().steady == before + 8h);
}

TEST_CASE("a short wait is a timer's own, to the nanosecond, before a sleep and after") {
    machine m;
    host_clock clock(m);
    counting_waiter w;
    for (int i = 0; i != 2; ++i) {
        steady_time now = clock.now().steady;
        CHECK(clock.arm(w, now + 1ns) == m.awake_now + 1ns);
        CHECK(clock.arm(w, now + 1s) == m.awake_now + 1s);
        CHECK(clock.arm(w, now) == steady_time::min());
        CHECK(clock.arm(w, steady_time::min()) == steady_time::min());
        CHECK(clock.arm(w, steady_time::max()) == steady_time::max());
        m.sleep(8h);
    }
}

TEST_CASE("an unwatched long wait looks again within a second, at whole ones") {
    machine m;
    m.awake_now = steady_time(100s + 250ms);
    host_clock clock(m);
    counting_waiter w;
    CHECK_FALSE(clock.wakes_on_set());
    CHECK(clock.arm(w, clock.now().steady + 6h) == steady_time(101s));
    CHECK(clock.arm(w, clock.now().steady + 1s + 1ns) == steady_time(101s));
    CHECK(clock.timer_for(clock.now().steady + 6h) == steady_time(101s));
    clock.moved();
    CHECK(w.woken == 0); // it will look by itself
}

TEST_CASE("a watched long wait is a minute, and is woken once when the machine has slept") {
    machine m;
    host_clock clock(m);
    clock.watch();
    CHECK(clock.wakes_on_set());
    counting_waiter far;
    counting_waiter near;
    counting_waiter gone;
    counting_waiter replaced;
    CHECK(clock.arm(far, clock.now().steady + 6h) == m.awake_now + 1min);
    CHECK(clock.arm(near, clock.now().steady + 1s) == m.awake_now + 1s);
    CHECK(clock.arm(gone, clock.now().steady + 30s) == m.awake_now + 30s);
    CHECK(clock.arm(replaced, clock.now().steady + 6h) == m.awake_now + 1min);
    CHECK(clock.arm(replaced, steady_time::max()) == steady_time::max());
    clock.disarm(gone);
    m.sleep(7h);
    clock.moved();
    clock.moved();
    CHECK(far.woken == 1);
    CHECK(near.woken == 0);
    CHECK(gone.woken == 0);
    CHECK(replaced.woken == 0);
    CHECK(clock.arm(far, clock.now().steady - 1h) == steady_time::min());
}

TEST_CASE("when the watch ends, long waits look again and become short") {
    machine m;
    host_clock clock(m);
    clock.watch();
    counting_waiter w;
    CHECK(clock.arm(w, clock.now().steady + 6h) == m.awake_now + 1min);
    clock.unwatch();
    CHECK(w.woken == 1);
    CHECK(clock.arm(w, clock.now().steady + 6h) <= m.awake_now + 1s);
    clock.moved();
    CHECK(w.woken == 1);
}

TEST_CASE("a waiter may end, and end others, while it is woken") {
    machine m;
    host_clock clock(m);
    clock.watch();
    struct ending final : clock_waiter {
        ending(host_clock& c, std::vector<std::unique_ptr<ending>>& o) : clock(c), owner(o) {}
        ~ending() { clock.disarm(*this); }
        void wake() noexcept override { auto last = std::move(owner); }
        host_clock& clock;
        std::vector<std::unique_ptr<ending>>& owner;
    };
    std::vector<std::unique_ptr<ending>> waiters;
    for (int i = 0; i != 3; ++i) {
        waiters.push_back(std::make_unique<ending>(clock, waiters));
        (void)clock.arm(*waiters.back(), clock.now().steady + 6h);
    }
    clock.moved();
    CHECK(waiters.empty());
}

TEST_CASE("this machine's clocks go forward, and agree while it is awake") {
    const auto& here = runtime::this_machine();
    steady_time a = here.elapsed();
    steady_time b = here.elapsed();
    CHECK(a <= b);
    steady_time before = here.awake();
    steady_time between = here.elapsed();
    steady_time after = here.awake();
    // Apart by what passed between two calls when the process began, unless it was put to sleep since.
    CHECK(between > before - 10s);
    CHECK(after >= before);
}

TEST_SUITE_END();

} // namespace rondo::tests
