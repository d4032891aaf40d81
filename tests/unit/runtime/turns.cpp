// SPDX-License-Identifier: BSL-1.0
// Bodies that begin together, and what they share.
#include "world.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <barrier>
#include <future>
#include <memory>
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

/// Lets an hour pass. How many bodies, which count themselves in `begun`, one handler began at the most.
int most_together(world& w, const int& begun) {
    w.clock.advance(1h);
    w.context.restart();
    int most = 0;
    for (int before = begun; w.context.poll_one() > 0; before = begun) most = std::max(most, begun - before);
    w.pass(0s);
    return most;
}

TEST_SUITE_BEGIN("runtime/turns");

TEST_CASE("bodies that wait for nothing follow each other in one handler") {
    constexpr int tasks = 200;
    world w;
    w.start();
    int begun = 0;
    auto body = [&]() -> asio::awaitable<void> {
        ++begun;
        co_return;
    };
    for (int i = 0; i != tasks; ++i) REQUIRE(w.add(in_an_hour(std::to_string(i), body)));
    CHECK(most_together(w, begun) == tasks);
    CHECK(begun == tasks);
    for (const stat& s : w.tasks->stats()) CHECK(s.counters.succeeded == 1);
}

TEST_CASE("bodies that compute for long leave the others on the loop their turns") {
    world w;
    w.start();
    int begun = 0;
    std::chrono::microseconds length{0};
    auto body = [&]() -> asio::awaitable<void> {
        ++begun;
        w.clock.advance(length);
        co_return;
    };
    for (int i = 0; i != 20; ++i) REQUIRE(w.add(in_an_hour(std::to_string(i), body)));
    length = 200us;
    CHECK(most_together(w, begun) == 10);
    w.pass(0s);
    length = 3ms;
    CHECK(most_together(w, begun) == 1);
    CHECK(begun == 40);
}

TEST_CASE("a body that waited is the last, though what it waited for was there at once") {
    world w;
    w.start();
    int begun = 0;
    bool inside = false; // of what another body called
    auto inline_operation = [&](auto&& token) {
        return asio::async_initiate<decltype(token), void()>(
            [&inside](auto handler) {
                bool& here = inside; // this function object goes with the coroutine
                here = true;
                std::move(handler)();
                here = false;
            },
            token);
    };
    auto body = [&]() -> asio::awaitable<void> {
        CHECK_FALSE(inside);
        if (++begun == 1) co_await inline_operation(asio::use_awaitable);
    };
    for (const char* uid : {"a", "b", "c"}) REQUIRE(w.add(in_an_hour(uid, body)));
    CHECK(most_together(w, begun) == 3); // in one handler, but not within what the first called
    CHECK(begun == 3);
}

TEST_CASE("a body whose coroutine is destroyed while it waits has failed") {
    world w;
    w.start();
    int begun = 0;
    auto dropped = [](auto&& token) {
        return asio::async_initiate<decltype(token), void()>([](auto) {}, token);
    };
    auto throwing = [](auto&& token) {
        return asio::async_initiate<decltype(token), void()>(
            [](auto) { throw std::runtime_error("no such operation"); }, token);
    };
    auto body = [&]() -> asio::awaitable<void> {
        ++begun;
        if (begun == 1 || begun == 4) co_await dropped(asio::use_awaitable);
        if (begun == 2 || begun == 6) co_await throwing(asio::use_awaitable);
    };
    for (int i = 0; i != 6; ++i) REQUIRE(w.add(in_an_hour(std::to_string(i), body)));
    w.clock.advance(1h);
    w.context.restart();
    for (bool more = true; more;) {
        try {
            more = w.context.poll_one() > 0;
        } catch (const std::runtime_error& e) { // Asio's, of what its operation threw
            CHECK(std::string(e.what()) == "no such operation");
        }
    }
    CHECK(begun == 6);
    std::uint64_t failed = 0;
    for (const stat& s : w.tasks->stats()) {
        CHECK(s.runs_in_flight == 0);
        CHECK(s.counters.failed + s.counters.succeeded == 1);
        failed += s.counters.failed;
    }
    CHECK(failed == 4);
    for (const run& r : w.history())
        if (r.outcome == outcome::failed) CHECK(r.message == "its coroutine was destroyed");
    CHECK(w.get<shutdown_report>(w.tasks->async_shutdown(0s)).value().still_running.empty());
}

TEST_CASE("a body that ends within its cancellation takes nothing away from it") {
    world w;
    w.start();
    int begun = 0;
    // Whose handler its slot calls.
    auto until_cancelled = [](auto&& token) {
        return asio::async_initiate<decltype(token), void()>(
            [](auto handler) {
                auto slot = asio::get_associated_cancellation_slot(handler);
                auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
                slot.assign([waiting](asio::cancellation_type) {
                    auto keep = waiting; // this goes when the handler is called
                    std::move (*keep)();
                });
            },
            token);
    };
    auto body = [&]() -> asio::awaitable<void> {
        if (++begun > 1) co_await until_cancelled(asio::use_awaitable);
    };
    for (const char* uid : {"a", "b", "c"}) REQUIRE(w.add(in_an_hour(uid, body)));
    w.pass(1h);
    CHECK(begun == 3);
    std::size_t cancelled = 0;
    for (const char* uid : {"a", "b", "c"})
        cancelled += w.get<std::size_t>(w.tasks->async_cancel(uid)).value();
    CHECK(cancelled == 2);
    for (const stat& s : w.tasks->stats()) CHECK(s.runs_in_flight == 0);
}

TEST_CASE("what a body makes of the cancellation of its coroutine is over with it") {
    world w;
    w.start();
    int begun = 0;
    std::vector<bool> throws;
    auto body = [&]() -> asio::awaitable<void> {
        ++begun;
        throws.push_back(co_await asio::this_coro::throw_if_cancelled());
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    };
    int began = 0;
    int ended = 0;
    for (const char* uid : {"a", "b", "c"}) REQUIRE(w.add(in_an_hour(uid, body)));
    REQUIRE(w.add(in_an_hour("d", sleeper{1min, &began, &ended})));
    CHECK(most_together(w, begun) == 3);
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

TEST_CASE("each of several bodies in one handler answers for its own time, and how it ends") {
    manager_options o;
    o.blocking_warn_after = 100us;
    world w(memory::open(), o);
    w.start();
    int begun = 0;
    auto computes = [&](std::chrono::microseconds d, bool throws) {
        return [&w, &begun, d, throws]() -> asio::awaitable<void> {
            ++begun;
            w.clock.advance(d);
            if (throws) throw std::runtime_error("no luck");
            co_return;
        };
    };
    REQUIRE(w.add(in_an_hour("a", computes(70us, false))));
    REQUIRE(w.add(in_an_hour("b", computes(170us, true))));
    REQUIRE(w.add(in_an_hour("c", computes(80us, false))));
    REQUIRE(w.add(in_an_hour("d", [&]() -> asio::awaitable<result<void>> {
        ++begun;
        co_return errc::task_exists;
    })));
    CHECK(most_together(w, begun) == 4);
    CHECK(w.find("a").blocked == 0);
    CHECK(w.find("b").blocked_max == 170us);
    CHECK(w.find("c").blocked == 0);
    CHECK(w.tasks->state().blocked == 1);
    CHECK(w.find("a").last_outcome == outcome::success);
    CHECK(w.find("b").last_outcome == outcome::failed);
    CHECK(w.find("c").last_outcome == outcome::success);
    CHECK(w.find("d").last_outcome == outcome::failed);
    for (const run& r : w.history()) {
        if (r.uid == "b") CHECK(r.message == "no luck");
        if (r.uid == "c") CHECK(r.message.empty());
    }
}

TEST_CASE(
    "a context may be destroyed after each handler: bodies that wait, and those that are ready, go with it") {
    bool over = false;
    for (int handlers = 0; !over; ++handlers) {
        CAPTURE(handlers);
        REQUIRE(handlers < 1000);
        auto there = std::make_shared<int>();
        testing::virtual_clock clock;
        std::optional<manager> tasks;
        {
            asio::io_context context;
            manager_options o;
            o.clock = &clock;
            o.log = nullptr;
            tasks.emplace(context.get_executor(), memory::open(), o);
            tasks->async_start([](result<start_report>) {});
            auto timer = std::make_shared<asio::steady_timer>(context, 1h);
            for (int i = 0; i != 4; ++i) {
                auto body = [timer, i, there]() -> asio::awaitable<void> {
                    auto here = there;
                    if (i % 2 == 1) co_await timer->async_wait(asio::use_awaitable);
                };
                tasks->async_add(in_an_hour(std::to_string(i), body), [](result<void> r) { CHECK(r); });
            }
            testing::run_for(context, clock, 1s);
            clock.advance(1h);
            context.restart();
            int done = 0;
            while (done != handlers && context.poll_one() > 0) ++done;
            over = done != handlers;
        }
        tasks.reset();
        CHECK(there.use_count() == 1);
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
