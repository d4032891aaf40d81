// SPDX-License-Identifier: BSL-1.0
#include "faulty_repository.hpp"
#include "world.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace rondo::tests {

namespace {

struct most {
    std::size_t done = 0;  ///< events
    std::size_t named = 0; ///< that are lost to the record
};

// The most of one handler, while there is something to do.
most most_in_a_handler(world& w, event_stream& events) {
    most all;
    for (w.context.restart(); w.context.poll_one() > 0;) {
        most here;
        while (auto e = events.try_next()) ++(e->kind == event_kind::record_dropped ? here.named : here.done);
        all = {std::max(all.done, here.done), std::max(all.named, here.named)};
    }
    return all;
}

void add_many(world& w, std::size_t n, int& began, int& ended) {
    for (std::size_t i = 0; i != n; ++i) {
        task t(std::to_string(i), "", every(1h), sleeper{10h, &began, &ended});
        t.first_run(after_interval);
        REQUIRE(w.add(std::move(t)));
    }
}

} // namespace

TEST_SUITE_BEGIN("runtime/backlog");

TEST_CASE("no handler cancels, or lets go of, more than a part of the tasks when the manager is shut down") {
    constexpr std::size_t tasks = 3500;
    int began = 0;
    int ended = 0;
    world w;
    w.start();
    add_many(w, tasks, began, ended);
    w.pass(1h);
    REQUIRE(began == tasks);
    auto events = w.tasks->subscribe(100 * tasks);
    std::optional<shutdown_report> report;
    w.tasks->async_shutdown(0s, [&](result<shutdown_report> r) { report = std::move(r).value(); });
    CHECK(most_in_a_handler(w, events).done <= 1000);
    REQUIRE(report);
    CHECK(report->still_running.empty());
    CHECK(report->unrecorded == 0);
}

TEST_CASE(
    "a loop that has too much to do has few runs under way, as what has begun goes on before more does") {
    constexpr std::size_t tasks = 8000;
    std::size_t ran = 0;
    world w;
    w.start();
    for (std::size_t i = 0; i != tasks; ++i) {
        task t(std::to_string(i), "", every(1h), [&ran]() -> asio::awaitable<void> {
            ++ran;
            co_return;
        });
        REQUIRE(w.add(std::move(t.first_run(after_interval))));
    }
    w.clock.advance(1h);
    std::size_t most = 0;
    w.context.restart();
    for (int handlers = 0; handlers != 100'000 && w.context.poll_one() > 0; ++handlers)
        most = std::max(most, w.tasks->state().runs_in_flight);
    CHECK(ran == tasks);
    CHECK(most <= tasks / 2);
}

TEST_CASE("what falls due while a loop has too much to do is not late for that") {
    constexpr int tasks = 5000; // more than it looks at, at a time
    world w;
    w.start();
    for (int i = 0; i != tasks; ++i) { // a long time together, though none is long
        task t(std::to_string(i), "", every(1h), [&w]() -> asio::awaitable<void> {
            w.clock.advance(1ms);
            co_return;
        });
        REQUIRE(w.add(std::move(t.first_run(after_interval))));
    }
    task strict("strict", "", every(1h), nothing);
    catch_up punctual{.coalesce = coalesce::none};
    punctual.grace = 200ms;
    strict.first_run(w.clock.now().wall + 1h + 1s).catch_up(punctual);
    REQUIRE(w.add(std::move(strict)));
    w.pass(1h + 1min);
    CHECK(w.find("strict").counters.succeeded == 1);
    CHECK(w.find("strict").counters.skipped_missed == 0);
}

TEST_CASE("no handler goes on with more than a part of what waits for a store that is down") {
    constexpr std::size_t tasks = 8000;
    int began = 0;
    int ended = 0;
    auto faulty = std::make_shared<faulty_repository>(memory::open());
    manager_options o;
    o.outbox_max = 2000;
    world w(faulty, o);
    w.start();
    add_many(w, tasks, began, ended);
    auto events = w.tasks->subscribe(100 * tasks);
    faulty->set("begin_runs", fault::hangs_deaf);
    w.pass(1h);
    CHECK(began == 0);
    w.clock.advance(5s);
    // Those in the call under way, a part of those behind them, and one of those that there is no room for; and
    // that the store fails. It looks for room before and after.
    most of_one = most_in_a_handler(w, events);
    CHECK(of_one.done <= 3 * 1000 + 1);
    CHECK(of_one.named <= 2 * 1000);
    CHECK(of_one.named > 0);
    CHECK(began == tasks);
    CHECK(w.tasks->state().outbox <= o.outbox_max);
    CHECK(w.tasks->state().outbox_dropped >= tasks - o.outbox_max);
}

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
    std::size_t started = 0;
    std::size_t ended = 0;
    for (w.context.restart(); w.context.poll_one() > 0;) {
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
    CHECK(started == tasks);
    CHECK(ended == tasks);
    for (const stat& s : w.tasks->stats()) {
        CHECK(s.counters.succeeded == 1);
        CHECK(s.counters.skipped_missed == 7);
    }
}

TEST_SUITE_END();

} // namespace rondo::tests
