// SPDX-License-Identifier: BSL-1.0
#include <rondo/testing/simulated_time.hpp>

#include <rondo/rondo.hpp>
#include <rondo/testing/run_observer.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::period;
using testing::run_observer;
using testing::simulated_time;

asio::awaitable<void> nothing() {
    co_return;
}

asio::awaitable<void> two_seconds(context ctx) {
    (co_await ctx.async_sleep_for(2s)).value();
}

struct started {
    simulated_time time;
    manager tasks{time.executor(), memory::open(), time.options()};
    run_observer seen{tasks};

    started() { REQUIRE(time.complete(tasks.async_start())); }
    void add(task t) { REQUIRE(time.complete(tasks.async_add(std::move(t)))); }
};

} // namespace

TEST_SUITE_BEGIN("testing/simulated_time");

TEST_CASE("a day passes with all that happens in it, and not more") {
    simulated_time time;
    CHECK(time.now().wall == wall_time(std::chrono::sys_days(std::chrono::year(2025) / 1 / 1)));
    started w;
    w.add(task("t", "", every(1h), nothing));
    instant before = w.time.now();
    CHECK(w.time.run_for(24h - 1us) > 0);
    CHECK(w.seen.count("t") == 24);
    CHECK(w.time.now().steady == before.steady + 24h - 1us);
    CHECK(w.time.run_for(1us) > 0);
    CHECK(w.seen.count("t") == 25);
    CHECK(w.time.run_for(-1h) == 0);
    CHECK(w.time.now().steady == before.steady + 24h);
}

TEST_CASE("time can begin anywhere, and pass until an instant of the wall clock") {
    using namespace std::chrono;
    simulated_time time(sys_days(2030y / March / 3) + 7h);
    CHECK(time.now().wall == wall_time(sys_days(2030y / March / 3) + 7h));
    time.run_until(sys_days(2030y / March / 5) + 1us);
    CHECK(time.now().wall == wall_time(sys_days(2030y / March / 5) + 1us));
    time.run_until(sys_days(2030y / March / 4));
    CHECK(time.now().wall == wall_time(sys_days(2030y / March / 5) + 1us));
}

TEST_CASE("what is ready runs without any time passing") {
    simulated_time time;
    int called = 0;
    asio::post(time.executor(), [&] { asio::post(time.executor(), [&] { ++called; }); });
    instant before = time.now();
    CHECK(time.run_ready() == 2);
    CHECK(called == 1);
    CHECK(time.now() == before);
}

TEST_CASE("time passes until a predicate holds, and stops there") {
    started w;
    w.add(task("t", "", every(1h), two_seconds));
    instant before = w.time.now();
    CHECK(w.time.run_until([&] { return w.seen.count("t", outcome::success) == 3; }));
    CHECK(w.time.now().steady == before.steady + 2h + 2s);
    CHECK(w.time.run_until([] { return true; }));
    CHECK_FALSE(w.time.run_until([] { return false; }, 90min));
    CHECK(w.time.now().steady == before.steady + 3h + 30min + 2s);
}

TEST_CASE("a predicate is given up where nobody waits for anything") {
    simulated_time time;
    instant before = time.now();
    CHECK_FALSE(time.run_until([] { return false; }));
    CHECK(time.now() == before);
}

TEST_CASE("an operation is completed by letting time pass, or given up") {
    started w;
    w.add(task("t", "", at(w.time.now().wall + 24h * 365), two_seconds));
    instant before = w.time.now();
    result<run> r = w.time.complete(w.tasks.async_run("t"));
    REQUIRE(r);
    CHECK(r.value().outcome == outcome::success);
    CHECK(w.time.now().steady == before.steady + 2s);
    CHECK(w.time.complete(w.tasks.async_run("none")).error() == errc::task_not_exists);
    CHECK(w.time.complete(w.tasks.async_run("t"), 1s).error() == boost::system::errc::timed_out);
    w.time.run_for(1s); // the operation that was given up completes, into nothing
    CHECK(w.seen.count("t", outcome::success) == 2);
}

TEST_CASE("a machine that sleeps runs nothing, and is late afterwards") {
    started w;
    w.add(task("t", "", every(1h), nothing));
    w.time.run_ready();
    instant before = w.time.now();
    w.time.suspend(3h + 30min);
    CHECK(w.time.now().steady == before.steady + 3h + 30min);
    CHECK(w.time.now().wall == before.wall + 3h + 30min);
    CHECK(w.seen.count("t") == 1);
    w.time.run_ready();
    CHECK(w.seen.count("t", trigger::catch_up) == 1);
    CHECK(w.seen.skipped("t", skip_reason::missed) == 2);
    w.time.run_for(30min);
    CHECK(w.seen.count("t") == 3);
}

TEST_CASE("the wall clock can be set") {
    started w;
    w.add(task("interval", "", every(1h), nothing));
    w.add(task("cron", "", cron<"0 12 * * *">, nothing));
    w.time.set_wall(w.time.now().wall + 12h);
    w.time.run_ready();
    CHECK(w.seen.count("interval") == 1);
    CHECK(w.seen.count("cron") == 1);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("testing/run_observer");

TEST_CASE("runs are counted by period, outcome and trigger") {
    started w;
    bool fails = false;
    auto body = [&fails]() -> asio::awaitable<void> {
        if (fails) throw std::runtime_error("no luck");
        co_return;
    };
    w.add(task("t", "", every(1h), body));
    w.time.run_for(24h - 1us);
    period first{w.time.now().wall + 1us - 24h, w.time.now().wall + 1us};
    fails = true;
    w.time.run_for(24h);
    fails = false;
    REQUIRE(w.time.complete(w.tasks.async_run("t")));
    period second{first.to, first.to + 24h};
    CHECK(w.seen.count("t") == 49);
    CHECK(w.seen.count("t", first) == 24);
    CHECK(w.seen.count("t", outcome::success, first) == 24);
    CHECK(w.seen.count("t", outcome::failed, first) == 0);
    CHECK(w.seen.count("t", outcome::failed, second) == 24);
    CHECK(w.seen.count("t", trigger::schedule, second) == 24);
    CHECK(w.seen.count("t", trigger::manual) == 1);
    auto runs = w.seen.runs("t", second);
    REQUIRE(runs.size() == 25);
    CHECK(runs.front().message == "no luck");
    CHECK(runs.front().scheduled_at == second.from);
    CHECK(runs.back().trigger == trigger::manual);
    CHECK(w.seen.count("other") == 0);
    CHECK(w.seen.runs("other").empty());
    CHECK(w.seen.skipped("other") == 0);
}

TEST_CASE("the instants at which runs started are listed, and those in flight have no end") {
    started w;
    wall_time begin = w.time.now().wall;
    w.add(task("t", "", every(10s), two_seconds));
    w.time.run_for(21s);
    CHECK(w.seen.started("t") == std::vector<wall_time>{begin, begin + 10s, begin + 20s});
    CHECK(w.seen.started("t", {begin + 1s, begin + 20s}) == std::vector<wall_time>{begin + 10s});
    auto runs = w.seen.runs("t");
    REQUIRE(runs.size() == 3);
    CHECK(runs[1].ended_at == begin + 12s);
    CHECK(runs[1].outcome == outcome::success);
    CHECK_FALSE(runs[2].ended_at.has_value());
    CHECK_FALSE(runs[2].outcome);
    w.time.run_for(1s);
    CHECK(w.seen.runs("t")[2].ended_at == begin + 22s);
}

TEST_CASE("skips are counted by reason") {
    started w;
    auto long_one = [](context ctx) -> asio::awaitable<void> { (co_await ctx.async_sleep_for(35s)).value(); };
    w.add(task("t", "", every(10s), long_one));
    w.time.run_for(39s);
    REQUIRE(w.time.complete(w.tasks.async_pause("t")));
    w.time.run_for(15s);
    REQUIRE(w.time.complete(w.tasks.async_resume("t")));
    CHECK(w.seen.skipped("t", skip_reason::overlap) == 3);
    CHECK(w.seen.skipped("t", skip_reason::paused) == 2);
    CHECK(w.seen.skipped("t") == 5);
    CHECK(w.seen.skipped("t", {w.time.now().wall, wall_time_last}) == 2);
}

TEST_CASE("an observer outlives its manager") {
    simulated_time time;
    std::optional<manager> tasks(std::in_place, time.executor(), memory::open(), time.options());
    run_observer seen(*tasks);
    REQUIRE(time.complete(tasks->async_start()));
    REQUIRE(time.complete(tasks->async_add(task("t", "", every(1h), nothing))));
    time.run_for(1h);
    tasks.reset();
    time.run_for(1h);
    CHECK(seen.count("t") == 2);
}

TEST_SUITE_END();

} // namespace rondo::tests
