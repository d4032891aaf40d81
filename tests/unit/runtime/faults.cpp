// SPDX-License-Identifier: BSL-1.0
#include "faulty_repository.hpp"
#include "world.hpp"

namespace rondo::tests {
namespace {

struct faulty_world {
    explicit faulty_world(bool together = false)
        : faulty(std::make_shared<faulty_repository>(memory::open(), together)) {}

    std::shared_ptr<faulty_repository> faulty;
    world w{faulty};
};

constexpr fault all_faults[] = {fault::fails, fault::throws_at_once, fault::throws_later, fault::hangs,
                                fault::hangs_deaf};

} // namespace

TEST_SUITE_BEGIN("runtime/faults");

TEST_CASE("a start that fails can be tried again") {
    for (fault f : all_faults) {
        faulty_world s;
        s.faulty->set("start", f);
        std::optional<result<start_report>> got;
        s.w.tasks->async_start([&](result<start_report> r) { got.emplace(std::move(r)); });
        s.w.pass(5s);
        REQUIRE(got);
        CHECK_FALSE(got->has_value());
        s.faulty->set("start", fault::none);
        CHECK(s.w.get<start_report>(s.w.tasks->async_start()).has_value());
    }
}

TEST_CASE("a task whose registration fails is not there, and can be added later") {
    for (fault f : all_faults) {
        faulty_world s;
        s.w.start();
        s.faulty->set("register_tasks", f);
        std::optional<result<void>> got;
        s.w.tasks->async_add(task("t", "", every(1s), nothing), [&](result<void> r) { got.emplace(r); });
        s.w.pass(5s);
        REQUIRE(got);
        CHECK_FALSE(got->has_value());
        CHECK(s.w.tasks->find("t").error() == errc::task_not_exists);
        s.faulty->set("register_tasks", fault::none);
        CHECK(s.w.add(task("t", "", every(1s), nothing)).has_value());
        s.w.pass(1s);
        CHECK(s.w.find("t").counters.runs == 2);
    }
}

TEST_CASE("tasks go on while the store cannot record, and all is on record afterwards") {
    for (const std::vector<const char*>& calls :
         {std::vector{"begin_runs"}, std::vector{"finish_runs"}, std::vector{"begin_runs", "finish_runs"}}) {
        for (fault f : all_faults) {
            if (f == fault::hangs_deaf) continue; // the next case
            for (bool together : {false, true}) {
                CAPTURE(std::string(calls.front()));
                CAPTURE(calls.size());
                CAPTURE(static_cast<int>(f));
                CAPTURE(together);
                faulty_world s(together);
                s.w.start();
                REQUIRE(s.w.add(task("t", "", every(1s), nothing)));
                s.w.pass(10s);
                for (const char* call : calls) s.faulty->set(call, f);
                s.w.pass(60s);
                auto in_outage = s.w.find("t").counters;
                CHECK(in_outage.runs + in_outage.skipped_overlap == 71);
                CHECK(in_outage.runs >= 65); // at most one timeout of 5 s was waited for
                CHECK(s.w.tasks->state().store_down);
                CHECK(s.w.logged("the repository"));
                for (const char* call : calls) s.faulty->set(call, fault::none);
                s.w.pass(60s);
                CHECK_FALSE(s.w.tasks->state().store_down);
                CHECK(s.w.tasks->state().outbox == 0);
                auto counters = s.w.find("t").counters;
                CHECK(counters.runs + counters.skipped_overlap == 131);
                auto runs = s.w.history();
                CHECK(runs.size() == 100); // the ring of the memory repository
                for (const run& r : runs) CHECK(r.outcome == outcome::success);
                CHECK(s.w.tasks->state().outbox_dropped == 0);
            }
        }
    }
}

TEST_CASE("a repository whose answers to both halves make no sense loses nothing") {
    for (fault f :
         {fault::throws_at_once, fault::throws_later, fault::short_of_ends, fault::short_of_begins}) {
        CAPTURE(static_cast<int>(f));
        faulty_world s(true);
        s.w.start();
        s.faulty->set("record_runs", f);
        task t("t", "", every(1min), nothing);
        t.first_run(s.w.clock.now().wall - 1h).catch_up({.coalesce = coalesce::all});
        REQUIRE(s.w.add(std::move(t)));
        s.w.pass(30s);
        CHECK(s.w.logged("the repository fails"));
        s.faulty->set("record_runs", fault::none);
        s.w.pass(20s);
        CHECK_FALSE(s.w.tasks->state().store_down);
        CHECK(s.w.tasks->state().outbox == 0);
        CHECK(s.w.tasks->state().outbox_dropped == 0);
        auto counters = s.w.find("t").counters;
        CHECK(counters.runs == 61);
        CHECK(counters.skipped_not_owner == 0);
        auto runs = s.w.history();
        CHECK(runs.size() == 61);
        for (const run& r : runs) CHECK(r.outcome == outcome::success);
    }
}

TEST_CASE("ends and begins that fail differently are both told") {
    faulty_world s(true);
    s.w.start();
    task t("t", "", every(1min), nothing);
    t.first_run(s.w.clock.now().wall - 1h).catch_up({.coalesce = coalesce::all});
    s.faulty->set("finish_runs", fault::hangs);
    REQUIRE(s.w.add(std::move(t)));
    s.faulty->set("begin_runs", fault::fails);
    s.w.pass(1min);
    CHECK(s.w.logged("ends are not recorded: "));
}

TEST_CASE("the answer of one half counts, though the other was cancelled") {
    faulty_world s(true);
    s.w.start();
    task t("t", "", every(1min), nothing);
    t.first_run(s.w.clock.now().wall - 10min).catch_up({.coalesce = coalesce::all});
    REQUIRE(s.w.add(std::move(t)));
    s.faulty->set("finish_runs", fault::hangs);
    s.w.pass(10min);
    auto runs = s.w.history();
    CHECK(runs.size() > 10); // begins go on record meanwhile
    s.faulty->set("finish_runs", fault::none);
    s.w.pass(10min);
    for (const run& r : s.w.history()) CHECK(r.outcome == outcome::success);
    CHECK(s.w.tasks->state().outbox == 0);
}

TEST_CASE("a store that works again is up again while there is always more for it") {
    for (bool together : {false, true}) {
        CAPTURE(together);
        faulty_world s(together);
        s.w.start();
        REQUIRE(s.w.add(task("a", "", every(100ms), nothing)));
        REQUIRE(s.w.add(task("b", "", every(130ms), nothing)));
        for (const char* call : {"begin_runs", "finish_runs"}) s.faulty->set(call, fault::fails);
        s.w.pass(10s);
        CHECK(s.w.tasks->state().store_down);
        // Each call takes so long that something else is to be recorded at its end.
        for (const char* call : {"begin_runs", "finish_runs"}) s.faulty->set(call, fault::waits);
        for (int i = 0; i != 200; ++i) {
            s.w.pass(200ms);
            s.faulty->let_go();
        }
        s.w.pass(0s);
        CHECK_FALSE(s.w.tasks->state().store_down);
        CHECK(s.w.tasks->state().outbox > 0);
        for (const char* call : {"begin_runs", "finish_runs"}) s.faulty->set(call, fault::none);
        s.faulty->let_go();
        s.w.pass(0s);
        CHECK(s.w.tasks->state().outbox == 0);
        for (const run& r : s.w.history()) CHECK(r.outcome == outcome::success);
        for (const char* uid : {"a", "b"}) CHECK(s.w.find(uid).counters.skipped_not_owner == 0);
    }
}

TEST_CASE("another attempt goes on record after the end of the one that failed") {
    for (bool together : {false, true}) {
        CAPTURE(together);
        faulty_world s(together);
        s.w.start();
        auto fails = [](context c) -> asio::awaitable<void> {
            (void)co_await c.async_sleep_for(1s);
            throw std::runtime_error("no luck");
        };
        task a("a", "", every(1h), fails);
        a.retry({.attempts = 2, .backoff = 1s, .jitter = 0});
        REQUIRE(s.w.add(std::move(a)));
        REQUIRE(s.w.add(task("b", "", every(800ms), nothing)));
        s.w.pass(500ms);
        // A call is under way when the first attempt ends, and until the second is due.
        s.faulty->set("begin_runs", fault::waits);
        s.w.pass(2s);
        s.faulty->set("begin_runs", fault::fails);
        s.faulty->let_go();
        s.w.pass(0s);
        history_filter of_a;
        of_a.uid = "a";
        auto runs = s.w.history(of_a);
        REQUIRE(runs.size() == 1);
        CHECK(runs[0].outcome == outcome::failed);
    }
}

TEST_CASE("a call that never returns stops neither tasks nor shutdown, and the outbox stays bounded") {
    for (bool together : {false, true}) {
        CAPTURE(together);
        for (const char* call : {"begin_runs", "finish_runs"}) {
            manager_options o;
            o.outbox_max = 50;
            auto faulty = std::make_shared<faulty_repository>(memory::open(), together);
            world w(faulty, o);
            w.start();
            REQUIRE(w.add(task("t", "", every(1s), nothing)));
            w.pass(1s);
            faulty->set(call, fault::hangs_deaf);
            w.pass(5min);
            CHECK(w.find("t").counters.runs > 290);
            CHECK(w.tasks->state().outbox <= 51);
            CHECK(w.tasks->state().outbox_dropped > 200);
            std::optional<result<run>> manual;
            w.tasks->async_run("t", [&](result<run> r) { manual.emplace(std::move(r)); });
            w.pass(1s);
            REQUIRE(manual);
            CHECK(manual->value().outcome == outcome::success);
            std::optional<shutdown_report> report;
            w.tasks->async_shutdown(1s, [&](result<shutdown_report> r) { report = r.value(); });
            w.pass(10s);
            REQUIRE(report);
            CHECK(report->unrecorded > 0);
            CHECK(report->still_running.empty());
        }
    }
}

TEST_CASE("a shutdown counts what the store never heard of, in the outbox or not there yet") {
    for (bool together : {false, true}) {
        CAPTURE(together);
        manager_options o;
        o.store_timeout = 10min;
        auto faulty = std::make_shared<faulty_repository>(memory::open(), together);
        world w(faulty, o);
        w.start();
        constexpr std::size_t tasks = 2500;
        int began = 0;
        int ended = 0;
        for (std::size_t i = 0; i != tasks; ++i)
            REQUIRE(w.add(task("t" + std::to_string(i), "", every(2s), sleeper{1h, &began, &ended})));
        CHECK(began == tasks);
        faulty->set("begin_runs", fault::hangs_deaf);
        w.pass(5s); // each has missed a slot, as its run goes on
        std::optional<shutdown_report> report;
        w.tasks->async_shutdown(1s, [&](result<shutdown_report> r) { report = r.value(); });
        w.pass(5min);
        REQUIRE(report);
        CHECK(report->unrecorded >= 2 * tasks); // ends, and skips
        CHECK(report->still_running.empty());
    }
}

TEST_CASE("questions to a broken store end with its error or in time") {
    for (fault f : all_faults) {
        faulty_world s;
        s.w.start();
        REQUIRE(s.w.add(task("t", "", every(1h), nothing)));
        for (const char* call : {"history", "last_runs", "users", "add_users", "remove_users", "prune",
                                 "update_tasks", "find_run"})
            s.faulty->set(call, f);
        int errors = 0;
        auto count = [&](auto r) { errors += r.has_value() ? 0 : 1; };
        s.w.tasks->async_history({}, count);
        s.w.tasks->async_last_runs(std::nullopt, count);
        s.w.tasks->async_users(count);
        s.w.tasks->async_add_users({}, count);
        s.w.tasks->async_remove_users({}, count);
        s.w.tasks->async_prune({}, count);
        s.w.tasks->async_pause("t", count);
        s.w.tasks->async_wait(run_id{9, 9}, count);
        s.w.pass(5s);
        CHECK(errors == 8);
        CHECK_FALSE(s.w.find("t").paused);
    }
}

TEST_CASE("a run whose users cannot be read fails and says so") {
    auto body = [](context, user) -> asio::awaitable<result<std::string>> { co_return "ok"; };
    for (fault f : all_faults) {
        faulty_world s;
        s.w.start();
        s.faulty->set("users", f);
        REQUIRE(s.w.add(task("t", "", every(1h), body)));
        s.w.pass(6s);
        auto runs = s.w.history();
        REQUIRE(runs.size() == 1);
        CHECK(runs[0].outcome == outcome::failed);
        CHECK(runs[0].message.find("its users are not known") == 0);
    }
}

TEST_SUITE_END();

} // namespace rondo::tests
