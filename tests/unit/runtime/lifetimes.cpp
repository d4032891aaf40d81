// SPDX-License-Identifier: BSL-1.0
#include "faulty_repository.hpp"
#include "world.hpp"

#include <boost/asio/steady_timer.hpp>

namespace rondo::tests {
namespace {

/// A body that tells when it is destroyed.
auto watched(std::shared_ptr<int> held) {
    return [held = std::move(held)]() -> asio::awaitable<void> { co_return; };
}

} // namespace

TEST_SUITE_BEGIN("runtime/lifetimes");

TEST_CASE("when a removal or a shutdown completes, the bodies are gone") {
    world w;
    w.start();
    auto removed = std::make_shared<int>(1);
    auto shut_down = std::make_shared<int>(2);
    REQUIRE(w.add(task("a", "", every(1h), watched(removed))));
    REQUIRE(w.add(task("b", "", every(1h), watched(shut_down))));
    long at_completion = 0;
    w.tasks->async_remove("a", [&](result<void>) { at_completion = removed.use_count(); });
    w.pass(0s);
    CHECK(at_completion == 1);
    CHECK(shut_down.use_count() == 2);
    REQUIRE(w.get<shutdown_report>(w.tasks->async_shutdown(0s)));
    CHECK(shut_down.use_count() == 1);
}

TEST_CASE("bodies that hold timers of the io_context go before it does") {
    auto store = memory::open();
    testing::virtual_clock clock;
    manager_options options;
    options.clock = &clock;
    std::optional<manager> tasks;
    {
        asio::io_context context;
        tasks.emplace(context.get_executor(), store, options);
        tasks->async_start([](result<start_report>) {});
        auto timer = std::make_shared<asio::steady_timer>(context.get_executor(), 1h);
        auto waits = [timer](rondo::context) -> asio::awaitable<void> {
            co_await timer->async_wait(asio::use_awaitable);
        };
        for (const char* uid : {"running", "idle"}) {
            task t(uid, "", every(1h), waits);
            if (std::string(uid) == "idle") t.first_run(after_interval);
            tasks->async_add(std::move(t), [](result<void> r) { CHECK(r); });
        }
        timer.reset();
        testing::run_for(context, clock, 1s);
        CHECK(tasks->find("running").value().runs_in_flight == 1);
    }
    tasks.reset(); // the address sanitizer would object, had a timer outlived its context
}

TEST_CASE("a reader that owns its own stream does not block the end of the io_context") {
    std::optional<manager> tasks;
    {
        asio::io_context context;
        tasks.emplace(context.get_executor(), memory::open());
        auto stream = std::make_shared<event_stream>(tasks->subscribe());
        stream->async_next([stream](result<event>) { FAIL("nobody calls back"); });
    }
    tasks.reset();
}

TEST_CASE("who waits for one run gets all of it, however many they are") {
    auto faulty = std::make_shared<faulty_repository>(memory::open());
    world w(faulty);
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("t", "", once(), sleeper{10s, &began, &ended})));
    w.pass(1s);
    run_id id = w.history().at(0).id;
    std::vector<run> seen;
    for (int i = 0; i != 3; ++i) w.tasks->async_wait(id, [&](result<run> r) { seen.push_back(r.value()); });
    faulty->set("finish_runs", fault::fails);
    w.pass(20s);
    REQUIRE(seen.size() == 3);
    for (const run& r : seen) CHECK(r.uid == "t");
}

TEST_CASE("a run that overran and is on record can still be waited for") {
    world w;
    w.start();
    task t("t", "", once(), stubborn{1h});
    t.timeout(1s);
    REQUIRE(w.add(std::move(t)));
    w.pass(5s);
    run r = w.get<run>(w.tasks->async_wait(w.history().at(0).id)).value();
    CHECK(r.outcome == outcome::timed_out);
}

TEST_CASE("questions under way when the manager ends are answered") {
    auto faulty = std::make_shared<faulty_repository>(memory::open());
    world w(faulty);
    w.start();
    faulty->set("history", fault::hangs_deaf);
    faulty->set("register_tasks", fault::hangs_deaf);
    std::vector<error_code> errors;
    w.tasks->async_history({}, [&](result<history_page> r) { errors.push_back(r.error()); });
    w.tasks->async_add(task("a", "", every(1s), nothing),
                       [&](result<void> r) { errors.push_back(r.error()); });
    w.pass(0s);
    w.tasks->async_add(task("b", "", every(1s), nothing),
                       [&](result<void> r) { errors.push_back(r.error()); });
    REQUIRE(w.get<shutdown_report>(w.tasks->async_shutdown(0s)));
    w.pass(0s);
    CHECK(errors.size() == 3);
    auto late = w.tasks->subscribe();
    CHECK(w.get<event>(late.async_next()).error() == errc::stream_closed);
}

TEST_CASE("a user who was added before a run starts is asked for by it") {
    auto slow = std::make_shared<faulty_repository>(memory::open());
    world w(slow);
    w.start();
    auto greet = [](context, user who) -> asio::awaitable<result<std::string>> { co_return who.id(); };
    REQUIRE(w.add(task("first", "", every(1h), greet)));
    w.pass(0s);
    std::vector<user> more;
    more.emplace_back("late");
    REQUIRE(w.get<void>(w.tasks->async_add_users(more)));
    REQUIRE(w.add(task("second", "", every(1h), greet)));
    w.pass(1s);
    history_filter f;
    f.uid = "second";
    CHECK(w.history(f).at(0).results.size() == 1);
}

TEST_CASE("thousands of tasks due in an outage start without nesting") {
    auto faulty = std::make_shared<faulty_repository>(memory::open());
    manager_options o;
    o.outbox_max = 30'000;
    world w(faulty, o);
    w.start();
    for (int i = 0; i != 10'000; ++i)
        w.tasks->async_add(task(std::to_string(i), "", every(10s), nothing), [](result<void>) {});
    w.pass(1s);
    faulty->set("finish_runs", fault::fails);
    faulty->set("begin_runs", fault::fails);
    w.pass(10s);
    CHECK(w.find("9999").counters.runs == 2);
    CHECK(w.tasks->state().store_down);
    faulty->set("finish_runs", fault::none);
    faulty->set("begin_runs", fault::none);
    w.pass(8s);
    CHECK_FALSE(w.tasks->state().store_down);
    CHECK(w.tasks->state().outbox_dropped == 0);
    history_filter f;
    f.uid = "9999";
    CHECK(w.history(f).size() == 2);
}

TEST_CASE("timeouts of a hundred years and more are for ever, not at once") {
    manager_options o;
    o.store_timeout = std::chrono::nanoseconds::max();
    o.cancel_grace = std::chrono::nanoseconds::max();
    o.wall_clock_check = std::chrono::nanoseconds::max();
    world w(memory::open(), o);
    w.start();
    REQUIRE(w.add(task("t", "", at(w.clock.now().wall + 1h), nothing)));
    w.pass(2h);
    CHECK(w.find("t").counters.succeeded == 1);
    CHECK(w.history().size() == 1);
}

TEST_SUITE_END();

} // namespace rondo::tests
