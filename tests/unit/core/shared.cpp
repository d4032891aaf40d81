// SPDX-License-Identifier: BSL-1.0
// What a core does with begins that are refused as other managers have its tasks.
#include "shared_core.hpp"

namespace rondo::test {

TEST_SUITE_BEGIN("core/shared");

TEST_CASE("a run by hand that is refused ends, though much else does at the same moment") {
    shared_core s;
    core::decision first = s.trigger("c");
    REQUIRE(first.run != nullptr);
    CHECK(s.trigger("c", overlap::buffer_all).run == nullptr); // it waits for the first
    s.core.shutdown(1h, s.now);                                // which "c" hears of later
    s.obey();
    s.core.refused_for_others(first, {begin_state::busy, {}, 0}, s.now);
    CHECK(s.obey().size() == 2);
    CHECK(s.core.stat_of(*s.core.find("c")).status == status::waiting);
}

// As with a task whose schedule is changed there and back, while those who have the other are gone.
TEST_CASE("what nobody has decided is decided, though the cursor on record is of another schedule") {
    for (const begin_state state : {begin_state::conflict, begin_state::superseded}) {
        for (const auto behind : {17min, -5min}) {
            shared_core s;
            const core::task_record& task = *s.core.find("a"); // every hour
            const wall_time first = task.slot;
            s.now = now_at(5h + 1min);
            core::decision d = s.decide("a");
            CHECK(d.request.expected == first);
            const wall_time on_record = first + behind;
            const wall_time again = behind > 0min ? first + 1h : first;
            s.core.refused_for_others(d, {state, on_record, 0}, s.now);
            s.obey();
            CHECK(s.counters().skipped_missed == 0);
            CHECK(s.counters().runs == 0);
            CHECK(s.counters().skipped_not_owner == (again == first ? 0 : 1));
            d = s.decide("a");
            CHECK(d.request.expected == on_record);
            REQUIRE(d.request.skipped);
            CHECK(d.request.skipped->first == again);
            REQUIRE(d.request.started);
            CHECK(d.request.started->scheduled_at == first + 4h);
            CHECK(d.request.next == first + 5h);
            CHECK(s.counters().skipped_missed == d.request.skipped->count);
        }
    }
}

// Who joins has read the clock late, and reads it again.
TEST_CASE("a slot does not begin before its time by a clock that is put right") {
    for (const auto late : {0ms, 150ms, 400ms, 950ms}) {
        for (const auto ahead : {20ms, 170ms, 200ms, 380ms}) {
            CAPTURE(late);
            CAPTURE(ahead);
            shared_core s;
            const wall_time slot = s.now.wall + ahead;
            const auto shown = [begin = s.now](std::chrono::nanoseconds since) {
                return instant{begin.steady + since, begin.wall + floor<std::chrono::microseconds>(since)};
            };
            s.now = shown(-late);
            s.add("d", {}, every(200ms), slot);
            if (late + ahead <= 1200ms) CHECK(s.core.next_wakeup(s.now) == s.now.steady + late + ahead);
            for (std::chrono::nanoseconds since = 0ns; since < ahead; since += 10ms) { // put right at once
                const instant t = shown(since);
                s.core.on_time(t);
                s.obey();
                std::vector<core::decision> all;
                s.core.take_decisions(all);
                CHECK(all.empty());
            }
            s.now = shown(ahead);
            const core::decision d = s.decide("d");
            REQUIRE(d.request.started);
            CHECK(d.request.started->scheduled_at == slot);
            CHECK(s.core.stat_of(*s.core.find("d")).next_run == slot + 200ms);
        }
    }
}

TEST_CASE("a slot that came to be due too early, as the clock was put right since, waits for its time") {
    shared_core s;
    const wall_time slot = s.now.wall + 800ms;
    s.add("d", {}, every(200ms), slot);
    instant ahead = now_at(800ms); // by the monotonic clock
    ahead.wall -= 300ms;
    CHECK(s.decided(ahead).empty());
    CHECK(s.core.next_wakeup(ahead) == ahead.steady + 300ms);
    s.now = {ahead.steady + 300ms, slot};
    const core::decision d = s.decide("d");
    REQUIRE(d.request.started);
    CHECK(d.request.started->scheduled_at == slot);
    s.now = {s.now.steady + 200ms, slot - 1h}; // it was set
    const core::decision next = s.decide("d");
    REQUIRE(next.request.skipped); // as the first runs still
    CHECK(next.request.skipped->first == slot + 200ms);
}

TEST_CASE("a slot that is looked at late does not wait for a clock that was set back") {
    shared_core s;
    const wall_time slot = s.now.wall + 800ms;
    s.add("d", {}, every(200ms), slot);
    s.now = now_at(900ms);
    s.now.wall -= 1050ms;
    const core::decision d = s.decide("d");
    REQUIRE(d.request.started);
    CHECK(d.request.started->scheduled_at == slot);
}

TEST_CASE("an attempt at a lost slot that another manager has, or keeps from beginning, counts as none") {
    shared_core s;
    core::task_policy policy;
    policy.abandoned = on_abandoned::rerun;
    s.add("d", policy);
    rondo::run lost;
    lost.outcome = outcome::abandoned;
    lost.scheduled_at = s.now.wall;
    for (const begin_state state : {begin_state::busy, begin_state::conflict}) {
        REQUIRE(s.core.rerun(*s.core.find("d"), lost, s.now));
        core::decision d = s.decide("d");
        REQUIRE(d.run != nullptr);
        CHECK(s.counters("d").retries == 1);
        s.core.refused_for_others(d, {state, {}, 0}, s.now);
        s.obey();
        CHECK(s.counters("d").retries == 0);
        CHECK(s.counters("d").runs == 0);
    }
}

TEST_CASE("a slot that another run has on record is not tried again and again") {
    shared_core s;
    const wall_time first = s.core.find("a")->slot;
    s.now = now_at(1h + 1min);
    core::decision d = s.decide("a");
    CHECK(d.request.expected == first);
    s.core.refused_for_others(d, {begin_state::conflict, first, 0}, s.now);
    s.obey();
    CHECK(s.core.find("a")->slot == first + 1h);
    CHECK(s.core.next_wakeup(s.now) > s.now.steady);
}

// Another had the slot before it, and the cursor is where it was.
TEST_CASE("slots from the cursor on are undecided where a decision that began before it is refused") {
    shared_core s;
    const wall_time cursor = s.now.wall + 50min;
    s.add("d", {}, every(30min), cursor, true);
    s.now = now_at(51min);
    core::decision d = s.decide("d");
    REQUIRE(d.request.skipped);
    CHECK(d.request.skipped->first == cursor - 30min);
    CHECK(d.request.expected == cursor);
    CHECK(d.request.started->scheduled_at == cursor);
    s.core.refused_for_others(d, {begin_state::conflict, cursor, 0}, s.now);
    s.obey();
    CHECK(s.counters("d").skipped_not_owner == 1);
    CHECK(s.counters("d").skipped_missed == 0);
    CHECK(s.counters("d").runs == 0);
    d = s.decide("d");
    CHECK(d.request.expected == cursor);
    CHECK_FALSE(d.request.skipped);
    REQUIRE(d.request.started);
    CHECK(d.request.started->scheduled_at == cursor);
    s.core.refused_for_others(d, {begin_state::conflict, cursor, 0}, s.now); // another's, on record
    s.obey();
    CHECK(s.core.find("d")->slot == cursor + 30min);
}

TEST_SUITE_END();

} // namespace rondo::test
