// SPDX-License-Identifier: BSL-1.0
#include "rate_server.hpp"

#include <rondo/testing/run_observer.hpp>
#include <rondo/testing/simulated_time.hpp>

#include <boost/asio/co_spawn.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <vector>

namespace example {
namespace {

using namespace std::chrono_literals;
using rondo::outcome;

// A source that takes three seconds, or hangs, or is down.
struct fake_source {
    std::chrono::seconds takes = 3s;
    bool down = false;

    asio::awaitable<rondo::result<rate_server::rates>> operator()(rondo::context ctx) {
        (co_await ctx.async_sleep_for(takes)).value();
        if (down) co_return boost::asio::error::connection_refused;
        co_return rate_server::rates{{"EUR", 1.0}, {"CHF", 0.94}};
    }
};

struct fixture {
    rondo::testing::simulated_time time; // first: it outlives what runs on it
    fake_source source;
    rate_server server{time.executor(), std::ref(source), time.options()};
    rondo::testing::run_observer seen{server.tasks()};

    fixture() {
        asio::co_spawn(time.context(), server.start(), [](std::exception_ptr e) {
            if (e) std::rethrow_exception(e);
        });
        time.run_ready();
    }
};

} // namespace

TEST_CASE_FIXTURE(fixture, "rates are fetched 24 times in a day") {
    time.run_for(24h - 1s);
    CHECK(seen.count("rates") == 24);
    CHECK(seen.count("rates", outcome::success) == 24);
    CHECK(server.answer("CHF") == 0.94);
}

TEST_CASE_FIXTURE(fixture, "a source that is down keeps the rates of an hour ago") {
    time.run_for(30min);
    source.down = true;
    CHECK(time.run_until([&] { return seen.count("rates", outcome::failed) == 2; }));
    CHECK(server.answer("EUR") == 1.0);
    source.down = false;
    auto run = time.complete(server.tasks().async_run("rates")).value();
    CHECK(run.outcome == outcome::success);
}

TEST_CASE_FIXTURE(fixture, "a source that hangs is given up after five minutes") {
    source.takes = 2h;
    time.run_for(90min);
    auto runs = seen.runs("rates");
    REQUIRE(runs.size() == 2);
    CHECK(runs[1].outcome == outcome::timed_out);
    CHECK(*runs[1].ended_at - runs[1].started_at == 5min);
}

TEST_CASE_FIXTURE(fixture, "after a night in which the machine slept the rates are fetched once") {
    time.run_for(30min);
    rondo::testing::period morning{time.now().wall + 8h};
    time.suspend(8h);
    time.run_for(10min);
    CHECK(seen.count("rates", rondo::trigger::catch_up, morning) == 1);
    CHECK(seen.skipped("rates", rondo::skip_reason::missed) == 7);
}

TEST_CASE_FIXTURE(fixture, "setting the clock moves the end of the day, and no hour") {
    server.answer("EUR");
    time.run_for(30min);
    time.set_wall(time.now().wall + 23h);
    time.run_for(1h - 1s);
    CHECK(server.asked_by_day() == std::vector<std::size_t>{0, 1});
    CHECK(seen.count("rates") == 2);
}

} // namespace example
