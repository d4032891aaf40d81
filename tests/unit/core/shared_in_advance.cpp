// SPDX-License-Identifier: BSL-1.0
// Slots that a core decides a little before they are due, as it has to ask the others.
#include "shared_core.hpp"

#include <rondo/cron.hpp>

namespace rondo::test {
namespace {

/// Its tasks are due at 1 h.
struct early_core : shared_core {
    explicit early_core(core::scheduler_options options = {.shared = true}) : shared_core(5ms, options) {}

    std::vector<core::decision> decided_at(std::chrono::nanoseconds t) { return decided(now_at(t)); }
    [[nodiscard]] std::chrono::nanoseconds wakeup() const {
        return core.next_wakeup(now) - now_at(0s).steady;
    }
    void refuse(core::decision& d, begin_state state = begin_state::not_yet) {
        core.refused_for_others(d, {state, d.request.expected, 0}, now);
        obey();
    }
};

void check_in_time(const core::decision& d) {
    CHECK_FALSE(d.request.in_advance);
    CHECK(d.due == steady_time::min());
}

} // namespace

TEST_SUITE_BEGIN("core/shared_in_advance");

TEST_CASE("a slot is decided in advance, as it will be when it is due") {
    early_core s;
    CHECK(s.wakeup() == 1h - 5ms);
    CHECK(s.decided_at(1h - 5ms - 1ns).empty());
    const auto all = s.decided_at(1h - 4ms);
    REQUIRE(all.size() == 3);
    for (const core::decision& d : all) {
        CHECK(d.due == now_at(1h).steady);
        CHECK(d.request.in_advance);
        CHECK_FALSE(d.request.skipped);
        REQUIRE(d.request.started);
        CHECK(d.request.started->trigger == trigger::schedule);
        CHECK(d.request.started->scheduled_at == now_at(1h).wall);
        CHECK(d.request.started->started_at == now_at(1h).wall);
        CHECK(d.request.expected == now_at(1h).wall);
        CHECK(d.request.next == now_at(2h).wall);
    }
    CHECK(s.wakeup() == 2h - 5ms);
    const core::task_record& task = *s.core.find("a");
    const stat early = s.core.stat_of(task, s.now.wall);
    CHECK(early.status == status::waiting);
    CHECK(early.runs_in_flight == 0);
    CHECK(early.next_run == now_at(1h).wall);
    CHECK(early.counters.runs == 1);
    CHECK(s.core.preview_of(task, s.now.wall).next == now_at(1h).wall);
    const stat late = s.core.stat_of(task, now_at(1h).wall); // its answer has not come
    CHECK(late.status == status::running);
    CHECK(late.runs_in_flight == 1);
    CHECK(late.next_run == now_at(2h).wall);
    CHECK(s.core.preview_of(task, now_at(1h).wall).next == now_at(2h).wall);
    for (const core::decision& d : all) {
        s.core.begun(*d.run, 1, now_at(1h));
        s.obey();
    }
    const stat begun = s.core.stat_of(task, s.now.wall);
    CHECK(begun.status == status::running);
    CHECK(begun.runs_in_flight == 1);
    CHECK(begun.next_run == now_at(2h).wall);
    CHECK(s.core.preview_of(task, s.now.wall).next == now_at(2h).wall);
}

TEST_CASE("nothing is decided in advance where nobody shares, or nobody says how long before") {
    const shared_core alone(5ms, {.shared = false});
    CHECK(alone.core.next_wakeup(now_at(0s)) == now_at(1h).steady);
    const shared_core silent;
    CHECK(silent.core.next_wakeup(now_at(0s)) == now_at(1h).steady);
}

TEST_CASE("a short interval is not decided long before") {
    early_core s;
    s.add("d", {}, every(8ms));
    CHECK(s.wakeup() == 6ms);
    const auto all = s.decided_at(6ms);
    REQUIRE(all.size() == 1);
    CHECK(all[0].due == now_at(8ms).steady);
}

// What is looked at in vain is looked at again in its time, whenever the look before was.
TEST_CASE("who looks seldom looks sooner, or not in advance") {
    for (const auto before : {0us, 500us, 999us, 1000us}) {
        early_core s({.resolution = 1ms, .shared = true});
        const core::decision by_hand = s.trigger("a");
        CHECK(s.wakeup() == 1h - 7ms);
        CHECK(s.decided_at(1h - 7ms - before).size() == (before == 0us ? 2 : 0)); // but for "a"
        while (s.core.next_wakeup(s.now) < now_at(1h).steady) {
            s.now = now_at(s.wakeup());
            (void)s.decided(s.now);
        }
        CHECK(s.wakeup() == 1h);
    }
    early_core s({.resolution = 1ms, .shared = true});
    s.add("d", {}, every(8ms));
    CHECK(s.wakeup() == 8ms);
    s.add("e", {}, every(12ms)); // its first is later
    CHECK(s.wakeup() == 8ms);
    s.add("f", {}, every(9ms));
    CHECK(s.wakeup() == 9ms - 2250us);
}

TEST_CASE("times of the wall clock are decided in advance by that") {
    early_core s;
    s.add("d", {}, cron<"*/10 * * * *">);
    const auto begin = now_at(0s).wall;
    CHECK(s.decided_at(10min - 6ms).empty());
    const auto all = s.decided_at(10min - 3ms);
    REQUIRE(all.size() == 1);
    CHECK(all[0].due == now_at(10min).steady);
    CHECK(all[0].request.started->scheduled_at == begin + 10min);
    CHECK(all[0].request.started->started_at == begin + 10min);
}

TEST_CASE("where another run of the task may be over by then, its slot is decided when it is due") {
    early_core s;
    core::decision by_hand = s.trigger("a");
    s.core.begun(*by_hand.run, 1, s.now);
    s.obey();
    const auto early = s.decided_at(1h - 5ms);
    CHECK(early.size() == 2); // of the others
    CHECK(s.wakeup() == 1h);
    SUBCASE("it is") {
        s.core.ended(*by_hand.run, core::body_end::success, s.now);
        s.obey();
        const auto all = s.decided_at(1h);
        REQUIRE(all.size() == 1);
        CHECK(all[0].request.started.has_value());
        check_in_time(all[0]);
    }
    SUBCASE("it is not") {
        const auto all = s.decided_at(1h);
        REQUIRE(all.size() == 1);
        REQUIRE(all[0].request.skipped);
        CHECK(all[0].request.skipped->reason == skip_reason::overlap);
        check_in_time(all[0]);
    }
}

TEST_CASE("whoever may run beside himself has his slot in advance, whatever is in flight") {
    early_core s;
    core::task_record& task = *s.core.find("a");
    task.overlap = overlap::allow_all;
    const core::decision by_hand = s.trigger("a");
    CHECK(s.decided_at(1h - 5ms).size() == 3);
    core::task_policy few;
    few.in_flight_max = 2;
    task.policy = std::make_unique<core::task_policy>(few);
    CHECK(s.decided_at(2h - 5ms).empty()); // all have one in flight
}

TEST_CASE("a slot that cannot be had in advance is decided when it is due") {
    early_core s;
    auto early = s.decided_at(1h - 5ms);
    REQUIRE(early.size() == 3);
    for (core::decision& d : early) s.refuse(d);
    CHECK(s.wakeup() == 1h);
    for (const char* uid : {"a", "b", "c"}) {
        CHECK(s.counters(uid).runs == 0);
        CHECK(s.counters(uid).skipped_not_owner == 0);
        CHECK(s.core.stat_of(*s.core.find(uid)).status == status::waiting);
        CHECK(s.core.stat_of(*s.core.find(uid)).next_run == now_at(1h).wall);
    }
    CHECK(s.decided_at(1h - 1ns).empty());
    const auto all = s.decided_at(1h);
    REQUIRE(all.size() == 3);
    for (const core::decision& d : all) {
        check_in_time(d);
        REQUIRE(d.request.started);
        CHECK(d.request.started->scheduled_at == now_at(1h).wall);
        CHECK(d.request.expected == now_at(1h).wall);
        CHECK(d.request.next == now_at(2h).wall);
    }
    CHECK(s.wakeup() == 2h - 5ms); // the next is in advance again
}

TEST_CASE("a slot that cannot be had in advance is decided late if its time is over") {
    early_core s;
    auto early = s.decided_at(1h - 5ms);
    s.now = now_at(1h + 10ms);
    for (core::decision& d : early) s.refuse(d);
    const auto all = s.decided_at(1h + 10ms);
    REQUIRE(all.size() == 3);
    for (const core::decision& d : all) {
        check_in_time(d);
        REQUIRE(d.request.started);
        CHECK(d.request.started->scheduled_at == now_at(1h).wall);
    }
}

// As with a store that takes longer than the interval.
TEST_CASE("a slot that cannot be had in advance is decided again with those that followed on it") {
    early_core s;
    auto early = s.decided_at(1h - 5ms);
    auto later = s.decided_at(2h);
    REQUIRE(later.size() == 3);
    for (core::decision& d : early) s.refuse(d);
    for (core::decision& d : later) {
        REQUIRE(d.request.skipped); // as the first seemed to run
        CHECK(d.request.expected == now_at(2h).wall);
        s.core.refused_for_others(d, {begin_state::conflict, now_at(1h).wall, 0}, s.now);
        s.obey();
    }
    const auto again = s.decided_at(2h);
    REQUIRE(again.size() == 3);
    for (const core::decision& d : again) {
        check_in_time(d);
        CHECK(d.request.expected == now_at(1h).wall);
        REQUIRE(d.request.skipped);
        CHECK(d.request.skipped->reason == skip_reason::missed);
        CHECK(d.request.skipped->first == now_at(1h).wall);
        REQUIRE(d.request.started);
        CHECK(d.request.started->scheduled_at == now_at(2h).wall);
    }
    CHECK(s.counters("a").runs == 1);
    CHECK(s.counters("a").skipped_overlap == 0);
    CHECK(s.counters("a").skipped_missed == 1);
}

TEST_CASE("a slot that cannot be had in advance, of a task that is paused meanwhile, is skipped") {
    early_core s;
    auto early = s.decided_at(1h - 5ms);
    s.core.pause(*s.core.find("a"), s.now);
    s.obey();
    for (core::decision& d : early) s.refuse(d);
    CHECK(s.decided_at(1h).size() == 2);
    s.core.resume(*s.core.find("a"), resume_from::now, s.now);
    s.obey();
    const auto all = s.decided_at(1h + 1ms);
    REQUIRE(all.size() == 1);
    REQUIRE(all[0].request.skipped);
    CHECK(all[0].request.skipped->reason == skip_reason::paused);
    CHECK(all[0].request.skipped->first == now_at(1h).wall);
    CHECK(all[0].request.skipped->count == 1);
    CHECK(all[0].request.expected == now_at(1h).wall);
}

TEST_CASE("a task that is removed while its slot is asked for in advance is gone") {
    early_core s;
    auto early = s.decided_at(1h - 5ms);
    s.core.remove(*s.core.find("a"), s.now);
    s.obey();
    REQUIRE(s.core.find("a") != nullptr);
    for (core::decision& d : early) s.refuse(d);
    CHECK(s.core.find("a") == nullptr);
    CHECK(s.decided_at(1h).size() == 2);
}

TEST_CASE(
    "a task that gets another schedule while its slot is asked for in advance has slots of that alone") {
    for (const bool refused : {false, true}) {
        CAPTURE(refused);
        early_core s;
        auto early = s.decided_at(1h - 5ms);
        core::task_spec spec{
            .uid = "a", .name = "a", .when = every(15min), .payload = std::make_unique<core::task_payload>()};
        (void)s.core.update(*s.core.find("a"), spec, s.now);
        s.obey();
        for (core::decision& d : early) {
            if (refused)
                s.refuse(d);
            else
                s.core.begun(*d.run, 1, s.now);
            s.obey();
            if (refused || d.request.uid != "a") continue;
            s.core.ended(*d.run, core::body_end::success, s.now);
            s.obey();
        }
        std::vector<core::decision> moved;
        s.core.take_decisions(moved); // to the new one
        REQUIRE(moved.size() == 1);
        CHECK(moved[0].request.expected == now_at(2h).wall);
        CHECK(moved[0].request.next == now_at(75min).wall);
        if (refused) { // as nothing was moved before it
            s.core.refused_for_others(moved[0], {begin_state::conflict, now_at(1h).wall, 0}, s.now);
            s.obey();
        }
        CHECK(s.decided_at(75min - 6ms).size() == (refused ? 2 : 0)); // the others at 1 h
        const auto all = s.decided_at(refused ? 75min : 75min - 4ms); // the cursor is not there
        REQUIRE(all.size() == 1);
        CHECK(all[0].request.uid == "a");
        CHECK(all[0].request.started->scheduled_at == now_at(75min).wall);
        CHECK(all[0].request.expected == (refused ? now_at(1h) : now_at(75min)).wall);
    }
}

TEST_CASE("a slot that another manager had in advance is left to it") {
    early_core s;
    auto early = s.decided_at(1h - 5ms);
    for (core::decision& d : early) {
        s.core.refused_for_others(d, {begin_state::conflict, now_at(2h).wall, 0}, s.now);
        s.obey();
    }
    CHECK(s.wakeup() == 2h - 5ms);
    CHECK(s.counters("a").skipped_not_owner == 1);
    CHECK(s.decided_at(1h).empty());
}

// What comes before it belongs to the same decision, or what is on record is not what it should be.
TEST_CASE("nothing is decided in advance where the cursor is not at the slot") {
    for (const moment cursor : {moment(now_at(50min).wall), moment()}) {
        CAPTURE(cursor.has_value());
        early_core s;
        s.add("d", {}, every(30min), now_at(50min).wall, true);
        if (!cursor) s.core.find("d")->cursor = core::no_slot; // as that of a finished one
        CHECK(s.decided_at(20min - 1ns).empty());
        const auto all = s.decided_at(20min);
        REQUIRE(all.size() == 1);
        CHECK(all[0].request.expected == cursor);
        CHECK(all[0].request.started->scheduled_at == now_at(20min).wall);
        check_in_time(all[0]);
    }
}

TEST_CASE("nothing is decided in advance where the cursor on record is to be put right") {
    early_core s;
    s.core.find("a")->cursor_lost = true;
    CHECK(s.decided_at(1h - 5ms).size() == 2);
    const auto all = s.decided_at(1h);
    REQUIRE(all.size() == 1);
    CHECK(all[0].request.force);
    check_in_time(all[0]);
}

TEST_CASE("where runs have to wait for places nothing is decided in advance") {
    const early_core limited({.runs_in_flight_max = 7, .shared = true});
    CHECK(limited.wakeup() == 1h);
    const early_core coarse({.resolution = 5001us, .shared = true});
    CHECK(coarse.wakeup() == 1h);
    early_core s;
    core::task_policy late;
    late.tolerance = 1ms;
    s.add("d", late, every(1min));
    CHECK(s.wakeup() == 1min + 1ms);
}

TEST_CASE("a clock that turns out to be ahead does not have a slot decided still sooner") {
    early_core s;
    instant ahead = now_at(1h - 5ms); // by the monotonic clock
    ahead.wall -= 300ms;
    CHECK(s.decided(ahead).empty());
    CHECK(s.core.next_wakeup(ahead) == ahead.steady + 300ms);
}

TEST_SUITE_END();

} // namespace rondo::test
