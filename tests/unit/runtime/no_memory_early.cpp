// SPDX-License-Identifier: BSL-1.0
// Slots that are asked for a little before they are due, when there is no memory for their answers.
#include "poor_world.hpp"
#include "shared_world.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace rondo::tests {
namespace {

constexpr int many = 40; // more than are answered in one handler

/// Their slots are due 10 s after the begin, and asked for `lead` before that.
struct early_tasks : fleet_world {
    early_tasks() : fleet_world(true) {
        start();
        for (int i = 0; i != many; ++i) {
            task t(std::to_string(i), "", every(10s), [this]() -> asio::awaitable<void> {
                ++begun;
                co_return;
            });
            REQUIRE(add(std::move(t.first_run(after_interval))));
        }
    }
    /// Goes there, and on with each allocation failing that comes after `n`. Whether one did, and the engine saw it.
    bool fail_at(std::chrono::nanoseconds moment, int n) {
        pass(moment - 1us);
        clock.advance(1us);
        one_has_failed = false;
        allocations_left = n;
        return poll_inside(context) && one_has_failed;
    }
    void check_each_ran_once() {
        CHECK(begun <= many);
        for (int i = 0; i != many; ++i) {
            const stat s = find(std::to_string(i));
            CHECK(s.counters.runs == 1);
            CHECK(s.counters.succeeded + s.counters.failed == 1);
            CHECK(s.runs_in_flight == 0);
        }
    }

    int begun = 0;
};

} // namespace

TEST_SUITE_BEGIN("runtime/no_memory_early");

TEST_CASE("each run that was asked for in advance begins once, wherever memory runs out when it is due") {
    if (!recycles()) return;
    int n = 0;
    for (bool failed = true; failed && n != 2000; ++n) {
        CAPTURE(n);
        early_tasks w;
        w.pass(10s - lead);
        REQUIRE(w.others->asked.size() == many);
        REQUIRE(w.begun == 0);
        failed = w.fail_at(lead, n);
        w.pass(1s);
        w.check_each_ran_once();
    }
    CHECK(n > 10);
}

TEST_CASE("each run begins once, and in its time, wherever memory runs out when it is asked for in advance") {
    if (!recycles()) return;
    int n = 0;
    for (bool failed = true; failed && n != 2000; ++n) {
        CAPTURE(n);
        early_tasks w;
        failed = w.fail_at(10s - lead, n);
        w.pass(lead - 1us);
        CHECK(w.begun == 0);
        w.pass(1s);
        w.check_each_ran_once();
    }
    CHECK(n > 10);
}

TEST_SUITE_END();

} // namespace rondo::tests
