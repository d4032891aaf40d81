// SPDX-License-Identifier: BSL-1.0
#include <core/overlap_decision.hpp>
#include <core/scheduler.hpp>

namespace rondo::core {

// A fixed delay counts from this end, which tells the next slot: an end may overtake decisions, so it does only
// where it is on record and that of its own slot left the cursor to it. Else a decision does, in its turn.
void scheduler::go_on_after(run_record& run, std::size_t told, instant now) {
    task_record& task = *run.task;
    if (task.cursor != cursor_waits_for_end || task.slot != no_slot) return;
    wall_time next = now.wall + *task.when.interval();
    bool by_end = run.end_moves && actions_[told].recorded;
    wait_for_no_end_on_record(task);
    if (by_end) {
        actions_[told].next_slot = next;
        task.cursor = next;
    } else if (decision* open = open_skip(task, task.schedule_no())) {
        open->request.next = next;
        task.cursor = next;
    } else {
        append_decision(task, next);
    }
    if (task.state == task_state_kind::live) set_slot(task, next, now);
}

// The cursor on record goes elsewhere, and no end may move it.
void scheduler::wait_for_no_end_on_record(task_record& task) noexcept {
    for (run_record* run = task.runs(); run != nullptr; run = run->next) run->end_moves = false;
}

// A fixed delay that waits for an end which will not come: its slot was skipped because of a run that
// is over, or the end got lost on its way to the store.
void scheduler::wait_for_no_end(task_record& task, instant now) {
    if (!task.fixed_delay() || task.slot != no_slot || task.cursor != cursor_waits_for_end || shutting_down())
        return;
    if (task.slots_waiting() > 0) return; // it is after that one
    if (task.in_flight() != task.overrunning()) return;
    for (const run_record* run = task.runs(); run != nullptr; run = run->next)
        if (run->state == run_state_kind::overdue && !run->last) return; // another attempt may follow
    if (!may_start(task.overlap, task.in_flight(), policy_of(task).in_flight_max)) return;
    set_slot(task, now.wall + *task.when.interval(), now);
}

} // namespace rondo::core
