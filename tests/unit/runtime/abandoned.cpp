// SPDX-License-Identifier: BSL-1.0
#include "second_life.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

TEST_SUITE_BEGIN("runtime/abandoned");

TEST_CASE("a slot whose process died runs again, as its next attempt, and once") {
    second_life s;
    s.began(trigger::schedule, s.then);
    s.w.pass(10min);
    s.add(s.one());
    REQUIRE(s.seen.size() == 1);
    CHECK(s.seen[0].trigger == trigger::retry);
    CHECK(s.seen[0].attempt == 2);
    CHECK(s.seen[0].scheduled_at == s.then);
    auto latest_first = s.w.history();
    REQUIRE(latest_first.size() == 2);
    CHECK(latest_first[0].outcome == outcome::success);
    CHECK(latest_first[1].outcome == outcome::abandoned);
    CHECK(*s.w.find("t").next_run == s.then + 1h);
    s.w.restart();
    s.add(s.one());
    CHECK(s.seen.size() == 1);
    s.w.pass(1h);
    CHECK(s.seen.size() == 2);
    CHECK(s.seen[1].attempt == 1);
}

TEST_CASE("it stays as it is unless the task says otherwise") {
    second_life s;
    s.began(trigger::schedule, s.then);
    task t = s.one();
    t.on_abandoned(on_abandoned::record_only);
    s.add(std::move(t));
    s.w.pass(30min);
    CHECK(s.seen.empty());
}

TEST_CASE("a body that brings its process down does not do so for ever") {
    for (std::uint32_t attempts : {1u, 4u}) {
        CAPTURE(attempts);
        second_life s;
        std::uint32_t most = std::max(attempts, 2u);
        s.began(trigger::schedule, s.then);
        for (std::uint32_t n = 2; n < most; ++n) s.began(trigger::retry, s.then, n);
        task t = s.one();
        t.retry({.attempts = attempts, .backoff = 1s, .jitter = 0});
        s.add(std::move(t));
        REQUIRE(s.seen.size() == 1);
        CHECK(s.seen[0].attempt == most);

        second_life last;
        last.began(trigger::schedule, last.then);
        for (std::uint32_t n = 2; n <= most; ++n) last.began(trigger::retry, last.then, n);
        task u = last.one();
        u.retry({.attempts = attempts, .backoff = 1s, .jitter = 0});
        last.add(std::move(u));
        last.w.pass(10min);
        CHECK(last.seen.empty());
    }
}

TEST_CASE("the latest attempt is the one with the greatest number, wherever the wall clock was") {
    second_life s;
    s.w.pass(10s);
    s.began(trigger::schedule, s.then);
    begin_request again = s.run_of(trigger::retry, s.then, 2);
    again.started->started_at = s.then + 5s; // which was set back
    s.ask(s.store->begin_runs({again}));
    s.add(s.one());
    s.w.pass(10min);
    CHECK(s.seen.empty());
}

TEST_CASE("an attempt that fails is tried again as the policy says") {
    second_life s;
    s.began(trigger::schedule, s.then);
    task t = s.one();
    t.retry({.attempts = 3, .backoff = 1s, .jitter = 0});
    s.fails = 5;
    s.add(std::move(t));
    s.w.pass(1min);
    REQUIRE(s.seen.size() == 2);
    CHECK(s.seen[1].attempt == 3);
}

TEST_CASE("a slot that is too late is left as it is") {
    for (auto downtime : {5min, 6min}) {
        second_life s;
        s.began(trigger::schedule, s.then);
        s.w.pass(downtime);
        task t = s.one();
        t.catch_up({.window = 5min});
        s.add(std::move(t));
        CHECK(s.seen.size() == (downtime == 5min ? 1 : 0));
    }
}

TEST_CASE("what failed, or was asked for by hand, or given up, is not run again") {
    SUBCASE("failed") {
        second_life s;
        s.failed(trigger::schedule, s.then);
        s.add(s.one());
        s.w.pass(1min);
        CHECK(s.seen.empty());
    }
    SUBCASE("failed after it was abandoned") {
        second_life s;
        s.began(trigger::schedule, s.then);
        s.w.pass(1s);
        s.failed(trigger::retry, s.then, 2);
        task t = s.one();
        t.retry({.attempts = 5, .backoff = 1s, .jitter = 0});
        s.add(std::move(t));
        s.w.pass(1min);
        CHECK(s.seen.empty());
    }
    SUBCASE("by hand, and its second attempt") {
        second_life s;
        s.began(trigger::manual, s.then + 1s);
        s.began(trigger::retry, s.then + 1s, 2);
        s.began(trigger::backfill, s.then - 1h);
        task t = s.one();
        t.first_run(after_interval);
        t.retry({.attempts = 5, .backoff = 1s, .jitter = 0});
        s.add(std::move(t));
        s.w.pass(1min);
        for (const run& r : s.seen) CHECK(r.trigger != trigger::retry);
    }
    SUBCASE("given up by hand") {
        second_life s;
        s.w.start();
        task t("t", "", every(1h), stubborn{10min});
        REQUIRE(s.w.add(std::move(t)));
        s.w.pass(0s);
        auto in_flight = s.w.history();
        REQUIRE(in_flight.size() == 1);
        REQUIRE(s.w.get<void>(s.w.tasks->async_detach(in_flight[0].id)));
        s.w.pass(0s);
        CHECK(s.w.history()[0].outcome == outcome::abandoned);
        s.w.pass(11min);
        s.w.restart();
        s.add(s.one());
        s.w.pass(1min);
        CHECK(s.seen.empty());
    }
}

TEST_CASE("of several slots the latest runs again, or all where runs may be beside each other") {
    for (overlap policy : {overlap::skip, overlap::buffer_all, overlap::allow_all}) {
        CAPTURE(to_string(policy));
        second_life s;
        for (int i = 0; i != 3; ++i) s.began(trigger::schedule, s.then + i * 1h);
        s.w.pass(2h + 1min);
        task t = s.one();
        t.overlap(policy);
        s.add(std::move(t));
        REQUIRE(s.seen.size() == (policy == overlap::allow_all ? 3 : 1));
        for (const run& r : s.seen) CHECK(r.attempt == 2);
        if (policy != overlap::allow_all) CHECK(s.seen[0].scheduled_at == s.then + 2h);
    }
}

TEST_CASE("a task that is paused runs nothing again") {
    second_life s;
    s.began(trigger::schedule, s.then);
    std::vector<task_update> pause(1);
    pause[0].uid = shared_string("t");
    pause[0].paused = true;
    s.ask(s.store->update_tasks(pause));
    s.add(s.one());
    s.w.pass(1min);
    CHECK(s.seen.empty());
}

TEST_CASE("slots that were missed are caught up on after the one that runs again") {
    second_life s;
    s.began(trigger::schedule, s.then);
    s.w.pass(2h + 1min);
    s.add(s.one());
    s.w.pass(1min);
    REQUIRE(s.seen.size() == 1);
    CHECK(s.seen[0].trigger == trigger::retry);
    CHECK(s.w.find("t").counters.skipped_overlap + s.w.find("t").counters.skipped_missed == 2);
}

TEST_CASE("a task whose history cannot be read is not added") {
    second_life s;
    s.began(trigger::schedule, s.then);
    s.w.start();
    s.store->set("history", fault::fails);
    CHECK(s.w.add(s.one()).error() == errc::store_failed);
    s.store->set("history", fault::none);
    CHECK(s.w.add(s.one()));
    CHECK(s.seen.size() == 1);
}

TEST_CASE("a fixed delay counts from the end of the slot that runs again") {
    second_life s;
    s.w.start();
    int began = 0;
    int ended = 0;
    task t("delay", "", every_after(10s), sleeper{2s, &began, &ended});
    t.on_abandoned(on_abandoned::rerun);
    REQUIRE(s.w.add(std::move(t)));
    s.w.pass(1s);
    for (const char* call : {"begin_runs", "finish_runs"}) s.store->set(call, fault::fails);
    s.w.restart(); // with a run in flight whose end does not go on record
    s.w.pass(10s);
    for (const char* call : {"begin_runs", "finish_runs"}) s.store->set(call, fault::none);
    s.w.start();
    began = 0;
    task again("delay", "", every_after(10s), sleeper{2s, &began, &ended});
    again.on_abandoned(on_abandoned::rerun);
    REQUIRE(s.w.add(std::move(again)));
    CHECK(began == 1);
    s.w.pass(11s);
    CHECK(began == 1);
    s.w.pass(1s);
    CHECK(began == 2);
    CHECK(s.w.find("delay").counters.skipped_not_owner == 0);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
