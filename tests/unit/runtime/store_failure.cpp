// SPDX-License-Identifier: BSL-1.0
#include "planned.hpp"

#include <algorithm>
#include <optional>
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
    for (fault f : {fault::fails, fault::throws_at_once, fault::throws_later, fault::hangs}) {
        for (record mode : {record::write_ahead, record::write_behind}) {
            CAPTURE(static_cast<int>(f));
            CAPTURE(to_string(mode));
            manager_options o = stopping();
            o.record = mode;
            faulty_world s(o);
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

TEST_CASE("under stop bodies that run go on, and their ends are kept, however many") {
    manager_options o = stopping();
    o.outbox_max = 1;
    faulty_world s(o);
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

TEST_CASE("under stop a shutdown interrupts what waits, and no body of it begins") {
    faulty_world s(stopping());
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

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
