// SPDX-License-Identifier: BSL-1.0
#include "planned.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace rondo::tests {
namespace {

TEST_SUITE_BEGIN("runtime/store_failure");

manager_options stopping() {
    manager_options o;
    o.on_store_failure = on_store_failure::stop;
    return o;
}

TEST_CASE("under stop no run starts while the repository fails, and all that waits does when it works") {
    for (bool together : {false, true}) {
        CAPTURE(together);
        for (fault f : {fault::fails, fault::throws_at_once, fault::throws_later, fault::hangs}) {
            for (record mode : {record::write_ahead, record::write_behind}) {
                CAPTURE(static_cast<int>(f));
                CAPTURE(to_string(mode));
                manager_options o = stopping();
                o.record = mode;
                faulty_world s(o, together);
                std::size_t runs = 0;
                REQUIRE(s.w.add(task("t", "", every(1s), planned{"", &runs})));
                s.w.pass(9s);
                CHECK(runs == 10);
                s.faulty->set("begin_runs", f);
                s.w.pass(1s); // a run that goes ahead finds out that it fails
                std::size_t until_known = runs;
                CHECK(until_known <= (mode == record::write_ahead ? 10 : 11));
                s.w.pass(5s);
                until_known = runs;
                s.w.pass(600s);
                CHECK(runs == until_known);
                CHECK(s.w.tasks->state().store_down);
                // What went ahead until the failure was known is kept.
                CHECK(s.w.tasks->state().outbox <= (mode == record::write_ahead ? 3 : 14));
                auto manual = s.w.get<run_id>(s.w.tasks->async_trigger("t"));
                CHECK(manual.error() == errc::already_running);
                s.faulty->set("begin_runs", fault::none);
                s.w.pass(10s);
                CHECK_FALSE(s.w.tasks->state().store_down);
                CHECK(runs > until_known);
                stat t = s.w.find("t");
                CHECK(t.counters.runs == runs);
                CHECK(t.counters.skipped_overlap >= 590);
                CHECK(t.counters.skipped_not_owner == 0);
                CHECK(s.w.history().size() == std::min<std::size_t>(runs, 100));
                s.w.pass(10s);
                CHECK(s.w.find("t").counters.runs == t.counters.runs + 10);
                CHECK(s.w.tasks->state().outbox_dropped == 0);
            }
        }
    }
}

TEST_CASE("under stop bodies that run go on, and their ends are kept, however many") {
    for (bool together : {false, true}) {
        CAPTURE(together);
        manager_options o = stopping();
        o.outbox_max = 1;
        faulty_world s(o, together);
        int began = 0;
        int ended = 0;
        for (const char* uid : {"a", "b", "c"})
            REQUIRE(s.w.add(task(uid, "", every(1h), sleeper{2s, &began, &ended})));
        CHECK(began == 3);
        for (const char* call : {"begin_runs", "finish_runs"}) s.faulty->set(call, fault::fails);
        s.w.pass(60s);
        CHECK(ended == 3);
        CHECK(s.w.tasks->state().store_down);
        for (const char* call : {"begin_runs", "finish_runs"}) s.faulty->set(call, fault::none);
        s.w.pass(10s);
        CHECK(outcomes_of(s.w.history()) == "...");
        CHECK(s.w.tasks->state().outbox_dropped == 0);
    }
}

TEST_CASE("under stop what waits goes to a store that works again in parts") {
    for (bool together : {false, true}) {
        CAPTURE(together);
        faulty_world s(stopping(), together);
        constexpr std::size_t tasks = 4500;
        std::size_t runs = 0;
        std::size_t most = 0; // in the outbox, while bodies run
        auto body = [&]() -> boost::asio::awaitable<void> {
            ++runs;
            most = std::max(most, s.w.tasks->state().outbox);
            co_return;
        };
        for (std::size_t i = 0; i != tasks; ++i) {
            task t("t" + std::to_string(i), "", every(1h), body);
            REQUIRE(s.w.add(std::move(t.first_run(after_interval))));
        }
        s.faulty->set("begin_runs", fault::fails);
        s.w.pass(1h + 1s);
        CHECK(runs == 0);
        s.faulty->set("begin_runs", fault::none);
        s.w.pass(10s);
        CHECK(runs == tasks);
        CHECK(most > 0);
        CHECK(most <= 3000);
        CHECK_FALSE(s.w.tasks->state().store_down);
    }
}

TEST_CASE("under stop a shutdown interrupts what waits, and no body of it begins") {
    for (bool together : {false, true}) {
        CAPTURE(together);
        faulty_world s(stopping(), together);
        int began = 0;
        int ended = 0;
        s.faulty->set("begin_runs", fault::fails);
        REQUIRE(s.w.add(task("t", "", every(1h), sleeper{2s, &began, &ended})));
        s.w.pass(10s);
        CHECK(began == 0);
        std::optional<result<shutdown_report>> report;
        s.w.tasks->async_shutdown(5s, [&](result<shutdown_report> r) { report.emplace(std::move(r)); });
        s.w.pass(10s);
        REQUIRE(report);
        CHECK(report->value().still_running.empty());
        CHECK(began == 0);
    }
}

TEST_CASE("under stop a shutdown interrupts all that waits, in the outbox or not there yet") {
    for (bool together : {false, true}) {
        CAPTURE(together);
        for (std::size_t tasks : {2, 40}) {
            faulty_world s(stopping(), together);
            std::size_t runs = 0;
            s.faulty->set("begin_runs", fault::fails);
            for (std::size_t i = 0; i != tasks; ++i) {
                REQUIRE(s.w.add(task("t" + std::to_string(i), "", every(1h), planned{"", &runs})));
                s.w.pass(1s);
            }
            std::optional<result<shutdown_report>> report;
            s.w.tasks->async_shutdown(5s, [&](result<shutdown_report> r) { report.emplace(std::move(r)); });
            s.w.pass(10min);
            REQUIRE(report);
            CHECK(report->value().still_running.empty());
            CHECK(runs == 0);
        }
    }
}

TEST_CASE("under stop a shutdown answers everybody who waits for a run, once") {
    for (bool together : {false, true}) {
        CAPTURE(together);
        faulty_world s(stopping(), together);
        std::size_t runs = 0;
        std::size_t answers = 0;
        constexpr std::size_t tasks = 2500; // more than one part of a pass
        for (std::size_t i = 0; i != tasks; ++i) {
            task t("t" + std::to_string(i), "", every(1h), planned{"", &runs});
            REQUIRE(s.w.add(std::move(t.first_run(after_interval).overlap(overlap::buffer_one))));
        }
        s.faulty->set("begin_runs", fault::fails);
        s.w.pass(1h);
        CHECK(runs == 0);
        for (std::size_t i = 0; i != tasks; ++i)
            s.w.tasks->async_run("t" + std::to_string(i), [&](result<run>) { ++answers; });
        s.w.pass(0s);
        std::optional<result<shutdown_report>> report;
        s.w.tasks->async_shutdown(0s, [&](result<shutdown_report> r) { report.emplace(std::move(r)); });
        s.w.pass(10min);
        REQUIRE(report);
        CHECK(answers == tasks);
        CHECK(runs == 0);
    }
}

TEST_CASE("a body for each user goes on while the repository fails, for those that were known") {
    for (bool together : {false, true}) {
        CAPTURE(together);
        for (fault f : {fault::fails, fault::throws_at_once, fault::throws_later, fault::hangs}) {
            CAPTURE(static_cast<int>(f));
            faulty_world s({}, together);
            std::map<std::string, int> runs;
            auto body = [&](context, user who) -> asio::awaitable<result<std::string>> {
                ++runs[who.id()];
                co_return "ok";
            };
            for (const char* who : {"ann", "bob", "eve"})
                REQUIRE(s.w.get<void>(s.w.tasks->async_add_users({user(who)})));
            task t("t", "", every(1s), body);
            REQUIRE(s.w.add(std::move(t.pause_after_failures(2))));
            s.w.pass(3s);
            CHECK(runs["ann"] == 4);
            REQUIRE(s.w.get<void>(s.w.tasks->async_add_users({user("new")}))); // nobody has looked since
            REQUIRE(s.w.get<void>(s.w.tasks->async_remove_users({user("eve")})));
            int answers = 0; // one after the other, without a wait between
            s.w.tasks->async_add_users({user("gone")}, [&](result<void> r) { answers += r ? 1 : 0; });
            s.w.tasks->async_remove_users({user("gone")}, [&](result<void> r) { answers += r ? 1 : 0; });
            s.w.pass(0s);
            CHECK(answers == 2);
            for (const char* call : {"users", "begin_runs", "finish_runs"}) s.faulty->set(call, f);
            s.w.pass(60s);
            const int while_down = runs["ann"];
            CHECK(while_down > 50);
            CHECK(runs["bob"] == while_down);
            CHECK(runs["new"] == while_down - 4);
            CHECK(runs["eve"] == 4);
            CHECK(runs["gone"] == 0);
            CHECK(s.w.find("t").counters.failed == 0);
            CHECK_FALSE(s.w.find("t").paused);
            for (const char* call : {"users", "begin_runs", "finish_runs"}) s.faulty->set(call, fault::none);
            s.w.pass(10s);
            CHECK(runs["ann"] > while_down + 5);
            CHECK(s.w.find("t").counters.failed == 0);
        }
    }
}

TEST_CASE("where the users are asked for while one of them is removed, no later run is for that one") {
    auto faulty = std::make_shared<faulty_repository>(memory::open());
    world w(faulty);
    w.start();
    std::map<std::string, int> runs;
    auto body = [&](context, user who) -> asio::awaitable<result<std::string>> {
        ++runs[who.id()];
        co_return "ok";
    };
    REQUIRE(w.get<void>(w.tasks->async_add_users({user("ann"), user("eve")})));
    REQUIRE(w.add(task("t", "", every(1s), body)));
    w.pass(1500ms);
    CHECK(runs["eve"] == 2);
    faulty->set("users", fault::waits); // asked, and not answered yet
    w.pass(1s);
    REQUIRE(w.get<void>(w.tasks->async_remove_users({user("eve")})));
    faulty->set("users", fault::fails);
    w.pass(10s);
    CHECK(runs["ann"] > 6); // one of them has waited for long
    CHECK(runs["eve"] <= 3);
    faulty->let_go();
    w.pass(1s);
}

TEST_CASE("under stop a run by hand that needs no record starts when the store works again") {
    for (bool together : {false, true}) {
        CAPTURE(together);
        for (record mode : {record::none, record::failures_only}) {
            CAPTURE(to_string(mode));
            manager_options o = stopping();
            o.record = mode;
            faulty_world s(o, together);
            std::size_t slots = 0;
            std::size_t runs = 0;
            REQUIRE(s.w.add(task("slots", "", every(1s), planned{"", &slots})));
            task t("t", "", every(1000h), planned{"", &runs});
            REQUIRE(s.w.add(std::move(t.first_run(after_interval))));
            s.faulty->set("begin_runs", fault::fails);
            s.w.pass(2s);
            std::optional<result<run>> got;
            s.w.tasks->async_run("t", [&](result<run> r) { got.emplace(std::move(r)); });
            s.w.pass(1min);
            CHECK(runs == 0);
            s.faulty->set("begin_runs", fault::none);
            s.w.pass(20s);
            REQUIRE(got);
            CHECK(got->value().outcome == outcome::success);
            CHECK(runs == 1);
        }
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
