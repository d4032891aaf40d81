// SPDX-License-Identifier: BSL-1.0
#include "second_life.hpp"

#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

TEST_SUITE_BEGIN("runtime/abandoned_again");

TEST_CASE("a slot runs again once, however little of the task goes on record") {
    for (record mode : {record::write_behind, record::failures_only, record::none}) {
        CAPTURE(to_string(mode));
        second_life s;
        s.began(trigger::schedule, s.then);
        task t = s.one();
        t.record(mode);
        s.add(std::move(t));
        CHECK(s.seen.size() == 1);
        REQUIRE(s.w.get<void>(s.w.tasks->async_remove("t")));
        task again = s.one();
        again.record(mode);
        REQUIRE(s.w.add(std::move(again)));
        CHECK(s.seen.size() == 1);
        s.w.restart();
        task later = s.one();
        later.record(mode);
        s.add(std::move(later));
        CHECK(s.seen.size() == 1);
    }
}

TEST_CASE("an attempt of a backfill is none of the slot") {
    second_life s;
    begin_request ran = s.run_of(trigger::schedule, s.then);
    auto token = s.ask(s.store->begin_runs({ran})).front().token;
    finish_request end;
    end.run.id = ran.started->id;
    end.run.uid = ran.uid;
    end.run.scheduled_at = s.then;
    end.run.started_at = end.run.finished_at.emplace(ran.started->started_at);
    end.run.outcome = outcome::success;
    end.token = token;
    s.ask(s.store->finish_runs({end}));
    s.w.pass(1s);
    s.failed(trigger::backfill, s.then);
    s.w.pass(1s);
    s.began(trigger::retry, s.then, 2);
    task t = s.one();
    t.retry({.attempts = 3, .backoff = 1s, .jitter = 0});
    s.add(std::move(t));
    s.w.pass(1min);
    CHECK(s.seen.empty());
}

TEST_CASE("a slot that waits to run again, and is cancelled, has not failed") {
    manager_options o;
    o.runs_in_flight_max = 1;
    second_life s(o);
    s.began(trigger::schedule, s.then);
    s.w.start();
    REQUIRE(s.w.add(task("busy", "", every(100h), stubborn{1h})));
    task t = s.one();
    t.pause_after_failures(1);
    REQUIRE(s.w.add(std::move(t)));
    s.w.pass(1s);
    CHECK(s.seen.empty());
    CHECK(s.w.get<std::size_t>(s.w.tasks->async_cancel("t")).value() == 1);
    CHECK(s.w.find("t").failures == 0);
    CHECK_FALSE(s.w.find("t").paused);
}

TEST_CASE("a task that was there before the one that it follows hears of the slot that runs again") {
    second_life s;
    s.began(trigger::schedule, s.then);
    s.w.start();
    std::vector<wall_time> followed;
    auto add_follower = [&] {
        REQUIRE(s.w.add(task("g", "", after("t"), [&](context ctx) -> asio::awaitable<void> {
            followed.push_back(ctx.scheduled_at());
            co_return;
        })));
    };
    task_definition g;
    g.uid = shared_string("g");
    g.schedule = after("t").text();
    g.anchor = s.then;
    g.first_slot = s.then;
    s.ask(s.store->register_tasks({g}));
    add_follower();
    s.w.pass(1s);
    REQUIRE(s.w.add(s.one()));
    s.w.pass(1s);
    CHECK(s.seen.size() == 1);
    CHECK(followed == std::vector<wall_time>{s.then});
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
