// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace rondo::tests {

TEST_SUITE_BEGIN("runtime/endings");

TEST_CASE("a cancel reaches what the body awaits") {
    world w;
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("t", "", every(1h), sleeper{10min, &began, &ended})));
    w.pass(1s);
    CHECK(w.find("t").status == status::running);
    CHECK(w.get<run_id>(w.tasks->async_trigger("t")).error() == errc::already_running);
    CHECK(w.get<std::size_t>(w.tasks->async_cancel("t")).value() == 1);
    CHECK(w.find("t").status == status::waiting);
    CHECK(w.history().at(0).outcome == outcome::cancelled);
    run_id id = w.get<run_id>(w.tasks->async_trigger("t")).value();
    CHECK(w.get<void>(w.tasks->async_cancel(id)).has_value());
    CHECK(w.get<run>(w.tasks->async_wait(id)).value().outcome == outcome::cancelled);
    CHECK(began == 2);
    CHECK(ended == 0);
}

TEST_CASE("a run is timed out at its deadline, and one that goes on counts until it ends") {
    world w;
    w.start();
    task t("t", "", every(10s), stubborn{25s});
    t.timeout(1s);
    REQUIRE(w.add(std::move(t)));
    w.pass(1s);
    run r = w.history().at(0);
    CHECK(r.outcome == outcome::timed_out);
    CHECK(*r.finished_at - r.started_at == 1s);
    CHECK(w.find("t").runs_overrunning == 1);
    w.pass(20s);
    CHECK(w.logged("goes on past its deadline"));
    CHECK(w.find("t").counters.skipped_overlap == 2);
    w.pass(5s);
    CHECK(w.find("t").runs_in_flight == 0);
    w.pass(5s);
    CHECK(w.find("t").counters.runs == 2);
    CHECK(w.find("t").counters.succeeded == 0);
}

TEST_CASE("shutdown waits for its grace, then interrupts, then reports who would not stop") {
    world w;
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("quick", "", once(), sleeper{5s, &began, &ended})));
    REQUIRE(w.add(task("slow", "", once(), sleeper{1h, &began, &ended})));
    REQUIRE(w.add(task("deaf", "", once(), stubborn{2h})));
    task late("late", "", once(), stubborn{2h});
    late.timeout(5s);
    REQUIRE(w.add(std::move(late)));
    w.pass(1s);
    std::optional<shutdown_report> report;
    w.tasks->async_shutdown(10s, [&](result<shutdown_report> r) { report = r.value(); });
    w.pass(9s);
    CHECK(ended == 1);
    CHECK_FALSE(report);
    w.pass(3s);
    REQUIRE(report);
    REQUIRE(report->still_running.size() == 2);
    std::ranges::sort(report->still_running, {}, &shutdown_report::straggler::uid);
    CHECK(report->still_running[0].uid == "deaf");
    CHECK(report->still_running[0].cancelled == cancel_reason::shutdown);
    CHECK(report->still_running[0].outcome == outcome::interrupted);
    CHECK(report->still_running[1].uid == "late");
    CHECK(report->still_running[1].cancelled == cancel_reason::timeout);
    CHECK(report->still_running[1].outcome == outcome::timed_out);
    CHECK(report->unrecorded == 0);
    CHECK(ended == 1);
    w.pass(3h); // the deaf one ends in its own time, and does no harm
    w.restart();
    CHECK(w.get<start_report>(w.tasks->async_start()).value().runs_abandoned == 0);
    history_filter f;
    f.outcome = outcome::interrupted;
    CHECK(w.history(f).size() == 2);
}

TEST_CASE("removing a running task cancels it and leaves its history alone") {
    world w;
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("t", "", every(1h), sleeper{10min, &began, &ended})));
    w.pass(1s);
    CHECK(w.get<void>(w.tasks->async_remove("t")).has_value());
    CHECK(w.tasks->find("t").error() == errc::task_not_exists);
    CHECK(w.history().at(0).outcome == outcome::cancelled);
    w.pass(5h);
    CHECK(began == 1);
    REQUIRE(w.add(task("t", "", every(1h), sleeper{1s, &began, &ended})));
    w.pass(2s);
    CHECK(w.history().size() == 2);
}

TEST_CASE("a restart keeps the phase, runs nothing twice and catches up once") {
    world w;
    w.start();
    wall_time begin = w.clock.now().wall;
    REQUIRE(w.add(task("t", "", every(10s), nothing)));
    w.pass(25s);
    REQUIRE(w.get<shutdown_report>(w.tasks->async_shutdown(1s)));
    w.pass(20s); // down at 30 and 40
    w.restart();
    w.start();
    REQUIRE(w.add(task("t", "", every(10s), nothing)));
    w.pass(0s);
    auto runs = w.history();
    REQUIRE(runs.size() == 4);
    CHECK(runs[0].scheduled_at == begin + 40s);
    CHECK(runs[0].trigger == trigger::catch_up);
    CHECK(w.find("t").counters.skipped_missed == 1);
    w.pass(10s);
    CHECK(w.history().at(0).scheduled_at == begin + 50s);
    CHECK(w.history().at(0).started_at == begin + 50s);
}

TEST_CASE("a pause outlives a restart, and its slots are skipped") {
    world w;
    w.start();
    REQUIRE(w.add(task("t", "", every(10s), nothing)));
    w.pass(5s);
    REQUIRE(w.get<void>(w.tasks->async_pause("t")));
    w.pass(1min);
    CHECK_FALSE(w.find("t").next_run);
    w.restart();
    w.start();
    REQUIRE(w.add(task("t", "", every(10s), nothing)));
    CHECK(w.find("t").paused);
    w.pass(25s);
    CHECK(w.get<run>(w.tasks->async_run("t")).value().outcome == outcome::success);
    REQUIRE(w.get<void>(w.tasks->async_resume("t")));
    CHECK(w.find("t").counters.skipped_paused == 9);
    CHECK(w.find("t").counters.runs == 1);
    REQUIRE(w.get<void>(w.tasks->async_pause_all()));
    w.pass(30s);
    REQUIRE(w.get<void>(w.tasks->async_resume_all()));
    CHECK(w.find("t").counters.skipped_paused == 12);
    w.pass(10s);
    CHECK(w.find("t").counters.runs == 2);
}

TEST_CASE("a manager destroyed in the middle cancels its runs and completes what waits") {
    world w;
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("t", "", every(1h), sleeper{10min, &began, &ended})));
    w.pass(1s);
    std::optional<result<run>> waited;
    run_id id = w.history().at(0).id;
    w.tasks->async_wait(id, [&](result<run> r) { waited.emplace(std::move(r)); });
    w.tasks.reset();
    w.pass(1min);
    REQUIRE(waited);
    CHECK(waited->value().outcome == outcome::interrupted);
    CHECK(ended == 0);
    CHECK(w.context.stopped());
}

TEST_CASE("an io_context destroyed in the middle drops all, and the next start finds the runs") {
    testing::virtual_clock clock;
    auto store = memory::open();
    manager_options options;
    options.clock = &clock;
    int began = 0;
    int ended = 0;
    int called = 0;
    auto waits = std::make_shared<int>(); // held by who waits
    std::optional<manager> tasks;
    std::optional<context> kept;
    std::optional<event_stream> events;
    {
        asio::io_context context;
        tasks.emplace(context.get_executor(), store, options);
        events.emplace(tasks->subscribe());
        tasks->async_start([&](result<start_report>) {});
        auto keep = [&](rondo::context ctx) -> asio::awaitable<void> {
            kept = ctx;
            ++began;
            auto r = co_await ctx.async_sleep_for(1h);
            r.value();
            ++ended;
        };
        tasks->async_add(task("t", "", every(1h), keep), [&](result<void> r) { CHECK(r); });
        testing::run_for(context, clock, 1s);
        while (events->try_next()) {
        }
        events->async_next([&](result<event>) { ++called; });
        tasks->async_run("t", {}, overlap::allow_all, [&, waits](result<run>) { ++called; });
        auto now = clock.now().wall;
        tasks->async_backfill("t", now - 3h, now, overlap::allow_all,
                              [&, waits](result<backfill_progress>) { ++called; });
        testing::run_for(context, clock, 1s);
        CHECK(waits.use_count() == 3);
        tasks->async_shutdown(1h, [&](result<shutdown_report>) { ++called; });
        testing::run_for(context, clock, 1s);
        called = 0;
        events->async_next([&](result<event>) { ++called; });
    }
    CHECK(kept->uid() == "t");
    CHECK(waits.use_count() == 1);
    tasks.reset();
    kept.reset();
    CHECK(began == 5);
    CHECK(ended == 0);
    CHECK(called == 0);
    world next(store);
    CHECK(next.get<start_report>(next.tasks->async_start()).value().runs_abandoned == 5);
    CHECK(next.history().at(0).outcome == outcome::abandoned);
}

TEST_CASE("a limit on all runs makes others wait their turn") {
    manager_options o;
    o.runs_in_flight_max = 2;
    world w(memory::open(), o);
    w.start();
    int began = 0;
    int ended = 0;
    for (const char* uid : {"a", "b", "c", "d", "e"})
        REQUIRE(w.add(task(uid, "", once(), sleeper{10s, &began, &ended})));
    w.pass(1s);
    CHECK(began == 2);
    CHECK(w.tasks->state().runs_waiting == 3);
    w.pass(10s);
    CHECK(began == 4);
    w.pass(20s);
    CHECK(ended == 5);
    CHECK(w.tasks->state().runs_in_flight == 0);
}

TEST_SUITE_END();

} // namespace rondo::tests
