// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

#include <chrono>

namespace rondo::testing::detail {
namespace {

void slot_is_taken(probe& p) {
    p.put(task("t"));
    p.begin(slot_run("t", 1, 0));
    begin_request r = slot_run("t", 2, 0);
    r.force = true;
    r.skipped = skip(skip_reason::missed, -20, -10, 2);
    begin_answer expected;
    expected.state = begin_state::conflict;
    expected.next_slot = at(10);
    p.same("answer", show(expected), show(p.begin(r)));
    p.same("history", "1", numbers(p.history().runs));
    p.same("skips", "[]", show(p.skips("t")));
    p.same("the next token", "2", show(p.begin(slot_run("t", 3, 10)).token));
}

void taken_slot_leaves_nothing(probe& p) { // nothing comes before the run
    p.put(task("t"));
    p.begin(slot_run("t", 1, 0));
    begin_request r = slot_run("t", 2, 0);
    r.force = true;
    r.next = at(50);
    r.started->users = {user("ann")};
    begin_answer expected;
    expected.state = begin_state::conflict;
    expected.next_slot = at(10);
    p.same("answer", show(expected), show(p.begin(r)));
    p.is_true("there is no such run", !p.find(id(2)));
    r = slot_run("t", 2, 10);
    p.same("the next token", "2", show(p.begin(r).token));
    const auto kept = p.find(id(2));
    p.is_true("nobody asked for it", kept && kept->users.empty());
}

void id_of_another_task(probe& p) {
    p.put(task("t"));
    p.put(task("u"));
    p.begin(slot_run("t", 1, 0));
    begin_request r = slot_run("u", 1, 0);
    p.same("state", "conflict", show(p.begin(r).state));
    p.same("history", "1", numbers(p.history().runs));
    r.started->id = id(2);
    p.same("with one of its own", "recorded", show(p.begin(r).state));
}

void slot_is_taken_by_catch_up(probe& p) {
    p.put(task("t"));
    p.begin({slot_run("t", 1, 0), slot_run("t", 2, 10), slot_run("t", 3, 20)});
    begin_request r = slot_run("t", 4, 10);
    r.force = true;
    r.started->trigger = trigger::catch_up;
    p.same("a catch-up of a slot that ran", "conflict", show(p.begin(r).state));
    r.started->scheduled_at = at(15);
    p.same("a catch-up of another", "recorded", show(p.begin(r).state));
}

void manual_beside_slot(probe& p) {
    p.put(task("t"));
    p.begin(slot_run("t", 1, 0));
    p.same("manual at a slot", "recorded", show(p.begin(manual_run("t", 2, 0)).state));
    p.same("manual at the same instant", "recorded", show(p.begin(manual_run("t", 3, 0)).state));
    p.begin(manual_run("t", 4, 10));
    p.same("a slot at a manual run's instant", "recorded", show(p.begin(slot_run("t", 5, 10)).state));
}

void retries_beside_slot(probe& p) {
    p.put(task("t"));
    p.begin(slot_run("t", 1, 0));
    begin_request retry = manual_run("t", 2, 0);
    retry.started->trigger = trigger::retry;
    retry.started->attempt = 2;
    p.same("a retry of the slot", "recorded", show(p.begin(retry).state));
    p.same("its attempt", "2", std::to_string(p.find(id(2)).value().attempt));
    begin_request again = manual_run("t", 3, 0);
    again.started->trigger = trigger::backfill;
    p.same("a backfill of the slot", "recorded", show(p.begin(again).state));
    p.same("its trigger", "backfill", to_string(p.find(id(3)).value().trigger));
    p.same("the cursor", show(at(10)), show(p.cursor("t")));
    finish_request lost = end_of(retry, 0); // of a begin that never came
    lost.run.id = id(4);
    lost.run.attempt = 3;
    p.same("an end alone", "recorded", show(p.finish(lost)));
    p.same("its attempt", "3", std::to_string(p.find(id(4)).value().attempt));
}

void slots_of_other_tasks(probe& p) {
    p.put(task("t"));
    p.put(task("u"));
    p.begin(slot_run("t", 1, 0));
    p.same("the same instant of another task", "recorded", show(p.begin(slot_run("u", 2, 0)).state));
}

void repeated_begin(probe& p) {
    p.put(task("t"));
    begin_request r = slot_run("t", 1, 20);
    r.expected = at(0);
    r.skipped = skip(skip_reason::missed, 0, 10, 2);
    const auto first = p.begin(r);
    p.same("state", "recorded", show(first.state));
    p.same("answer to the repeat", show(first), show(p.begin(r)));
    p.same("history", "1", numbers(p.history().runs));
    p.same("skips", "[2 missed from 0+0us to 0+10000000us]", show(p.skips("t")));
    r.force = true;
    p.same("answer to the forced repeat", show(first), show(p.begin(r)));
    p.same("skips", "[2 missed from 0+0us to 0+10000000us]", show(p.skips("t")));
}

void repeated_when_others_followed(probe& p) {
    p.put(task("t"));
    const begin_request first = slot_run("t", 1, 0);
    p.begin(first);
    p.begin(slot_run("t", 2, 10));
    begin_answer expected;
    expected.next_slot = at(20);
    expected.token = 1;
    p.same("answer to the repeat", show(expected), show(p.begin(first)));
    p.same("cursor", show(at(20)), show(p.cursor("t")));
}

void repeated_after_end(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    const auto answer = p.begin(r);
    p.finish(end_of(r, answer.token));
    p.same("answer to the repeat", show(answer), show(p.begin(r)));
    const auto kept = p.find(id(1));
    p.same("outcome", "success", show(kept ? kept->outcome : std::nullopt));
}

void twice_in_a_batch(probe& p) {
    p.put(task("t"));
    const auto answers = p.begin({slot_run("t", 1, 0), slot_run("t", 1, 0)});
    p.same("the second answer", show(answers[0]), show(answers[1]));
    p.same("history", "1", numbers(p.history().runs));
}

void repeated_manual(probe& p) {
    p.put(task("t"));
    begin_request r = manual_run("t", 1, 3);
    r.started->users = {user("zoe"), user("adam")};
    const auto answer = p.begin(r);
    p.same("answer to the repeat", show(answer), show(p.begin(r)));
    const auto kept = p.find(id(1));
    p.same("who asked, in order", "['zoe', 'adam']", kept ? show(kept->users) : "no run");
}

void all_on_record(probe& p) {
    p.put(task("t"));
    begin_request r = slot_run("t", 1, 0);
    r.started->trigger = trigger::catch_up;
    r.started->started_at = at(1) + std::chrono::microseconds(234567);
    p.begin(r);
    run expected;
    expected.id = id(1);
    expected.uid = shared_string("t");
    expected.trigger = trigger::catch_up;
    expected.scheduled_at = at(0);
    expected.started_at = r.started->started_at;
    p.same("the run", show(expected), show(p.find(id(1))));
}

void amid_other_calls(probe& p) {
    p.put(task("t"));
    const auto answers = p.begin_amid_others({slot_run("t", 1, 0), slot_run("t", 2, 10)}, 50);
    p.same("answers", "2", show(answers.size()));
    p.same("history", "2 1", numbers(p.history().runs));
    p.same("users", "50", show(p.users().size()));
}

} // namespace

std::span<const suite_case> slot_cases() {
    static constexpr suite_case cases[] = {
        {"a slot has one run, whatever moves the cursor", slot_is_taken},
        {"a slot that ran is not caught up", slot_is_taken_by_catch_up},
        {"of a run whose slot is taken nothing is kept", taken_slot_leaves_nothing},
        {"a run of another task is no run of this one", id_of_another_task},
        {"manual runs take no slot", manual_beside_slot},
        {"retries and backfills take no slot", retries_beside_slot, kept_by::alone},
        {"tasks do not share slots", slots_of_other_tasks},
        {"a repeated begin is recorded, and doubles nothing", repeated_begin},
        {"a begin is repeated when others followed", repeated_when_others_followed},
        {"a begin is repeated when the run has ended", repeated_after_end, kept_by::alone},
        {"a run twice in one batch is one run", twice_in_a_batch},
        {"a repeated manual run keeps those who asked, in order", repeated_manual},
        {"a run in flight is on record with all it has", all_on_record},
        {"calls under way together do not disturb each other", amid_other_calls},
    };
    return cases;
}

} // namespace rondo::testing::detail
