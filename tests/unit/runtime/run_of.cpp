// SPDX-License-Identifier: BSL-1.0
#include "faulty_repository.hpp"
#include "world.hpp"

#include <limits>
#include <stdexcept>

namespace rondo::tests {
namespace {

std::optional<run> run_of(world& w, run_id id) {
    return w.get<std::optional<run>>(w.tasks->async_run_of(id)).value();
}

run_id trigger(world& w, const char* uid) {
    return w.get<run_id>(w.tasks->async_trigger(uid)).value();
}

struct faulty_world {
    std::shared_ptr<faulty_repository> faulty = std::make_shared<faulty_repository>(memory::open());
    world w{faulty};

    faulty_world() { w.start(); }
};

/// A task that never runs by itself.
template <class Body>
task on_demand(const char* uid, Body body) {
    task t(uid, "", every(1000h), std::move(body));
    t.first_run(after_interval);
    return t;
}

} // namespace

TEST_SUITE_BEGIN("runtime/run_of");

TEST_CASE("a run is known from when it is asked for until it is on record and after") {
    int began = 0;
    int ended = 0;
    world w;
    w.start();
    task t = on_demand("t", sleeper{10s, &began, &ended});
    t.overlap(overlap::buffer_one);
    REQUIRE(w.add(std::move(t)));
    const wall_time start = w.clock.now().wall;
    const run_id first = w.get<run_id>(w.tasks->async_trigger("t", user("a"))).value();
    w.pass(1s);
    const run_id second = w.get<run_id>(w.tasks->async_trigger("t", user("b"))).value();
    const run in_flight = run_of(w, first).value();
    CHECK(in_flight.id == first);
    CHECK(in_flight.uid == "t");
    CHECK(in_flight.trigger == trigger::manual);
    CHECK(in_flight.attempt == 1);
    CHECK(in_flight.scheduled_at == start);
    CHECK(in_flight.started_at == start);
    CHECK(in_flight.users == std::vector<user>{user("a")});
    CHECK_FALSE(in_flight.finished_at);
    CHECK_FALSE(in_flight.outcome);
    const run waiting = run_of(w, second).value();
    CHECK(waiting.scheduled_at == start + 1s);
    CHECK(waiting.started_at == wall_time());
    CHECK_FALSE(waiting.outcome);
    w.pass(10s);
    CHECK(run_of(w, first)->outcome == outcome::success);
    CHECK(run_of(w, first)->finished_at == moment(start + 10s));
    CHECK(run_of(w, second)->started_at == start + 10s);
    w.pass(10s);
    CHECK(run_of(w, second)->outcome == outcome::success);
    CHECK_FALSE(run_of(w, run_id{1, 2}));
    prune_policy all;
    all.runs_per_task = 0;
    CHECK(w.get<std::uint64_t>(w.tasks->async_prune(all)).value() == 2);
    CHECK_FALSE(run_of(w, first));
}

TEST_CASE("a run that is over and not on record yet is over") {
    faulty_world s;
    REQUIRE(s.w.add(on_demand("t", nothing)));
    s.faulty->set("finish_runs", fault::fails);
    s.faulty->set("find_run", fault::fails);
    const run_id id = trigger(s.w, "t");
    s.w.pass(1s);
    CHECK(s.w.tasks->state().outbox == 1);
    CHECK(run_of(s.w, id)->outcome == outcome::success);
    CHECK(run_of(s.w, id)->finished_at.has_value());
    CHECK(s.w.get<std::optional<run>>(s.w.tasks->async_run_of(run_id{1, 2})).error() == errc::store_failed);
}

TEST_CASE("a run whose end is in a call that hangs is over") {
    faulty_world s;
    REQUIRE(s.w.add(on_demand("t", nothing)));
    s.faulty->set("finish_runs", fault::hangs);
    const run_id id = trigger(s.w, "t");
    s.w.pass(1s);
    CHECK(run_of(s.w, id)->outcome == outcome::success);
}

TEST_CASE("a run that has its outcome while its body goes on is over") {
    world w;
    w.start();
    task t = on_demand("t", stubborn{10s});
    t.timeout(1s);
    REQUIRE(w.add(std::move(t)));
    const run_id id = trigger(w, "t");
    w.pass(2s);
    CHECK(w.find("t").runs_overrunning == 1);
    CHECK(run_of(w, id)->outcome == outcome::timed_out);
}

TEST_CASE("each attempt is a run of its own, and the next is known while it waits") {
    world w;
    w.start();
    task t = on_demand("t", []() -> asio::awaitable<void> {
        throw std::runtime_error("no luck");
        co_return;
    });
    t.retry({.attempts = 2, .backoff = 10s, .jitter = 0});
    REQUIRE(w.add(std::move(t)));
    event_stream events = w.tasks->subscribe();
    const run_id first = trigger(w, "t");
    w.pass(1s);
    run_id second;
    while (auto e = events.try_next())
        if (e->kind == event_kind::retry_planned) second = e->id;
    CHECK(run_of(w, first)->outcome == outcome::failed);
    CHECK(run_of(w, second)->attempt == 2);
    CHECK(run_of(w, second)->started_at == wall_time());
    CHECK_FALSE(run_of(w, second)->outcome);
    w.pass(20s);
    CHECK(run_of(w, second)->outcome == outcome::failed);
}

TEST_CASE("what an earlier life left is found on record") {
    int began = 0;
    int ended = 0;
    world w;
    w.start();
    REQUIRE(w.add(on_demand("t", sleeper{10s, &began, &ended})));
    const run_id id = trigger(w, "t");
    w.pass(1s);
    w.restart();
    CHECK(w.get<std::optional<run>>(w.tasks->async_run_of(id)).error() == errc::not_started);
    w.start();
    CHECK(run_of(w, id)->outcome == outcome::interrupted);
}

TEST_CASE("what a body tells is seen while it runs, and kept with its end") {
    world w;
    w.start();
    auto body = [](context ctx) -> asio::awaitable<void> {
        ctx.log("begins");
        CHECK(ctx.progress(0.4, "the \xff part"));
        CHECK_FALSE(ctx.progress(std::numeric_limits<double>::quiet_NaN(), "nowhere"));
        (co_await ctx.async_sleep_for(10s)).value();
        ctx.log("goes on");
        ctx.progress(7);
    };
    REQUIRE(w.add(on_demand("t", body)));
    REQUIRE(w.add(on_demand("mute", nothing)));
    const wall_time start = w.clock.now().wall;
    const run_id id = trigger(w, "t");
    w.pass(1s);
    const auto live = run_of(w, id)->output;
    REQUIRE(live != nullptr);
    CHECK(live->progress == run_progress{0.4, "the \xef\xbf\xbd part", start});
    CHECK(w.find("t").progress == live->progress);
    CHECK(w.tasks->stats()[0].progress == (w.tasks->stats()[0].uid == "t" ? live->progress : std::nullopt));
    CHECK_FALSE(w.find("mute").progress);
    CHECK(live->lines == std::vector<run_line>{{start, "begins"}});
    w.pass(10s);
    CHECK_FALSE(w.find("t").progress);
    const auto kept = run_of(w, id)->output;
    REQUIRE(kept != nullptr);
    CHECK(kept->progress == run_progress{1, "", start + 10s});
    CHECK(kept->lines == std::vector<run_line>{{start, "begins"}, {start + 10s, "goes on"}});
    CHECK(w.get<run>(w.tasks->async_wait(id)).value().output->lines.size() == 2);
    CHECK(run_of(w, trigger(w, "mute"))->output == nullptr);
    REQUIRE(w.history().size() == 2);
    CHECK(w.history()[0].output == nullptr);
    CHECK(*w.history()[1].output == *kept);
}

TEST_CASE("what a body tells after the outcome of its run is not taken, and what it told before is kept") {
    std::vector<bool> taken;
    world w;
    w.start();
    auto body = [&](context ctx) -> asio::awaitable<void> {
        taken.push_back(ctx.log("in time"));
        stubborn deaf{10s};
        co_await deaf(ctx);
        taken.push_back(ctx.log("late"));
        taken.push_back(ctx.progress(1));
    };
    task t = on_demand("t", body);
    t.timeout(1s);
    REQUIRE(w.add(std::move(t)));
    const run_id id = trigger(w, "t");
    w.pass(20s);
    CHECK(taken == std::vector<bool>{true, false, false});
    CHECK(run_of(w, id)->outcome == outcome::timed_out);
    REQUIRE(run_of(w, id)->output != nullptr);
    CHECK(run_of(w, id)->output->lines.size() == 1);
    CHECK_FALSE(run_of(w, id)->output->progress);
}

TEST_CASE("of several runs in flight the latest progress is seen, and none of one that has its outcome") {
    world w;
    w.start();
    auto body = [](context ctx) -> asio::awaitable<void> {
        ctx.progress(ctx.trigger() == rondo::trigger::manual ? 0.25 : 0.5);
        stubborn deaf{10s};
        co_await deaf(ctx);
    };
    task t("t", "", every(1s), body);
    t.overlap(overlap::allow_all).runs_in_flight_max(2).timeout(5s);
    REQUIRE(w.add(std::move(t)));
    CHECK(w.find("t").progress->share == 0.5);
    w.pass(500ms);
    trigger(w, "t");
    CHECK(w.find("t").progress->share == 0.25);
    w.pass(4600ms);
    CHECK(w.find("t").runs_overrunning == 1);
    CHECK(w.find("t").progress->share == 0.25);
    w.pass(500ms);
    CHECK(w.find("t").runs_overrunning == 2);
    CHECK_FALSE(w.find("t").progress);
}

TEST_CASE("a context that outlives its run takes nothing, even from a body that told nothing") {
    std::optional<context> kept;
    world w;
    w.start();
    REQUIRE(w.add(on_demand("t", [&](context ctx) -> asio::awaitable<void> {
        kept = ctx;
        co_return;
    })));
    const run_id id = trigger(w, "t");
    w.pass(1s);
    CHECK_FALSE(kept.value().log("too late"));
    CHECK(run_of(w, id)->output == nullptr);
}

TEST_CASE("a manager sums up what is on record") {
    faulty_world s;
    int began = 0;
    int ended = 0;
    REQUIRE(s.w.add(on_demand("t", sleeper{10s, &began, &ended})));
    REQUIRE(s.w.add(on_demand("u", nothing)));
    const wall_time start = s.w.clock.now().wall;
    trigger(s.w, "t");
    trigger(s.w, "u");
    s.w.pass(20s);
    trigger(s.w, "t");
    s.w.pass(1s);
    auto summary = [&](summary_filter f) {
        return s.w.get<std::vector<task_summary>>(s.w.tasks->async_summary(std::move(f)));
    };
    const auto all = summary({}).value();
    REQUIRE(all.size() == 2);
    CHECK(all[0].uid == "t");
    CHECK(all[0].runs == 2);
    CHECK(all[0].in_flight == 1);
    CHECK(all[0].success_rate() == 1.0);
    CHECK(all[0].duration_p50 == 10s);
    CHECK(all[1].uid == "u");
    summary_filter late;
    late.from = start + 20s;
    CHECK(summary(late).value().size() == 1);
    CHECK_FALSE(summary(late).value()[0].duration_max);
    s.faulty->set("summary", fault::fails);
    CHECK(summary({}).error() == errc::store_failed);
}

TEST_SUITE_END();

} // namespace rondo::tests
