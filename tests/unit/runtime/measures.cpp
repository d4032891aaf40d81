// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include <boost/asio/post.hpp>

#include <stdexcept>
#include <vector>

namespace rondo::tests {
namespace {

/// A body that computes for each of these, and in between suspends for a second.
struct computing {
    testing::virtual_clock* clock;
    std::vector<std::chrono::milliseconds> stretches;
    asio::awaitable<void> operator()(context ctx) {
        for (auto d : stretches) {
            clock->advance(d); // as time passes while a handler computes
            (co_await ctx.async_sleep_for(1s)).value();
        }
    }
};

} // namespace

TEST_SUITE_BEGIN("runtime/measures");

TEST_CASE("a repository that has taken all leaves nothing in the outbox, as the state of the manager tells") {
    world w;
    w.start();
    for (int i = 0; i != 20; ++i) REQUIRE(w.add(task("t" + std::to_string(i), "", every(1min), nothing)));
    for (int i = 0; i != 5; ++i) {
        w.pass(1min);
        CHECK(w.tasks->state().outbox == 0);
    }
    CHECK(w.history().size() == 120);
}

TEST_CASE("a run that begins late says how late, and the worst is kept") {
    world w;
    w.start();
    REQUIRE(w.add(task("t", "", every(1h), nothing)));
    REQUIRE(w.add(task("on_wall", "", cron<"0 * * * *">, nothing)));
    w.pass(1s);
    CHECK(w.find("t").start_delay == lateness{});
    w.clock.advance(1h + 2s); // nobody runs the loop meanwhile
    w.pass(0s);
    CHECK(w.find("t").start_delay == lateness{3s, 3s});
    CHECK(w.find("on_wall").start_delay == lateness{3s, 3s});
    w.pass(1h);
    CHECK(w.find("t").start_delay == lateness{0s, 3s});
    CHECK(w.find("on_wall").start_delay == lateness{0s, 3s});
    CHECK(w.tasks->state().start_delay == lateness{0s, 3s});
}

TEST_CASE("each kind of interval knows when it was due, whatever the wall clock says") {
    world w;
    w.start();
    REQUIRE(w.add(task("every", "", every(1h), nothing)));
    REQUIRE(w.add(task("after", "", every_after(1h), nothing)));
    task once_only("once", "", once(), nothing);
    once_only.first_run(w.clock.now().wall + 1h);
    REQUIRE(w.add(std::move(once_only)));
    w.pass(30min);
    w.clock.set_wall(w.clock.now().wall + 5h);
    w.clock.advance(30min + 2s);
    w.pass(0s);
    for (const char* uid : {"every", "after", "once"}) {
        CAPTURE(uid);
        CHECK(w.find(uid).start_delay == lateness{2s, 2s});
    }
}

TEST_CASE("a manual run counts from when it was asked for") {
    manager_options one;
    one.runs_in_flight_max = 1;
    world w(memory::open(), one);
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("first", "", every(24h), sleeper{10s, &began, &ended})));
    REQUIRE(w.add(task("t", "", at(w.clock.now().wall + 24h), nothing)));
    REQUIRE(w.get<run_id>(w.tasks->async_trigger("t")));
    w.pass(20s);
    CHECK(w.find("t").start_delay == lateness{10s, 10s});
    CHECK(w.find("first").start_delay == lateness{});
}

TEST_CASE("runs that catch up are late by nature, and do not count") {
    world w;
    w.start();
    REQUIRE(w.add(task("t", "", every(1h), nothing)));
    w.clock.advance(10h + 5min);
    w.pass(0s);
    CHECK(w.history().at(0).trigger == trigger::catch_up);
    CHECK(w.find("t").start_delay == lateness{});
    CHECK(w.tasks->state().start_delay == lateness{});
}

TEST_CASE("the manager says how late it is woken against what it asked") {
    world w;
    w.start();
    REQUIRE(w.add(task("t", "", every(1h), nothing)));
    w.pass(2h);
    CHECK(w.tasks->state().loop_lag == lateness{});
    w.clock.advance(1h + 7s);
    w.pass(0s);
    CHECK(w.tasks->state().loop_lag == lateness{7s, 7s});
    w.pass(1h);
    CHECK(w.tasks->state().loop_lag == lateness{0s, 7s});
    w.clock.set_wall(w.clock.now().wall + 24h); // wakes it for another reason
    w.pass(0s);
    CHECK(w.tasks->state().loop_lag == lateness{0s, 7s});
}

TEST_CASE("a body that holds its thread is named, with how long, and counted") {
    world w;
    w.start();
    REQUIRE(w.add(task("greedy", "", every(1h), computing{&w.clock, {250ms}})));
    REQUIRE(w.add(task("later", "", every(1h), computing{&w.clock, {1ms, 150ms, 120ms}})));
    w.pass(1min);
    CHECK(w.find("greedy").blocked == 1);
    CHECK(w.find("greedy").blocked_max == 250ms);
    CHECK(w.find("later").blocked == 2);
    CHECK(w.find("later").blocked_max == 150ms);
    CHECK(w.tasks->state().blocked == 3);
    CHECK(w.logged("warning: task greedy run "));
    CHECK(w.logged("held its thread for 250ms"));
    CHECK(w.logged("warning: task later run "));
    CHECK(w.logged("held its thread for 120ms"));
}

TEST_CASE("a body that suspends in time is not named, however long it takes") {
    world w;
    w.start();
    REQUIRE(w.add(task("t", "", every(1h), computing{&w.clock, {100ms, 99ms, 100ms, 60ms}})));
    w.pass(1min);
    CHECK(w.find("t").counters.succeeded == 1);
    CHECK(w.find("t").blocked == 0);
    CHECK(w.find("t").blocked_max == 0s);
    CHECK(w.log.empty());
}

TEST_CASE("handlers on the strand of a run belong to it, after its end too") {
    world w;
    w.start();
    asio::any_io_executor kept;
    auto body = [&](context ctx) -> asio::awaitable<void> {
        kept = ctx.get_executor();
        asio::post(kept, [&] { w.clock.advance(200ms); });
        (co_await ctx.async_sleep_for(1s)).value();
    };
    REQUIRE(w.add(task("t", "", every(1h), body)));
    w.pass(1min);
    CHECK(w.find("t").blocked == 1);
    REQUIRE(w.get<void>(w.tasks->async_remove("t")));
    asio::post(kept, [&] { w.clock.advance(300ms); });
    w.pass(0s);
    CHECK(w.tasks->state().blocked == 2);
    w.tasks.reset();
    w.pass(1min);
    asio::post(kept, [&] { w.clock.advance(300ms); }); // nobody is left to be told
    w.pass(0s);
    kept = {};
}

TEST_CASE("a body that throws after a long stretch is named all the same") {
    world w;
    w.start();
    auto body = [&w]() -> asio::awaitable<void> {
        w.clock.advance(1s);
        throw std::runtime_error("no luck");
        co_return;
    };
    REQUIRE(w.add(task("t", "", every(1h), body)));
    w.pass(0s);
    CHECK(w.find("t").blocked == 1);
    CHECK(w.find("t").last_outcome == outcome::failed);
}

TEST_CASE("the limit can be chosen, and be none") {
    for (auto limit : {0ms, 10'000ms}) {
        manager_options o;
        o.blocking_warn_after = limit;
        world w(memory::open(), o);
        w.start();
        REQUIRE(w.add(task("t", "", every(1h), computing{&w.clock, {5s}})));
        w.pass(1min);
        CHECK(w.find("t").counters.succeeded == 1);
        CHECK(w.find("t").blocked == 0);
        CHECK(w.log.empty());
    }
    manager_options o;
    o.blocking_warn_after = -1ns;
    world w(memory::open(), o);
    CHECK(w.get<start_report>(w.tasks->async_start()).error() == errc::invalid_option);
}

TEST_SUITE_END();

} // namespace rondo::tests
