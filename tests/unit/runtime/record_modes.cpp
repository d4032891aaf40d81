// SPDX-License-Identifier: BSL-1.0
#include "planned.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

constexpr record unlike_write_ahead[] = {record::write_behind, record::failures_only, record::none};

manager_options with(record r) {
    manager_options o;
    o.record = r;
    return o;
}

task in_mode(record r, task t) {
    t.record(r);
    return t;
}

asio::awaitable<void> count_skips(repository& store, std::optional<std::size_t>& n) {
    auto skips = co_await store.skips("t", 10);
    n = skips.value().size();
}

TEST_SUITE_BEGIN("runtime/record_modes");

TEST_CASE("a run starts before its record, unless it is write-ahead") {
    for (record mode : {record::write_ahead, record::write_behind, record::failures_only, record::none}) {
        CAPTURE(to_string(mode));
        faulty_world s;
        int began = 0;
        int ended = 0;
        s.faulty->set("begin_runs", fault::waits);
        REQUIRE(s.w.add(in_mode(mode, task("t", "", every(1h), sleeper{1s, &began, &ended}))));
        CHECK(began == (mode == record::write_ahead ? 0 : 1));
        s.faulty->set("begin_runs", fault::none);
        s.faulty->let_go();
        s.w.pass(0s);
        CHECK(began == 1);
        auto in_flight = s.w.history();
        CHECK(in_flight.size() == (mode <= record::write_behind ? 1 : 0));
        s.w.pass(1s);
        CHECK(ended == 1);
        CHECK(outcomes_of(s.w.history()) == (mode <= record::write_behind ? "." : ""));
        CHECK(s.w.tasks->state().outbox == 0);
    }
}

TEST_CASE("runs that go ahead start while a call of the repository is under way") {
    faulty_world s;
    int began = 0;
    int ended = 0;
    s.faulty->set("begin_runs", fault::waits);
    REQUIRE(s.w.add(task("first", "", every(1h), nothing)));
    REQUIRE(
        s.w.add(in_mode(record::write_behind, task("behind", "", every(1h), sleeper{1s, &began, &ended}))));
    CHECK(began == 1);
    s.faulty->set("begin_runs", fault::none);
    s.faulty->let_go();
    s.w.pass(1s);
    CHECK(outcomes_of(s.w.history()) == "..");
}

TEST_CASE("while the repository is too far behind, runs wait for it") {
    manager_options o = with(record::write_behind);
    o.outbox_max = 2;
    faulty_world s(o);
    int began = 0;
    int ended = 0;
    s.faulty->set("begin_runs", fault::waits);
    for (const char* uid : {"a", "b", "c", "d"})
        REQUIRE(s.w.add(task(uid, "", every(1h), sleeper{1s, &began, &ended})));
    CHECK(began == 2);
    CHECK_FALSE(s.w.tasks->state().store_down);
    s.faulty->set("begin_runs", fault::none);
    s.faulty->let_go();
    s.w.pass(0s);
    CHECK(began == 4);
    s.w.pass(1s);
    CHECK(outcomes_of(s.w.history()) == "....");
    CHECK(s.w.tasks->state().outbox_dropped == 0);
}

TEST_CASE("of failures only, what failed is on record, and the success after it") {
    world w(memory::open(), with(record::failures_only));
    w.start();
    std::size_t runs = 0;
    REQUIRE(w.add(task("t", "", every(1s), planned{"..xx...x..", &runs})));
    w.pass(9s);
    CHECK(runs == 10);
    CHECK(outcomes_of(w.history()) == "xx.x.");
    CHECK(w.find("t").counters.succeeded == 7);
}

TEST_CASE("of failures only, the attempt that succeeds at last is on record") {
    world w(memory::open(), with(record::failures_only));
    w.start();
    std::size_t runs = 0;
    task t("t", "", every(1h), planned{"xx", &runs});
    REQUIRE(w.add(std::move(t.retry({.attempts = 3, .backoff = 1s, .jitter = 0}))));
    w.pass(1min);
    auto latest_first = w.history();
    CHECK(outcomes_of(latest_first) == "xx.");
    CHECK(latest_first.front().attempt == 3);
    CHECK(latest_first.front().trigger == trigger::retry);
}

TEST_CASE("failures in a row are counted across a restart, whatever is on record") {
    for (record mode : {record::write_behind, record::failures_only}) {
        CAPTURE(to_string(mode));
        world w(memory::open(), with(mode));
        std::size_t runs = 0;
        auto add = [&] {
            w.start();
            task t("t", "", every(1s), planned{"x.xxx", &runs});
            t.pause_after_failures(3);
            REQUIRE(w.add(std::move(t)));
        };
        add();
        w.pass(3s);
        CHECK(runs == 4);
        CHECK(w.find("t").failures == 2);
        w.restart();
        add();
        CHECK(w.find("t").failures == 2);
        w.pass(10s);
        CHECK(runs == 5);
        CHECK(w.find("t").paused);
    }
}

TEST_CASE("with nothing on record a restart still keeps the phase, and repeats no slot") {
    for (record mode : unlike_write_ahead) {
        CAPTURE(to_string(mode));
        world w(memory::open(), with(mode));
        std::size_t runs = 0;
        auto add = [&] {
            w.start();
            REQUIRE(w.add(task("t", "", every(10s), planned{"", &runs})));
            REQUIRE(w.add(task("once", "", once(), planned{"", &runs})));
        };
        add();
        w.pass(24s);
        CHECK(runs == 4);
        wall_time next = *w.find("t").next_run;
        w.restart();
        add();
        CHECK(runs == 4);
        CHECK(*w.find("t").next_run == next);
        w.pass(6s);
        CHECK(runs == 5);
    }
}

TEST_CASE("a fixed delay goes on where it was, although the end of its run is not on record") {
    for (record mode : unlike_write_ahead) {
        CAPTURE(to_string(mode));
        world w(memory::open(), with(mode));
        std::size_t runs = 0;
        auto add = [&] {
            w.start();
            REQUIRE(w.add(task("t", "", every_after(10s), planned{".x", &runs})));
        };
        add();
        w.pass(25s);
        CHECK(runs == 3);
        wall_time next = *w.find("t").next_run;
        w.restart();
        add();
        CHECK(*w.find("t").next_run == next);
        w.pass(5s);
        CHECK(runs == 4);
        CHECK(w.find("t").counters.skipped_not_owner == 0);
        CHECK_FALSE(w.logged("its next slot on record"));
    }
}

TEST_CASE("skips are on record unless nothing is") {
    for (record mode : unlike_write_ahead) {
        CAPTURE(to_string(mode));
        world w(memory::open(), with(mode));
        w.start();
        int began = 0;
        int ended = 0;
        REQUIRE(w.add(task("t", "", every(1s), sleeper{5500ms, &began, &ended})));
        w.pass(6s);
        CHECK(w.find("t").counters.skipped_overlap == 5);
        std::optional<std::size_t> skips;
        asio::co_spawn(w.context, count_skips(*w.store, skips), asio::detached);
        w.pass(0s);
        CHECK(skips == (mode == record::none ? 0 : 1));
    }
}

TEST_CASE("a manual run is told of, on record or not") {
    for (record mode : unlike_write_ahead) {
        CAPTURE(to_string(mode));
        world w(memory::open(), with(mode));
        w.start();
        std::size_t runs = 0;
        task t("t", "", every(1h), planned{"", &runs});
        REQUIRE(w.add(std::move(t.first_run(after_interval))));
        auto ran = w.get<run>(w.tasks->async_run("t"));
        REQUIRE(ran);
        CHECK(ran.value().outcome == outcome::success);
        auto later = w.get<run>(w.tasks->async_wait(ran.value().id));
        if (mode == record::write_behind)
            CHECK(later.value().outcome == outcome::success);
        else
            CHECK(later.error() == errc::run_not_exists);
    }
}

TEST_CASE("a task that others follow is on record for their sake") {
    for (record mode : unlike_write_ahead) {
        CAPTURE(to_string(mode));
        world w;
        std::size_t first = 0;
        std::size_t second = 0;
        w.start();
        REQUIRE(w.add(in_mode(mode, task("first", "", every(10s), planned{"", &first}))));
        REQUIRE(w.add(task("second", "", after("first"), planned{"", &second})));
        w.pass(20s);
        REQUIRE(w.get<void>(w.tasks->async_remove("second")));
        CHECK(second + 1 >= first);
        std::size_t before = second;
        w.pass(10s); // nobody follows it now
        CHECK(first == 4);
        CHECK(second == before);
    }
}

TEST_CASE("a task says for itself what the manager says for all") {
    world w(memory::open(), with(record::none));
    w.start();
    REQUIRE(w.add(in_mode(record::write_ahead, task("kept", "", every(1s), nothing))));
    REQUIRE(w.add(task("not", "", every(1s), nothing)));
    w.pass(2s);
    for (const run& r : w.history()) CHECK(r.uid == "kept");
    CHECK(w.history().size() == 3);
    REQUIRE(w.get<void>(
        w.tasks->async_update(in_mode(record::write_ahead, task("not", "", every(1s), nothing)))));
    w.pass(1s);
    CHECK(w.history().size() == 5);
}

TEST_CASE("a repository that fails holds up no run that needs no record, and learns the rest later") {
    for (record mode : unlike_write_ahead) {
        CAPTURE(to_string(mode));
        faulty_world s(with(mode));
        std::size_t runs = 0;
        REQUIRE(s.w.add(task("t", "", every(1s), planned{"..x", &runs})));
        for (const char* call : {"begin_runs", "finish_runs"}) s.faulty->set(call, fault::fails);
        s.w.pass(30s);
        CHECK(runs == 31);
        CHECK(s.w.tasks->state().store_down);
        for (const char* call : {"begin_runs", "finish_runs"}) s.faulty->set(call, fault::none);
        s.w.pass(30s);
        CHECK(runs == 61);
        CHECK_FALSE(s.w.tasks->state().store_down);
        CHECK(s.w.tasks->state().outbox == 0);
        std::size_t on_record = mode == record::write_behind ? 61 : mode == record::failures_only ? 2 : 0;
        CHECK(s.w.history().size() == on_record);
        CHECK(s.w.find("t").counters.skipped_not_owner == 0);
    }
}

TEST_CASE("what is no way of recording is refused") {
    world w;
    w.start();
    CHECK(w.add(in_mode(static_cast<record>(4), task("t", "", every(1s), nothing))).error() ==
          errc::invalid_option);
    world bad(memory::open(), with(static_cast<record>(9)));
    CHECK(bad.get<start_report>(bad.tasks->async_start()).error() == errc::invalid_option);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
