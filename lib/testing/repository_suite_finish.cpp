// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

#include <chrono>

namespace rondo::testing::detail {
namespace {

void end_on_record(probe& p) {
    p.put(task("t"));
    begin_request r = manual_run("t", 1, 4);
    r.started->users = {user("b"), user("a")};
    finish_request end = end_of(r, p.begin(r).token);
    end.run.outcome = outcome::failed;
    end.run.message = "2 of 2 failed";
    end.run.results.push_back(task_result::failure(user("b"), "no route"));
    end.run.results.emplace_back(user("a"), "12 songs");
    p.same("state", "recorded", show(p.finish(end)));
    p.same("the run", show(end.run), show(p.find(id(1))));
}

void any_trigger_and_outcome(probe& p) {
    p.put(task("t"));
    std::uint64_t n = 0;
    for (trigger t : {trigger::schedule, trigger::manual, trigger::catch_up}) {
        for (outcome o : {outcome::success, outcome::failed, outcome::timed_out, outcome::cancelled,
                          outcome::interrupted, outcome::abandoned}) {
            ++n;
            begin_request r = slot_run("t", n, static_cast<std::int64_t>(n) * 10);
            r.force = true;
            r.started->trigger = t;
            finish_request end = end_of(r, p.begin(r).token);
            end.run.outcome = o;
            p.finish(end);
            p.same("the run", show(end.run), show(p.find(id(n))));
        }
    }
}

void unacknowledged_begin(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    p.begin(r);
    p.same("with token 0", "recorded", show(p.finish(end_of(r, 0))));
}

void wrong_token(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    const auto answer = p.begin(r);
    p.same("state", "fenced", show(p.finish(end_of(r, answer.token + 1))));
    const auto kept = p.find(id(1));
    p.is_true("still in flight", kept && !kept->outcome && !kept->finished_at);
    p.same("with its own", "recorded", show(p.finish(end_of(r, answer.token))));
}

void begin_never_stored(probe& p) {
    p.put(task("t"));
    begin_request r = manual_run("t", 1, 5);
    r.started->users = {user("a")};
    finish_request end = end_of(r, 0);
    end.run.message = "late";
    end.run.results.emplace_back(user("a"), "fine");
    p.same("state", "recorded", show(p.finish(end)));
    p.same("the run", show(end.run), show(p.find(id(1))));
    p.same("state of the repeat", "already", show(p.finish(end)));
    p.same("history", "1", numbers(p.history().runs));
    const auto late = p.begin(r);
    p.same("its begin, late", "recorded", show(late.state));
    p.same("the run", show(end.run), show(p.find(id(1))));
    p.is_true("the next token is greater", p.begin(slot_run("t", 2, 0)).token > late.token);
}

void begin_never_stored_of_slot(probe& p) {
    p.put(task("t"));
    p.same("a slot's run", "recorded", show(p.finish(end_of(slot_run("t", 1, 0), 0))));
    begin_request r = slot_run("t", 2, 0);
    p.same("its slot is taken", "conflict", show(p.begin(r).state));
    p.same("another run of that slot", "fenced", show(p.finish(end_of(r, 0))));
    p.same("history", "1", numbers(p.history().runs));
}

/// A fixed-delay task with a run in flight.
begin_request waiting_run(std::string_view uid, std::uint64_t run, std::int64_t slot) {
    begin_request r = slot_run(uid, run, slot);
    r.next = cursor_waits_for_end;
    return r;
}

void end_moves_waiting_cursor(probe& p) {
    p.put(task("t"));
    const begin_request r = waiting_run("t", 1, 0);
    finish_request end = end_of(r, p.begin(r).token);
    end.next_slot = at(33);
    task_definition other = task("t");
    other.schedule = "every 1h";
    p.is_true("the cursor is of the schedule before", p.put(other).schedule_changed);
    p.finish(end);
    p.is_true("and now of this one", !p.put(other).schedule_changed);
    p.same("cursor", show(at(33)), show(p.cursor("t")));
}

void end_leaves_other_cursor(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    finish_request end = end_of(r, p.begin(r).token);
    end.next_slot = at(33);
    p.finish(end);
    p.same("cursor", show(at(10)), show(p.cursor("t")));
}

void end_without_next_slot(probe& p) {
    p.put(task("t"));
    const begin_request slow = waiting_run("t", 1, 0);
    p.begin(slow);
    const begin_request manual = manual_run("t", 2, 5);
    p.finish(end_of(manual, p.begin(manual).token));
    p.same("cursor", show(cursor_waits_for_end), show(p.cursor("t")));
}

void unstored_end_moves_waiting_cursor(probe& p) {
    p.put(task("t"));
    task_definition waiting = task("w");
    waiting.first_slot = cursor_waits_for_end;
    p.put(waiting);
    finish_request end = end_of(waiting_run("w", 1, 0), 0);
    end.next_slot = at(44);
    p.same("state", "recorded", show(p.finish(end)));
    p.same("cursor", show(at(44)), show(p.cursor("w")));
    p.same("the other's cursor", show(at(0)), show(p.cursor("t")));
    task_definition finished = task("f");
    finished.first_slot.reset();
    p.put(finished);
    finished.schedule = "every 1h";
    p.put(finished);
    finish_request late = end_of(waiting_run("f", 2, 0), 0);
    late.next_slot = at(55);
    p.same("state", "recorded", show(p.finish(late)));
    const task_state s = p.put(finished);
    p.same("a finished one's cursor", "never", show(s.next_slot));
    p.is_true("which is of the schedule that it was", s.schedule_changed);
}

void begin_is_another_s(probe& p) {
    p.put(task("t"));
    p.same("of a slot", "fenced", show(p.finish(end_of(slot_run("t", 1, 0), 0))));
    p.same("by hand", "recorded", show(p.finish(end_of(manual_run("t", 2, 5), 0))));
    p.same("history", "2", numbers(p.history().runs));
    const begin_request r = slot_run("t", 3, 0);
    p.same("its slot", "recorded", show(p.begin(r).state));
}

void not_begun_again(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    const auto answer = p.begin(r);
    p.same("the repeat", show(answer), show(p.begin(r)));
    p.same("its end", "recorded", show(p.finish(end_of(r, answer.token))));
    p.same("the repeat after that", "conflict", show(p.begin(r).state));
    p.same("its end again", "already", show(p.finish(end_of(r, answer.token))));
}

} // namespace

std::span<const suite_case> finish_cases() {
    static constexpr suite_case cases[] = {
        {"an end is on record with all it has", end_on_record},
        {"each trigger and each outcome is kept as it is", any_trigger_and_outcome},
        {"a run ends whose begin was not acknowledged", unacknowledged_begin},
        {"a wrong token is fenced off", wrong_token},
        {"a run whose begin was never stored is stored at its end", begin_never_stored, kept_by::alone},
        {"a run stored at its end takes its slot", begin_never_stored_of_slot, kept_by::alone},
        {"an end moves a cursor that waits for it", end_moves_waiting_cursor},
        {"an end leaves any other cursor where it is", end_leaves_other_cursor},
        {"an end without a next slot leaves a waiting cursor", end_without_next_slot},
        {"a run stored at its end moves a waiting cursor", unstored_end_moves_waiting_cursor, kept_by::alone},
        {"the end of a slot whose begin is not on record is fenced off", begin_is_another_s, kept_by::shared},
        {"what has ended is not begun again", not_begun_again, kept_by::shared},
    };
    return cases;
}

} // namespace rondo::testing::detail
