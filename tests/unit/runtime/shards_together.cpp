// SPDX-License-Identifier: BSL-1.0
// What is put together of several shards: users, many tasks in one call, ends.
#include "sharded.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_future.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

namespace rondo::tests {

TEST_SUITE_BEGIN("runtime/shards_together");

TEST_CASE("users that come and go are those of each shard, also while the repository fails") {
    sharded_world s;
    s.w.start();
    std::vector<std::string> seen;
    for (const char* uid : {"a0", "a1", "a2"}) {
        task t(uid, "", every(1h), [&](context ctx, user u) -> asio::awaitable<result<std::string>> {
            seen.push_back(ctx.uid().str() + u.id());
            co_return std::string();
        });
        REQUIRE(s.w.add(std::move(t)));
    }
    s.w.pass(1s);
    REQUIRE(s.w.get<void>(s.w.tasks->async_add_users({user("u"), user("v")})));
    s.w.pass(1h);
    std::ranges::sort(seen);
    CHECK(seen == std::vector<std::string>{"a0u", "a0v", "a1u", "a1v", "a2u", "a2v"});
    REQUIRE(s.w.get<void>(s.w.tasks->async_remove_users({user("u")})));
    CHECK(s.w.get<std::vector<user>>(s.w.tasks->async_users()).value().size() == 1);
    s.store->set("users", fault::fails);
    seen.clear();
    s.w.pass(1h);
    std::ranges::sort(seen);
    CHECK(seen == std::vector<std::string>{"a0v", "a1v", "a2v"});
    CHECK(s.w.get<void>(s.w.tasks->async_add_users({user("")})).error() == errc::invalid_option);
}

TEST_CASE("many in one call go each to their shard, and are told by their place in it") {
    sharded_world s;
    s.w.start();
    s.add("a1");
    std::vector<task> some;
    for (const char* uid : {"a0", "a1", "a2", "", "b1", "a0"}) some.emplace_back(uid, "", every(1h), nothing);
    auto added = s.w.get<bulk_report>(s.w.tasks->async_add(std::move(some))).value();
    CHECK(added.succeeded == 3);
    REQUIRE(added.failures.size() == 3);
    CHECK(added.failures[0].index == 1);
    CHECK(added.failures[0].error == errc::task_exists);
    CHECK(added.failures[1].index == 3);
    CHECK(added.failures[1].error == errc::invalid_uid);
    CHECK(added.failures[2].index == 5); // of two with one uid the first is added
    CHECK(added.failures[2].error == errc::task_exists);
    auto removed =
        s.w.get<bulk_report>(s.w.tasks->async_remove(std::vector<std::string>{"b1", "none2", "a2", "a0"}))
            .value();
    CHECK(removed.succeeded == 3);
    REQUIRE(removed.failures.size() == 1);
    CHECK(removed.failures[0].index == 1);
    CHECK(removed.failures[0].error == errc::task_not_exists);
    CHECK(s.w.tasks->state().tasks == 1);
    CHECK(s.w.get<bulk_report>(s.w.tasks->async_add(std::vector<task>())).value().succeeded == 0);
}

TEST_CASE("many that no shard takes are refused as a whole") {
    sharded_world s;
    auto two = [] {
        std::vector<task> some;
        for (const char* uid : {"a0", "a1"}) some.emplace_back(uid, "", every(1h), nothing);
        return some;
    };
    CHECK(s.w.get<bulk_report>(s.w.tasks->async_add(two())).error() == errc::not_started);
    s.w.start();
    CHECK(s.w.get<shutdown_report>(s.w.tasks->async_shutdown(0s)));
    CHECK(s.w.get<bulk_report>(s.w.tasks->async_add(two())).error() == errc::shutting_down);
    CHECK(s.w.get<bulk_report>(s.w.tasks->async_remove(std::vector<std::string>{"a0", "a1"})).error() ==
          errc::shutting_down);
}

TEST_CASE("who lost interest in many removals is told at once, and they go on") {
    sharded_world s;
    s.w.start();
    for (const char* uid : {"a0", "a2"}) REQUIRE(s.w.add(task(uid, "", once(), stubborn{10s})));
    s.w.pass(1s);
    asio::cancellation_signal signal;
    std::optional<error_code> got;
    s.w.tasks->async_remove(
        std::vector<std::string>{"a0", "a2"},
        asio::bind_cancellation_slot(signal.slot(), [&](const result<bulk_report>& r) { got = r.error(); }));
    s.w.pass(1s);
    CHECK_FALSE(got.has_value());
    signal.emit(asio::cancellation_type::terminal);
    s.w.pass(0s);
    REQUIRE(got.has_value());
    CHECK(*got == asio::error::operation_aborted);
    s.w.pass(20s);
    CHECK(s.w.tasks->state().tasks == 0);
}

TEST_CASE("a shutdown waits for each shard, and reports of all") {
    sharded_world s;
    s.w.start();
    for (const char* uid : {"a0", "a1", "a2"})
        REQUIRE(s.w.add(task(uid, "", once(), stubborn{uid[1] == '1' ? 5s : 1h})));
    s.w.pass(1s);
    auto events = s.w.tasks->subscribe(64);
    std::vector<shutdown_report> reports;
    for (int i = 0; i != 2; ++i)
        s.w.tasks->async_shutdown(10s, [&](result<shutdown_report> r) { reports.push_back(r.value()); });
    s.w.pass(5s);
    CHECK(reports.empty());
    CHECK(s.w.add(task("b1", "", once(), nothing)).error() == errc::shutting_down); // that one is done
    s.w.pass(10s);
    REQUIRE(reports.size() == 2);
    for (const shutdown_report& r : reports) {
        std::set<std::string> uids;
        for (const auto& left : r.still_running) uids.insert(left.uid.str());
        CHECK(uids == std::set<std::string>{"a0", "a2"});
        CHECK(r.unrecorded == 0);
    }
    std::size_t ends = 0;
    while (auto e = events.try_next()) ends += e->kind == event_kind::run_ended ? 1 : 0;
    CHECK(ends == 3); // the stream did not end with the first shard
    CHECK(s.w.get<event>(events.async_next()).error() == errc::stream_closed);
    s.w.pass(2h);
}

TEST_CASE("what waits in each outbox is counted, and dropped beyond its part") {
    manager_options o = three();
    o.outbox_max = 3;
    sharded_world s(std::move(o));
    s.w.start();
    for (const char* uid : {"a0", "a1", "a2"}) s.add(uid, every(1min));
    s.w.pass(1s);
    for (const char* call : {"begin_runs", "finish_runs"}) s.store->set(call, fault::fails);
    s.w.pass(10min);
    CHECK(s.w.tasks->state().store_down);
    CHECK(s.w.tasks->state().outbox >= 3);
    CHECK(s.w.tasks->state().outbox_dropped > 0);
    for (const char* call : {"begin_runs", "finish_runs"}) s.store->set(call, fault::none);
    s.w.pass(10min);
    CHECK_FALSE(s.w.tasks->state().store_down);
    CHECK(s.w.tasks->state().outbox == 0);
}

TEST_CASE("a function that throws, or is absurd, puts no task beyond the shards") {
    manager_options o = three();
    o.shard_of = [](std::string_view uid) -> std::size_t {
        if (uid == "thrown") throw std::runtime_error("no shard");
        return std::size_t(-1);
    };
    world w(memory::open(), o);
    w.start();
    for (const char* uid : {"thrown", "far"}) {
        CHECK(w.add(task(uid, "", once(), nothing)));
        w.pass(1s);
        CHECK(w.find(uid).counters.runs == 1);
    }
}

TEST_CASE("uids are spread evenly by default") {
    manager_options o;
    o.shards = 4;
    world w(memory::open(), o);
    w.start();
    std::vector<task> some;
    for (int i = 0; i != 4000; ++i) some.emplace_back(fmt::format("task-{}", i), "", once(), nothing);
    REQUIRE(w.get<bulk_report>(w.tasks->async_add(std::move(some))).value().succeeded == 4000);
    w.pass(1s);
    std::vector<std::size_t> runs(4);
    history_filter f;
    f.limit = 1000;
    for (bool more = true; more;) {
        auto page = w.get<history_page>(w.tasks->async_history(f)).value();
        for (const run& r : page.runs) ++runs.at(r.id.low & 0xff);
        f.before = page.next;
        more = page.next.has_value();
    }
    CHECK(std::accumulate(runs.begin(), runs.end(), std::size_t(0)) == 4000);
    for (std::size_t n : runs) CHECK(std::max(n, std::size_t(1000)) - std::min(n, std::size_t(1000)) < 150);
}

TEST_CASE("a manager that is left, or whose context goes, leaves nothing of any shard") {
    for (bool destroy_context : {false, true}) {
        std::atomic<int> bodies = 0;
        struct counted {
            std::atomic<int>* n;
            explicit counted(std::atomic<int>* c) : n(c) { ++*n; }
            counted(const counted& o) : n(o.n) { ++*n; }
            ~counted() { --*n; }
        };
        {
            auto context = std::make_unique<asio::io_context>();
            std::optional<manager> tasks;
            tasks.emplace(context->get_executor(), memory::open(), three());
            bool started = false;
            tasks->async_start([&](const result<start_report>& r) { started = r.has_value(); });
            context->run_for(1s);
            while (!started) context->run_one();
            std::size_t added = 0;
            for (const char* uid : {"a0", "a1", "a2"})
                tasks->async_add(task(uid, "", every(1h),
                                      [c = counted(&bodies)](rondo::context ctx) -> asio::awaitable<void> {
                                          (co_await ctx.async_sleep_for(1h)).value();
                                      }),
                                 [&](const result<void>& r) { added += r ? 1 : 0; });
            while (added != 3) context->run_one();
            context->poll(); // they begin
            tasks->async_shutdown(1h, [&, c = counted(&bodies)](const result<shutdown_report>&) {});
            context->poll();
            CHECK(bodies >= 4);
            if (destroy_context) context.reset();
            tasks.reset();
            if (context != nullptr) context->run();
        }
        CHECK(bodies == 0);
    }
}

TEST_CASE("several threads run what is due of several shards, and lose none") {
    asio::io_context context;
    auto work = asio::make_work_guard(context);
    std::vector<std::thread> threads;
    for (int i = 0; i != 4; ++i) threads.emplace_back([&] { context.run(); });
    auto store = memory::open();
    manager_options o;
    o.shards = 4;
    o.log = nullptr;
    constexpr std::uint64_t tasks_count = 40;
    constexpr std::uint64_t wanted = 4000;
    std::atomic<std::uint64_t> done = 0;
    {
        manager tasks(context.get_executor(), store, o);
        tasks.async_start(asio::use_future).get().value();
        std::vector<task> some;
        for (std::uint64_t i = 0; i != tasks_count; ++i)
            some.emplace_back(fmt::format("t{}", i), "", every(1ms), [&]() -> asio::awaitable<void> {
                ++done;
                done.notify_all();
                co_return;
            });
        CHECK(tasks.async_add(std::move(some), asio::use_future).get().value().succeeded == tasks_count);
        for (std::uint64_t seen = done; seen < wanted; seen = done) done.wait(seen);
        CHECK(tasks.async_shutdown(10s, asio::use_future).get().value().unrecorded == 0);
        std::uint64_t runs = 0;
        for (const stat& one : tasks.stats()) {
            CHECK(one.counters.succeeded == one.counters.runs);
            runs += one.counters.runs;
        }
        CHECK(runs == done);
        CHECK(tasks.state().outbox == 0);
    }
    work.reset();
    for (auto& t : threads) t.join();
}

TEST_CASE("pauses and their ends come to all shards in one order, whoever asks") {
    asio::io_context context;
    auto work = asio::make_work_guard(context);
    std::vector<std::thread> threads;
    for (int i = 0; i != 3; ++i) threads.emplace_back([&] { context.run(); });
    {
        manager_options o = three();
        o.log = nullptr;
        manager tasks(context.get_executor(), memory::open(), o);
        tasks.async_start(asio::use_future).get().value();
        const std::vector<std::string> uids{"a0", "a1", "a2"};
        for (const std::string& uid : uids) {
            task t(uid, "", every(1h), nothing);
            t.first_run(after_interval);
            tasks.async_add(std::move(t), asio::use_future).get().value();
        }
        auto paused = [&](const std::string& uid) {
            return tasks.explain(uid, tasks.next_runs(uid, 1).value().at(0)).value().find("paused") !=
                   std::string::npos;
        };
        int changes = 0;
        for (int round = 0; round != 300; ++round) {
            const bool before = paused("a0");
            std::thread other([&] { tasks.async_pause_all(asio::use_future).get().value(); });
            tasks.async_resume_all(asio::use_future).get().value();
            other.join();
            const bool now = paused("a0");
            changes += now != before ? 1 : 0;
            CHECK(paused("a1") == now);
            CHECK(paused("a2") == now);
            CHECK(tasks.state().paused == now);
        }
        CHECK(changes > 0);
        tasks.async_shutdown(0s, asio::use_future).get().value();
    }
    work.reset();
    for (auto& t : threads) t.join();
}

TEST_CASE("a shutdown right behind a start: both are answered") {
    sharded_world s;
    std::optional<result<start_report>> started;
    std::optional<result<shutdown_report>> ended;
    s.w.tasks->async_start([&](result<start_report> r) { started = std::move(r); });
    s.w.tasks->async_shutdown(0s, [&](result<shutdown_report> r) { ended = std::move(r); });
    s.w.pass(1s);
    REQUIRE(started.has_value());
    CHECK(started->error() == errc::shutting_down);
    REQUIRE(ended.has_value());
    CHECK(ended->has_value());
    CHECK(s.counted->starts == 0);
}

} // namespace rondo::tests
