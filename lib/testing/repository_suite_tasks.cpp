// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

namespace rondo::testing::detail {
namespace {

task_update pause(std::string_view uid, bool paused) {
    task_update u;
    u.uid = shared_string(uid);
    u.paused = paused;
    return u;
}

void new_task(probe& p) {
    task_definition t = task("new");
    t.anchor = at(-5);
    t.first_slot = at(7);
    task_state expected;
    expected.created = true;
    expected.anchor = at(-5);
    expected.next_slot = at(7);
    p.same("its state", show(expected), show(p.put(t)));
}

void known_task(probe& p) {
    p.put(task("known"));
    p.begin(slot_run("known", 1, 0));
    p.update({pause("known", true)});
    task_definition again = task("known");
    again.anchor = at(500);
    again.first_slot = at(600);
    task_state expected;
    expected.anchor = at(0);
    expected.next_slot = at(10);
    expected.paused = true;
    expected.last_run = at(1);
    p.same("its state", show(expected), show(p.put(again)));
}

void changed_schedule(probe& p) {
    p.put(task("changed"));
    task_definition other = task("changed");
    other.schedule = "every 1h";
    other.anchor = at(100);
    other.first_slot = at(100);
    task_state expected;
    expected.schedule_changed = true;
    expected.anchor = at(0);
    expected.next_slot = at(0);
    p.same("its state, the first time", show(expected), show(p.put(other)));
    p.same("its state, the second time", show(expected), show(p.put(other)));
    task_definition third = other;
    third.schedule = "every 2h";
    p.is_true("the cursor is not of a third either", p.put(third).schedule_changed);
    p.is_true("it is of the first", !p.put(task("changed")).schedule_changed);
    p.is_true("which it still is", !p.put(task("changed")).schedule_changed);
    p.is_true("and is of no other", p.put(other).schedule_changed);
}

// By whom does not matter: it is where the schedule of now says.
void changed_schedule_and_cursor(probe& p) {
    task_definition other = task("moved");
    other.schedule = "every 1h";
    for (const bool by_a_run : {true, false}) {
        const std::int64_t first = by_a_run ? 0 : 20;
        p.put(task("moved"));
        p.put(other);
        p.begin(by_a_run ? slot_run("moved", 1, first)
                         : skip_only("moved", first, first + 10, skip(skip_reason::missed, first, first, 1)));
        p.is_true("the cursor is of the new schedule", !p.put(other).schedule_changed);
        p.is_true("and of no other", p.put(task("moved")).schedule_changed);
        p.begin(slot_run("moved", by_a_run ? 2 : 3, first + 10));
        p.is_true("until it is moved again", !p.put(task("moved")).schedule_changed);
    }
}

// The cursor may come to be what it was. A run beside the schedule moves nothing.
void changed_schedule_and_slot(probe& p) {
    p.put(task("back"));
    task_definition other = task("back");
    other.schedule = "every 5s";
    p.put(other);
    p.begin(manual_run("back", 2, -7));
    p.is_true("a run by hand decides no slot", p.put(other).schedule_changed);
    begin_request r = slot_run("back", 1, -5);
    r.expected = at(0);
    r.next = at(0);
    p.begin(r);
    p.is_true("its slot has begun since", !p.put(other).schedule_changed);
}

void changed_name(probe& p) {
    p.put(task("renamed"));
    task_definition other = task("renamed");
    other.name = shared_string("another name");
    other.hidden = true;
    task_state expected;
    expected.anchor = at(0);
    expected.next_slot = at(0);
    p.same("its state", show(expected), show(p.put(other)));
}

void order_of_states(probe& p) {
    std::vector<task_definition> tasks;
    for (std::int64_t i : {3, 1, 2}) {
        tasks.push_back(task("task-" + std::to_string(i)));
        tasks.back().first_slot = at(i);
    }
    p.put(tasks[1]);
    std::string seen;
    for (const task_state& s : p.register_tasks(tasks))
        seen += show(s.next_slot) + (s.created ? " new " : " known ");
    p.same("cursors", "0+3000000us new 0+1000000us known 0+2000000us new ", seen);
}

void twice_in_a_batch(probe& p) {
    std::vector<task_definition> tasks{task("twice"), task("twice")};
    tasks[1].first_slot = at(50);
    const auto states = p.register_tasks(tasks);
    p.is_true("the first is created", states[0].created);
    p.is_true("the second is known", !states[1].created);
    p.same("the second's cursor", show(at(0)), show(states[1].next_slot));
}

void empty_batches(probe& p) {
    p.register_tasks({});
    p.begin(std::vector<begin_request>());
    p.finish(std::vector<finish_request>());
    p.update({});
    p.add_users({});
    p.remove_users({});
    p.same("history", "", numbers(p.history().runs));
    p.same("pruned", "0", show(p.prune({}).runs));
}

void born_finished(probe& p) {
    task_definition t = task("finished");
    t.first_slot = moment();
    p.same("cursor", "never", show(p.put(t).next_slot));
    p.same("cursor, registered again", "never", show(p.put(task("finished")).next_slot));
}

void paused_and_resumed(probe& p) {
    p.put(task("paused"));
    p.put(task("other"));
    p.update({pause("paused", true)});
    p.is_true("paused", p.put(task("paused")).paused);
    p.is_true("the other is not paused", !p.put(task("other")).paused);
    p.update({pause("paused", true)});
    p.is_true("paused twice is paused", p.put(task("paused")).paused);
    p.update({pause("paused", false), pause("other", true)});
    p.is_true("resumed", !p.put(task("paused")).paused);
    p.is_true("the second of the batch is paused", p.put(task("other")).paused);
}

void pause_with_reason(probe& p) {
    p.put(task("t"));
    task_update u = pause("t", true);
    u.pause_reason = "the disk's \"full\"";
    u.paused_until = at(500);
    p.update({u});
    task_state s = p.put(task("t"));
    p.same("the reason", u.pause_reason, s.pause_reason);
    p.same("the end", show(at(500)), show(s.paused_until));
    p.update({pause("t", true)});
    s = p.put(task("t"));
    p.same("the reason of a pause without", "", s.pause_reason);
    p.same("its end", "never", show(s.paused_until));
    p.update({u});
    p.update({pause("t", false)});
    s = p.put(task("t"));
    p.is_true("resumed", !s.paused);
    p.same("the reason of no pause", "", s.pause_reason);
    p.same("its end", "never", show(s.paused_until));
}

void update_unknown(probe& p) {
    p.put(task("here"));
    p.update({pause("nowhere", true), pause("here", true)});
    p.is_true("the known one is paused", p.put(task("here")).paused);
    p.is_true("the unknown one was not created", p.put(task("nowhere")).created);
}

void activity_is_no_pause(probe& p) {
    p.put(task("active"));
    task_update off = pause("active", true);
    off.active = false;
    p.update({off});
    task_update on;
    on.uid = shared_string("active");
    on.active = true;
    p.update({on});
    const task_state s = p.put(task("active"));
    p.is_true("still paused", s.paused);
    p.is_true("still known", !s.created);
}

void last_run_and_outcome(probe& p) {
    p.put(task("ran"));
    const begin_request first = slot_run("ran", 1, 0);
    finish_request end = end_of(first, p.begin(first).token);
    end.run.outcome = outcome::timed_out;
    p.finish(end);
    p.begin(slot_run("ran", 2, 10)); // in flight
    const task_state s = p.put(task("ran"));
    p.same("last run", show(at(11)), show(s.last_run));
    p.same("last outcome", "timed_out", show(s.last_outcome));
}

void end(probe& p, const begin_request& begun, outcome how) {
    finish_request r = end_of(begun, p.begin(begun).token);
    r.run.outcome = how;
    p.finish(r);
}

begin_request retry_of(std::string_view uid, std::uint64_t run, std::int64_t now, std::int64_t slot) {
    begin_request r = manual_run(uid, run, now);
    r.started->trigger = trigger::retry;
    r.started->scheduled_at = at(slot);
    r.started->attempt = 2;
    return r;
}

void failures_in_a_row(probe& p) {
    p.put(task("t"));
    end(p, slot_run("t", 1, 0), outcome::failed);
    end(p, slot_run("t", 2, 10), outcome::success);
    p.same("after a success", "0", std::to_string(p.put(task("t")).failures));
    end(p, slot_run("t", 3, 20), outcome::timed_out);
    end(p, slot_run("t", 4, 30), outcome::cancelled);
    end(p, slot_run("t", 5, 40), outcome::failed);
    end(p, retry_of("t", 6, 45, 40), outcome::failed);
    end(p, manual_run("t", 7, 46), outcome::failed);
    p.begin(slot_run("t", 8, 50)); // in flight
    p.same("slots and manual runs, not retries", "3", std::to_string(p.put(task("t")).failures));
    end(p, slot_run("t", 9, 60), outcome::timed_out);
    end(p, retry_of("t", 10, 61, 60), outcome::cancelled);
    end(p, slot_run("t", 11, 70), outcome::failed);
    p.begin(retry_of("t", 12, 71, 70)); // in flight
    p.same("the last attempts", "3", std::to_string(p.put(task("t")).failures));
}

void failures_by_their_ends(probe& p) {
    p.put(task("t"));
    const begin_request early = slot_run("t", 1, 0);
    const begin_request late = slot_run("t", 2, 10);
    const auto early_token = p.begin(early).token;
    const auto late_token = p.begin(late).token;
    finish_request success = end_of(late, late_token);
    success.run.outcome = outcome::success;
    success.run.finished_at = at(20);
    p.finish(success);
    finish_request failure = end_of(early, early_token);
    failure.run.outcome = outcome::failed;
    failure.run.finished_at = at(30);
    p.finish(failure);
    p.same("one that began before the success, and ended after it", "1",
           std::to_string(p.put(task("t")).failures));
    end(p, slot_run("t", 3, 40), outcome::failed);
    end(p, retry_of("t", 4, 41, 40), outcome::success);
    p.same("after a success of a later attempt", "0", std::to_string(p.put(task("t")).failures));
}

} // namespace

std::span<const suite_case> task_cases() {
    static constexpr suite_case cases[] = {
        {"a new task is created with its anchor and first slot", new_task},
        {"a known task keeps anchor, cursor and pause", known_task},
        {"a changed schedule is told as long as the cursor is of another, and moves nothing",
         changed_schedule},
        {"a cursor that was moved is of the schedule that the task had then", changed_schedule_and_cursor},
        {"so is one of which a slot has begun, though it is where it was", changed_schedule_and_slot},
        {"a new name is no new schedule", changed_name},
        {"states come in the order of the definitions", order_of_states},
        {"a uid twice in one batch is one task", twice_in_a_batch},
        {"empty batches are no errors", empty_batches},
        {"a task without a first slot is finished", born_finished},
        {"a pause lasts until it is lifted", paused_and_resumed},
        {"a pause has a reason and an end, if they are given", pause_with_reason},
        {"an update of an unknown task is skipped over", update_unknown},
        {"a task that is switched off and on stays paused", activity_is_no_pause},
        {"registering tells the last run and the last outcome", last_run_and_outcome},
        {"registering tells how many runs failed in a row", failures_in_a_row},
        {"a row of failures is in the order of their ends", failures_by_their_ends},
    };
    return cases;
}

} // namespace rondo::testing::detail
