// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace rondo::tests {

TEST_SUITE_BEGIN("runtime/backlog");

TEST_CASE(
    "after a night in which the machine slept no handler starts, or ends, more than a part of the tasks") {
    constexpr std::size_t tasks = 3500;
    constexpr std::size_t part = 1000;
    world w;
    w.start();
    for (std::size_t i = 0; i != tasks; ++i) {
        task t(std::to_string(i), "", every(1h), nothing);
        t.first_run(after_interval);
        REQUIRE(w.add(std::move(t)));
    }
    auto events = w.tasks->subscribe(100 * tasks);
    w.clock.advance(8h);
    std::size_t most = 0;
    std::size_t handlers = 0;
    std::size_t started = 0;
    std::size_t ended = 0;
    for (w.context.restart(); w.context.poll_one() > 0; ++handlers) {
        std::size_t starts = 0;
        std::size_t ends = 0;
        std::size_t skips = 0;
        while (auto e = events.try_next()) {
            starts += e->kind == event_kind::run_started ? 1 : 0;
            ends += e->kind == event_kind::run_ended ? 1 : 0;
            skips += e->kind == event_kind::slots_skipped ? 1 : 0;
        }
        most = std::max({most, starts, ends, skips});
        started += starts;
        ended += ends;
    }
    CHECK(most <= part);
    CHECK(handlers > tasks); // each body has its own
    CHECK(started == tasks);
    CHECK(ended == tasks);
    for (const stat& s : w.tasks->stats()) {
        CHECK(s.counters.succeeded == 1);
        CHECK(s.counters.skipped_missed == 7);
    }
}

TEST_SUITE_END();

} // namespace rondo::tests
