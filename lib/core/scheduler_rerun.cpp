// SPDX-License-Identifier: BSL-1.0
#include <core/keys.hpp>
#include <core/overlap_decision.hpp>
#include <core/scheduler.hpp>

#include <algorithm>
#include <chrono>

namespace rondo::core {

bool scheduler::wants_reruns(const task_record& task, const task_state* state) noexcept {
    const bool has_some = state == nullptr || (!state->created && !state->paused);
    return has_some && policy_of(task).abandoned == on_abandoned::rerun;
}

bool scheduler::rerun(task_record& task, const run& abandoned, instant now) {
    recycle();
    attend(task);
    const task_policy& policy = policy_of(task);
    if (task.state != task_state_kind::live || shutting_down() || task.paused || paused_all_) return false;
    if (abandoned.attempt == 0 || abandoned.attempt >= attempts_if_lost(policy)) return false;
    bool late =
        abandoned.scheduled_at < now.wall && now.wall - abandoned.scheduled_at > policy.catch_up.window;
    if (late || !may_start(task.overlap, task.in_flight(), policy_of(task).in_flight_max)) return false;

    for (const run_record* other = task.runs(); other != nullptr;
         other = other->next) // of ours, which goes on
        if (other->for_slot && other->scheduled_at == abandoned.scheduled_at) return false;

    make_room(task); // first, as what is made now counts
    std::vector<user> users = abandoned.users;
    run_record& next = make_run(task, rondo::trigger::retry, abandoned.scheduled_at, now);
    next.mode = record::write_ahead; // or each process would run it again
    next.state = run_state_kind::backing_off;
    next.attempt = abandoned.attempt + 1;
    next.outcome = outcome::abandoned;
    next.for_slot = true;
    next.users = std::move(users);
    if (policy.slot_timeout.count() > 0)
        next.give_up_at = key_of(now.steady) + std::chrono::nanoseconds(policy.slot_timeout).count();
    next.deadline = key_of(now.steady);
    deadlines_.push(next, next.deadline);
    ++task.past->in_flight;
    ++task.made_past().retrying;
    ++retrying_;
    if (task.fixed_delay() && task.cursor == cursor_waits_for_end) { // for this end, now
        unschedule(task);
        task.slot = no_slot;
        next.end_moves = true;
    }
    take_followers_back(task, now);
    return true;
}

// A slot is another manager's, and so is one that was lost and is run again, and what all were asked for. A retry of ours
// waits for the run that goes on elsewhere; what was asked for by hand, here alone, is not done. Where the task has
// another schedule now, nobody has decided anything: it is undecided again. So is one that was asked for too soon.
void scheduler::refused_for_others(decision& d, const begin_answer& a, instant now) {
    run_record* const run = d.run;
    if (a.state == begin_state::not_yet && run != nullptr && d.request.in_advance)
        return refused_in_advance(d, now);
    if (a.state == begin_state::superseded) d.request.expected.reset();
    const bool again =
        run != nullptr && run->outcome == outcome::abandoned; // of one that we lost, or another
    if (d.request.moves_cursor || again || (run != nullptr && run->asked_for))
        return refused(d, a.next_slot, now);
    if (run == nullptr) return;
    const bool retry = run->trigger == trigger::retry && run->cancelled == cancel_reason::none;
    if (a.state == begin_state::busy && retry && !shutting_down()) return postpone(*run, now);
    recycle(); // once: what the first brings about must last until it is obeyed
    attend(*run->task);
    cancel_attended(*run, cancel_reason::overlap, now, "another manager runs this task");
    end_unbegun(*run, now);
}

// Nobody has decided its slot, which is decided when it is due, and no sooner.
void scheduler::refused_in_advance(decision& d, instant now) {
    task_record& task = *d.run->task;
    const wall_time slot = d.run->scheduled_at; // where the cursor is
    d.request.expected.reset();
    refused(d, slot, now);
    const bool comes = task.state == task_state_kind::live && task.slot == slot && !task.paused;
    if (comes && task.heap_index != not_in_heap && lead_of(task) != 0)
        queue_of(task).put(task, task.due, false, 0);
}

} // namespace rondo::core
