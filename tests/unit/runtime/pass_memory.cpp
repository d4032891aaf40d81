// SPDX-License-Identifier: BSL-1.0
// What concerns all tasks, where memory runs out on the way.
#include "allocations.hpp"

#include <core/scheduler.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

TEST_SUITE_BEGIN("runtime/pass_memory");

namespace {

using namespace rondo;
using namespace std::chrono_literals;

instant at(std::chrono::seconds t) {
    return {steady_time(1h) + t, wall_time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) + t};
}

// A core that is at one task at a time.
struct slow_core {
    core::scheduler core{core::scheduler_options{.work_max = 1, .seed = 1}};

    core::task_record& add(std::string_view uid) {
        core::task_spec spec{
            .uid = uid, .name = {}, .when = every(10s), .payload = std::make_unique<core::task_payload>()};
        spec.first = after_interval;
        core::task_record& task = *core.reserve(spec).value();
        const task_definition d = core.definition(task, at(0s));
        task_state state;
        state.created = true;
        state.anchor = d.anchor;
        state.next_slot = d.first_slot;
        CHECK(core.activate(task, state, at(0s)));
        core.actions().clear();
        return task;
    }
    void go_on(std::chrono::seconds t) {
        while (core.next_wakeup(at(t)) <= at(t).steady) {
            core.on_time(at(t));
            core.actions().clear();
        }
    }
};

} // namespace

TEST_CASE("what a pass could not do for want of memory does not keep the task from those after it") {
    int failures = 0;
    for (std::int64_t n = 0; n != 8; ++n) {
        slow_core slow;
        for (std::string_view uid : {"a", "b", "c"}) slow.add(uid);
        slow.core.pause_all(at(5s));
        slow.go_on(5s);
        slow.core.resume_all(resume_from::now, at(15s));
        slow.core.actions().clear();
        slow.core.pause_all(at(16s));
        slow.core.actions().clear();
        tests::allocations_left = n;
        try {
            slow.core.on_time(at(16s));
            slow.core.actions().clear();
            slow.core.on_time(at(16s));
        } catch (const std::bad_alloc&) {
            ++failures;
        }
        tests::allocations_left = -1;
        slow.core.actions().clear();
        slow.go_on(16s);
        const auto latest = slow.add("new").pass; // which owes nothing
        for (std::string_view uid : {"a", "b", "c"}) CHECK(slow.core.find(uid)->pass == latest);
    }
    CHECK(failures > 0);
}

TEST_SUITE_END();
