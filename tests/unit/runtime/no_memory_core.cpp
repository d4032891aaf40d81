// SPDX-License-Identifier: BSL-1.0
// What becomes of tasks in the core when there is no memory.
#include "allocations.hpp"
#include "world.hpp"

#include <core/scheduler.hpp>

#include <new>
#include <utility>

namespace rondo::tests {

TEST_SUITE_BEGIN("runtime/no_memory_core");

TEST_CASE("a task that follows and finds no memory is not there, and can be added again") {
    int n = 0;
    for (bool thrown = true; thrown; ++n) {
        CAPTURE(n);
        core::scheduler s({});
        core::task_spec spec{.uid = "b",
                             .name = "a long name, that needs memory",
                             .when = after("another task with a long uid"),
                             .payload = std::make_unique<core::task_payload>()};
        allocations_left = n;
        try {
            (void)s.reserve(spec);
            thrown = false;
        } catch (const std::bad_alloc&) {
        }
        allocations_left = -1;
        if (!thrown) break;
        CHECK(s.find("b") == nullptr);
        REQUIRE(spec.payload != nullptr);
        CHECK(s.reserve(spec).has_value());
    }
    CHECK(n > 3);
}

TEST_CASE("a slot that takes the place of one that waits leaves it there if it finds no memory") {
    const instant start{steady_time(1h), wall_time(1h)};
    auto after = [&](std::chrono::seconds d) { return instant{start.steady + d, start.wall + d}; };
    int n = 0;
    for (bool thrown = true; thrown; ++n) {
        CAPTURE(n);
        core::scheduler_options o;
        o.runs_in_flight_max = 2;
        core::scheduler s(o);
        auto spec = [](const char* uid, schedule when) {
            core::task_spec t{.uid = uid,
                              .name = uid,
                              .when = std::move(when),
                              .overlap = overlap::cancel_other,
                              .payload = std::make_unique<core::task_payload>()};
            t.policy.tolerance = 4s;
            return t;
        };
        std::vector<core::decision> made;
        auto begin_all = [&](instant now) {
            s.take_decisions(made);
            for (core::decision& d : std::exchange(made, {}))
                if (d.run != nullptr) s.begun(*d.run, 1, now);
            s.actions().clear();
        };
        auto add = [&](const char* uid, schedule when) {
            core::task_spec t = spec(uid, std::move(when));
            task_state state;
            state.created = true;
            state.anchor = start.wall;
            state.next_slot = start.wall;
            CHECK(s.activate(*s.reserve(t).value(), state, start).has_value());
        };
        auto end_run_of = [&](const char* uid, instant now) {
            s.ended(*s.find(uid)->runs(), core::body_end::success, now);
            s.actions().clear();
        };
        add("a", every(10s));
        s.on_time(start);
        begin_all(start);
        s.on_time(after(14s)); // the slot waits for the run of the one before
        s.actions().clear();
        add("b", once());
        add("c", once());
        s.on_time(after(14s)); // there is a place for one of them
        begin_all(after(14s));
        end_run_of("a", after(15s)); // now it waits for a place, behind the other
        begin_all(after(15s));
        REQUIRE(s.find("a")->slots_waiting() == 1);
        REQUIRE(s.find("a")->runs() == nullptr);
        core::task_spec again = spec("a", every(10s));
        allocations_left = n;
        try {
            (void)s.update(*s.find("a"), again, after(21s));
            thrown = false;
        } catch (const std::bad_alloc&) {
        }
        allocations_left = -1;
        s.actions().clear();
        s.on_time(after(31s));
        end_run_of("b", after(32s));
        begin_all(after(32s));
        CHECK(s.find("a")->runs() != nullptr);
    }
    CHECK(n > 2);
}

TEST_CASE("a task that may be late and finds no memory is not there, nor waited for") {
    const instant now{steady_time(1h), wall_time(1h)};
    int n = 0;
    for (bool thrown = true; thrown; ++n) {
        CAPTURE(n);
        core::scheduler s({});
        core::task_spec spec{
            .uid = "t", .name = "t", .when = every(1min), .payload = std::make_unique<core::task_payload>()};
        spec.policy.tolerance = 1s;
        core::task_record* task = nullptr;
        allocations_left = n;
        try {
            task = s.reserve(spec).value();
            task_state state;
            state.created = true;
            state.anchor = now.wall;
            state.next_slot = now.wall;
            (void)s.activate(*task, state, now);
            thrown = false;
        } catch (const std::bad_alloc&) {
        }
        allocations_left = -1;
        if (!thrown) {
            CHECK(s.next_wakeup(now) == now.steady + 1s);
            continue;
        }
        if (task != nullptr) CHECK(s.forget(*task) != nullptr);
        CHECK(s.find("t") == nullptr);
        CHECK(s.next_wakeup(now) == steady_time::max());
        s.on_time({now.steady + 1h, now.wall + 1h});
        CHECK(s.actions().empty());
    }
    CHECK(n > 3);
}

TEST_SUITE_END();

} // namespace rondo::tests
