// SPDX-License-Identifier: BSL-1.0
// How much memory is taken from the heap, and how often.
#include "allocations.hpp"
#include "world.hpp"

#include <core/scheduler.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

TEST_SUITE_BEGIN("runtime/memory");

TEST_CASE("the core takes no memory, once it has grown into what it needs") {
    constexpr std::size_t tasks = 100;
    core::scheduler s({});
    instant now{steady_time(1h), std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};
    for (std::size_t i = 0; i != tasks; ++i) {
        const std::string uid = "task-" + std::to_string(i);
        core::task_spec spec{
            .uid = uid, .name = {}, .when = every(1s), .payload = std::make_unique<core::task_payload>()};
        task_state state;
        state.created = true;
        state.anchor = now.wall;
        state.next_slot = now.wall + std::chrono::milliseconds(i % 10);
        REQUIRE(s.activate(*s.reserve(spec).value(), state, now));
    }
    std::vector<core::decision> decisions;
    decisions.reserve(tasks);
    std::size_t runs = 0;
    auto pass = [&](std::chrono::seconds d) {
        for (auto t = 0ms; t != d; t += 1ms) {
            now.steady += 1ms;
            now.wall += 1ms;
            s.on_time(now);
            s.actions().clear();
            (void)s.next_wakeup(now);
            while (s.has_decisions())
                s.hand_over_decisions(7, [&](std::span<core::decision> some) {
                    for (core::decision& d : some) decisions.push_back(std::move(d));
                });
            for (core::decision& d : decisions) {
                s.begun(*d.run, ++runs, now);
                s.actions().clear();
            }
            for (core::decision& d : decisions) {
                s.ended(*d.run, core::body_end::success, now);
                s.actions().clear();
            }
            decisions.clear();
        }
    };
    pass(2s);
    const std::size_t before = runs;
    allocations = 0;
    pass(10s);
    CHECK(allocations == 0);
    CHECK(runs - before == 10 * tasks);
}

TEST_CASE("of runs that do nothing a whole turn takes some memory, and none of them any of its own") {
    if (!recycles()) return;
    constexpr std::uint64_t tasks = 640;
    world w;
    w.start();
    for (std::uint64_t i = 0; i != tasks; ++i) {
        task t(std::to_string(i), "", every(1h), nothing);
        t.first_run(after_interval);
        REQUIRE(w.add(std::move(t)));
    }
    w.pass(200h); // as many runs are kept of each task as ever will be
    allocations = 0;
    w.pass(10h);
    CHECK(allocations < 10 * tasks / 3);
    CHECK(w.tasks->stats().front().counters.succeeded == 210);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
