// SPDX-License-Identifier: BSL-1.0
// Bodies that begin together, and what they share.
#include "world.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <barrier>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

/// Its first slot is in an hour, with those of the others.
task in_an_hour(const std::string& uid, auto body) {
    task t(uid, "", every(1h), std::move(body));
    t.first_run(after_interval);
    return t;
}

TEST_SUITE_BEGIN("runtime/turns");

TEST_CASE("bodies that wait for nothing follow each other in one handler, a few of them") {
    constexpr int tasks = 200;
    world w;
    w.start();
    int begun = 0;
    auto body = [&]() -> asio::awaitable<void> {
        ++begun;
        co_return;
    };
    for (int i = 0; i != tasks; ++i) REQUIRE(w.add(in_an_hour(std::to_string(i), body)));
    w.clock.advance(1h);
    int most = 0;
    w.context.restart();
    for (int before = 0; w.context.poll_one() > 0; before = begun) most = std::max(most, begun - before);
    CHECK(begun == tasks);
    CHECK(most == 64);
    for (const stat& s : w.tasks->stats()) CHECK(s.counters.succeeded == 1);
}

TEST_CASE("what a body makes of the cancellation of its coroutine is over with it") {
    world w;
    w.start();
    std::vector<bool> throws;
    auto body = [&]() -> asio::awaitable<void> {
        throws.push_back(co_await asio::this_coro::throw_if_cancelled());
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    };
    int began = 0;
    int ended = 0;
    for (const char* uid : {"a", "b", "c"}) REQUIRE(w.add(in_an_hour(uid, body)));
    REQUIRE(w.add(in_an_hour("d", sleeper{1min, &began, &ended})));
    w.pass(1h);
    CHECK(throws == std::vector<bool>{true, true, true});
    REQUIRE(began == 1);
    CHECK(w.get<std::size_t>(w.tasks->async_cancel("d")).value() == 1);
    CHECK(w.find("d").last_outcome == outcome::cancelled);
    CHECK(ended == 0);
}

TEST_CASE("a body whose executor is kept shares its strand with no other") {
    world w;
    w.start();
    std::vector<asio::any_io_executor> kept;
    auto body = [&](context ctx) -> asio::awaitable<void> {
        kept.push_back(ctx.get_executor());
        co_return;
    };
    for (const char* uid : {"a", "b", "c"}) REQUIRE(w.add(in_an_hour(uid, body)));
    w.pass(1h);
    REQUIRE(kept.size() == 3);
    CHECK(kept[0] != kept[1]);
    CHECK(kept[1] != kept[2]);
    CHECK(kept[2] != kept[0]);
    kept.clear();
}

TEST_CASE("a handler that a body left on its strand counts for that one") {
    world w;
    w.start();
    auto leaves_work = [&](context ctx) -> asio::awaitable<void> {
        asio::post(ctx.get_executor(), [&] { w.clock.advance(200ms); });
        co_return;
    };
    REQUIRE(w.add(in_an_hour("a", leaves_work)));
    REQUIRE(w.add(in_an_hour("b", nothing)));
    w.pass(1h);
    CHECK(w.find("a").blocked == 1);
    CHECK(w.find("a").blocked_max == 200ms);
    CHECK(w.find("b").blocked == 0);
}

TEST_CASE("each of several bodies in one handler answers for its own time") {
    world w;
    w.start();
    auto computes = [&](std::chrono::milliseconds d) {
        return [&w, d]() -> asio::awaitable<void> {
            w.clock.advance(d);
            co_return;
        };
    };
    REQUIRE(w.add(in_an_hour("a", computes(70ms))));
    REQUIRE(w.add(in_an_hour("b", computes(170ms))));
    REQUIRE(w.add(in_an_hour("c", computes(80ms))));
    w.pass(1h);
    CHECK(w.find("a").counters.succeeded == 1);
    CHECK(w.find("a").blocked == 0);
    CHECK(w.find("b").blocked_max == 170ms);
    CHECK(w.find("c").counters.succeeded == 1);
    CHECK(w.find("c").blocked == 0);
    CHECK(w.tasks->state().blocked == 1);
}

TEST_CASE("one that throws, and one that fails, end the turn of no other") {
    world w;
    w.start();
    REQUIRE(w.add(in_an_hour("a", []() -> asio::awaitable<void> {
        throw std::runtime_error("no luck");
        co_return;
    })));
    REQUIRE(w.add(in_an_hour("b", []() -> asio::awaitable<result<void>> { co_return errc::task_exists; })));
    REQUIRE(w.add(in_an_hour("c", nothing)));
    w.pass(1h);
    CHECK(w.find("a").last_outcome == outcome::failed);
    CHECK(w.find("b").last_outcome == outcome::failed);
    CHECK(w.find("c").last_outcome == outcome::success);
    for (const run& r : w.history()) {
        if (r.uid == "a") CHECK(r.message == "no luck");
        if (r.uid == "c") CHECK(r.message.empty());
    }
}

TEST_CASE("one that is cancelled before its turn has come hears of it when it first waits") {
    world w;
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(in_an_hour("a", sleeper{1min, &began, &ended})));
    w.clock.advance(1h);
    w.context.restart();
    while (w.find("a").runs_in_flight == 0 && w.context.poll_one() > 0) {
    }
    REQUIRE(began == 0);
    w.tasks->async_cancel("a", [](result<std::size_t> r) { CHECK(r.value() == 1); });
    w.pass(0s);
    CHECK(began == 1);
    CHECK(ended == 0);
    CHECK(w.find("a").last_outcome == outcome::cancelled);
}

TEST_CASE("bodies that hold their threads do so beside each other, where there are threads") {
    constexpr int threads = 4;
    asio::io_context io;
    auto work = asio::make_work_guard(io);
    std::vector<std::thread> crew;
    for (int i = 0; i != threads; ++i) crew.emplace_back([&] { io.run(); });
    std::barrier all_there(threads);
    {
        manager_options o;
        o.log = nullptr;
        o.resolution = 0ns;
        manager tasks(io.get_executor(), memory::open(), o);
        REQUIRE(tasks.async_start(asio::use_future).get());
        std::vector<std::future<result<run>>> runs;
        for (int i = 0; i != threads; ++i) {
            task t(std::to_string(i), "", every(1h), [&]() -> asio::awaitable<void> {
                all_there.arrive_and_wait(); // for ever, if one of them waited for another to end
                co_return;
            });
            t.first_run(after_interval);
            REQUIRE(tasks.async_add(std::move(t), asio::use_future).get());
        }
        for (int i = 0; i != threads; ++i)
            runs.push_back(tasks.async_run(std::to_string(i), asio::use_future));
        for (auto& r : runs) CHECK(r.get().value().outcome == outcome::success);
        CHECK(tasks.async_shutdown(10s, asio::use_future).get());
    }
    work.reset();
    for (auto& t : crew) t.join();
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
