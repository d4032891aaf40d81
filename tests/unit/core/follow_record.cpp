// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

#include <core/followed_slots.hpp>
#include <core/history_reader.hpp>

namespace rondo::test {
namespace {

using core::body_end;

run ended(std::chrono::seconds slot, std::chrono::seconds at, std::optional<outcome> how,
          trigger why = trigger::schedule, std::uint32_t attempt = 1) {
    run r;
    r.id = {static_cast<std::uint64_t>(slot.count()), attempt};
    r.uid = shared_string("a");
    r.trigger = why;
    r.attempt = attempt;
    r.scheduled_at = r.started_at = wall_base + slot;
    if (how) r.finished_at = wall_base + at;
    r.outcome = how;
    return r;
}

task_state known(std::chrono::seconds cursor) {
    task_state s;
    s.anchor = wall_base;
    s.next_slot = wall_base + cursor;
    return s;
}

bool nobody_else(wall_time) {
    return false;
}

std::vector<std::chrono::seconds> seconds_of(const std::vector<core::ended_slot>& ended) {
    std::vector<std::chrono::seconds> found;
    for (const core::ended_slot& s : ended)
        found.push_back(std::chrono::duration_cast<std::chrono::seconds>(s.slot - wall_base));
    return found;
}

TEST_SUITE_BEGIN("core/follow_record");

TEST_CASE("slots that ended while it was not there are caught up on") {
    std::vector history{ended(20s, 21s, outcome::success), ended(10s, 12s, outcome::success),
                        ended(0s, 1s, outcome::success)};
    play([&](core_script& s) {
        s.clock(30s).restore_following("b", after("a"), known(5s), history).expect_next_run("b", 10s);
        s.at(30s).expect_skip("b", skip_reason::missed, 1).expect_start("b", 20s, trigger::catch_up);
        CHECK(s.stored("b").next_slot == moment(wall_base + 20s + 1us));
    });
    play([&](core_script& s) {
        task_extra recent;
        recent.policy.catch_up.window = 5s;
        s.clock(30s).restore_following("b", after("a"), known(5s), history, recent);
        s.at(30s).expect_skip("b", skip_reason::missed, 2).expect_no_next_run("b");
    });
}

TEST_CASE("what ended otherwise is looked at once") {
    play([&](core_script& s) {
        s.clock(30s).restore_following("b", after("a"), known(0s), {ended(20s, 21s, outcome::failed)});
        s.expect_no_next_run("b");
        CHECK(s.stored("b").next_slot == moment(wall_base + 20s + 1us));
    });
}

TEST_CASE("a slot in flight is not over, whatever is on record of it") {
    play([&](core_script& s) {
        task_extra again;
        again.policy.retry.attempts = 2;
        again.policy.retry.backoff = 60s;
        s.add("a", every(100s), again);
        s.at(0s).expect_start("a", 0s).at(1s).end("a", body_end::failed).expect_retry("a", 2);
        s.restore_following("b", after("a", outcome::failed), known(0s), {ended(0s, 1s, outcome::failed)});
        s.expect_no_next_run("b");
        CHECK(s.stored("b").next_slot == moment(wall_base));
        s.cancel("a").expect("no retry a").at(1s).expect_start("b", 0s);
    });
}

TEST_CASE("a cursor that is another schedule's is put right") {
    play([&](core_script& s) {
        task_state other = known(1000s);
        other.schedule_changed = true;
        s.clock(30s).restore_following("b", after("a"), other, {ended(20s, 21s, outcome::success)});
        s.expect_no_next_run("b");
        CHECK(s.stored("b").next_slot == moment(wall_base + 30s));
    });
}

TEST_CASE("one that is paused keeps what it finds") {
    play([&](core_script& s) {
        task_state paused = known(0s);
        paused.paused = true;
        s.clock(30s).restore_following("b", after("a"), paused, {ended(20s, 21s, outcome::success)});
        s.at(31s).resume("b").expect_skip("b", skip_reason::paused, 1);
    });
}

TEST_CASE("another manager's decisions are passed") {
    play([&](core_script& s) {
        s.add("b", after("a")).add("a", every(10s)).pause("b");
        s.at(0s).expect_start("a", 0s).end("a").at(10s).expect_start("a", 10s).end("a");
        s.resync("b", wall_base + 5s).resume("b", resume_from::the_past);
        s.at(10s).expect_start("b", 10s, trigger::catch_up);
    });
}

TEST_CASE("what waits behind slots that another manager decided goes on") {
    core_script s;
    s.add("b", after("a"), {.overlap = overlap::buffer_one}).add("a", every(10s));
    s.at(0s).expect_start("a", 0s).end("a").at(0s).expect_start("b", 0s);
    for (auto t : {10s, 20s}) s.at(t).expect_start("a", t).end("a").at(t);
    s.resync("b", wall_base + 15s).expect_skip("b", skip_reason::buffer_full, 1);
    s.at(30s).expect_start("a", 30s).end("a").at(30s).end("b").expect_start("b", 30s);
}

TEST_CASE("a cursor that makes no sense is put right by the next decision") {
    core_script s;
    s.add("b", after("a")).add("a", every(10s));
    s.at(0s).expect_start("a", 0s).resync("b", cursor_waits_for_end).end("a").at(0s).expect_start("b", 0s);
    CHECK(s.stored("b").next_slot == moment(wall_base + 1us));
}

TEST_CASE("a task that is gone is asked for nothing") {
    core_script s;
    s.add("b", after("a")).add("a", at(wall_base + 1h));
    s.trigger("a").expect_start("a", 0s, trigger::manual).end("a").remove("b").expect_gone("b");
    s.at(0s).expect_nothing().expect_wakeup(1s);
}

TEST_CASE("history is read slot by slot, by the latest attempt of each") {
    struct row {
        const char* what;
        std::vector<run> history;
        std::vector<std::chrono::seconds> found;
        std::chrono::seconds latest;
    };
    const auto none = std::chrono::seconds(-1);
    const std::vector<row> table{
        {"nothing", {}, {}, none},
        {"a success", {ended(1s, 2s, outcome::success)}, {1s}, 1s},
        {"a failure", {ended(1s, 2s, outcome::failed)}, {}, 1s},
        {"a second attempt, the latest first",
         {ended(1s, 4s, outcome::success, trigger::retry, 2), ended(1s, 2s, outcome::failed)},
         {1s},
         1s},
        {"a second attempt, the earliest first",
         {ended(1s, 2s, outcome::failed), ended(1s, 4s, outcome::success, trigger::retry, 2)},
         {1s},
         1s},
        {"an attempt in flight",
         {ended(1s, 2s, outcome::failed), ended(1s, 4s, std::nullopt, trigger::retry, 2)},
         {},
         none},
        {"a run by hand, tried again",
         {ended(1s, 2s, outcome::failed, trigger::manual),
          ended(1s, 3s, outcome::success, trigger::retry, 2)},
         {},
         none},
        {"one filled in", {ended(1s, 2s, outcome::success, trigger::backfill)}, {}, none},
        {"caught up on", {ended(1s, 2s, outcome::success, trigger::catch_up)}, {1s}, 1s},
        {"a run that comes twice, ended and not",
         {ended(1s, 2s, outcome::success), ended(1s, 2s, std::nullopt)},
         {1s},
         1s},
        {"two, the latest first",
         {ended(5s, 6s, outcome::success), ended(1s, 2s, outcome::success)},
         {1s, 5s},
         5s},
    };
    for (const row& r : table) {
        CAPTURE(r.what);
        core::history_reader reader(outcome::success);
        for (const run& one : r.history) reader.read(std::vector{one}, nobody_else); // a page each
        CHECK(seconds_of(reader.ended()) == r.found);
        CHECK(reader.latest() == (r.latest == none ? moment() : moment(wall_base + r.latest)));
    }
}

TEST_CASE("of a long history the latest slots are kept, and the others counted") {
    core::history_reader reader(outcome::success, wall_base + 2s, 2);
    auto read = [&](const run& one) {
        reader.read(std::vector{one}, [](wall_time slot) { return slot == wall_base + 7s; });
    };
    reader.note(ended(12s, 13s, outcome::success));
    read(ended(11s, 12s, std::nullopt));
    for (auto slot = 10s; slot > 0s; slot -= 1s)
        read(ended(slot, slot + 1s, slot % 4 == 0s ? outcome::failed : outcome::success));
    auto kept = seconds_of(reader.ended());
    const core::surplus_slots& rest = reader.surplus();
    CHECK(kept.size() >= 2);
    CHECK(kept.size() <= 4);
    CHECK(kept.back() == 12s);
    CHECK(kept.front() > 6s);
    CHECK(reader.latest() == moment(wall_base + 12s));
    // Of 12, 10, 9, 6, 5, 3 and 2: one is told otherwise, 11 is not over, 1 is too early, 8 and 4 failed.
    CHECK(rest.first == wall_base + 2s);
    CHECK(kept.size() + rest.count == 7);
    CHECK(rest.late);
}

TEST_CASE("a long history is caught up on, and what is too much skipped") {
    core_script s;
    std::vector<run> history;
    for (auto slot = 3000s; slot > 0s; slot -= 1s)
        history.push_back(ended(slot, slot + 1s, outcome::success));
    task_extra all;
    all.overlap = overlap::buffer_all;
    all.policy.catch_up.coalesce = coalesce::all;
    all.policy.buffer_max = 3;
    s.clock(3005s).restore_following("b", after("a"), known(0s), history, all);
    s.expect_skip("b", skip_reason::missed, 2000).expect_skip("b", skip_reason::missed, 997);
    s.at(3005s).expect_start("b", 2998s, trigger::catch_up);
}

TEST_CASE("what is late is caught up on by the policy") {
    using core::followed_slot;
    std::vector<followed_slot> due{
        {wall_base, 10, false}, {wall_base + 1s, 20, true}, {wall_base + 2s, 30, false}};
    CHECK(core::count_late(due, 30, 0) == 2);
    CHECK(core::count_late(due, 35, 5) == 2);
    CHECK(core::count_late(due, 36, 5) == 3);
    CHECK(core::count_late({}, 36, 5) == 0);
    catch_up p;
    for (bool others : {false, true}) {
        p.coalesce = coalesce::none;
        CHECK(core::count_wanted(p, due, others, 1'000) == 0);
        p.coalesce = coalesce::latest;
        CHECK(core::count_wanted(p, due, others, 1'000) == (others ? 0 : 1));
        p.coalesce = coalesce::all;
        CHECK(core::count_wanted(p, due, others, 1'000) == 3);
        p.window = 1us;
        CHECK(core::count_wanted(p, due, others, 1'020) == 2);
        CHECK(core::count_wanted(p, due, others, 1'031) == 0);
        p.coalesce = coalesce::latest;
        CHECK(core::count_wanted(p, due, others, 1'031) == 0);
        p = {};
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
