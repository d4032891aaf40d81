// SPDX-License-Identifier: BSL-1.0
#include <core/make_room.hpp>
#include <core/overlap_decision.hpp>
#include <core/scheduler.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace rondo::core {

// What of a task waits. Slots in its queue stay undecided, and so do those behind them that are skipped:
// the cursor in the repository passes each in its turn, and a crash loses none.

task_queue& scheduler::made_queue(task_record& task) {
    auto& queue = task.made_past().queue;
    if (queue == nullptr) queue = std::make_unique<task_queue>();
    return *queue;
}

void scheduler::drop_queue_if_empty(task_record& task) noexcept {
    if (task.queue() != nullptr && task.queue()->empty()) task.past->queue.reset();
}

// The slots of `range` become no run; `after` follows them.
void scheduler::put_skip(task_record& task, skip_range range, wall_time after) {
    task_queue* queue = task.queue();
    if (queue == nullptr || queue->slots.empty()) return skip(task, range, after);
    slot_segment& last = queue->slots.back();
    if (!last.wanted && last.reason == range.reason && last.when == nullptr) {
        last.last = range.last;
        last.count += range.count;
    } else {
        queue->slots.push_back({.first = range.first,
                                .last = range.last,
                                .count = range.count,
                                .wanted = false,
                                .reason = range.reason});
    }
    queue->after = after;
}

void scheduler::put_wanted(task_record& task, const caught_up& found, wall_time last, rondo::trigger why,
                           wall_time after) {
    task_queue& queue = made_queue(task);
    queue.slots.push_back(
        {.first = found.first_wanted, .last = last, .count = found.wanted, .wanted = true, .why = why});
    queue.slots_wanted += found.wanted;
    slots_waiting_ += found.wanted;
    queue.after = after;
}

// Slots that wait will not run after all, but for the last so many entries.
void scheduler::skip_wanted(task_record& task, skip_reason reason, std::ptrdiff_t but) {
    task_queue* queue = task.queue();
    if (queue == nullptr) return;
    for (auto s = queue->slots.begin(); s != queue->slots.end() - but; ++s) {
        if (!s->wanted) continue;
        s->wanted = false;
        s->reason = reason;
        queue->slots_wanted -= s->count;
        slots_waiting_ -= s->count;
    }
    flush_skips(task);
}

// Another manager has decided them, or nobody will here.
void scheduler::forget_slots(task_record& task) noexcept {
    task_queue* queue = task.queue();
    if (queue == nullptr) return;
    slots_waiting_ -= std::exchange(queue->slots_wanted, 0);
    queue->slots.clear();
    drop_queue_if_empty(task);
}

// The cursor is at the first of the queue: decide those that are skipped, up to one that waits.
void scheduler::flush_skips(task_record& task) {
    task_queue& queue = *task.queue();
    auto end = std::ranges::find_if(queue.slots, [](const slot_segment& s) { return s.wanted; });
    for (auto s = queue.slots.begin(); s != end; ++s) {
        auto next = s + 1 == queue.slots.end() ? queue.after : (s + 1)->first;
        skip(task, {s->reason, s->first, s->last, s->count}, next,
             s->when != nullptr ? s->schedule_no : task.schedule_no());
    }
    queue.slots.erase(queue.slots.begin(), end);
    drop_queue_if_empty(task);
}

void scheduler::begin_waiting_slot(task_record& task, instant now) {
    task_queue& queue = *task.queue();
    slot_segment& s = queue.slots.front();
    assert(s.wanted);
    make_room_to_begin(task, queue.slots.size()); // first, as it may throw
    wall_time slot = s.first;
    rondo::trigger why = s.why;
    std::uint32_t no = s.when != nullptr ? s.schedule_no : task.schedule_no();
    --queue.slots_wanted;
    --slots_waiting_;
    moment next;
    if (--s.count > 0) next = (s.when != nullptr ? *s.when : task.when).next_after(slot, task.anchor);
    if (next) {
        s.first = *next;
    } else { // a rule of somebody's own may contradict itself, and have none left
        queue.slots_wanted -= s.count;
        slots_waiting_ -= s.count;
        queue.slots.erase(queue.slots.begin());
        next = queue.slots.empty() ? queue.after : queue.slots.front().first;
    }
    begin_slot_run(make_run(task, why, slot, now), *next, no, now);
    flush_skips(task);
}

void scheduler::begin_waiting_run(run_record& run, instant now) {
    if (run.of_backfill) return begin_of_backfill(run, now);
    make_room_to_begin(*run.task, 0); // first, as it may throw, like the next
    std::vector<user> users = run.users;
    take_from_queue(run);
    begin_manual_run(run, std::move(users), now);
}

void scheduler::take_from_queue(run_record& run) {
    task_record& task = *run.task;
    step_back(run.turn);
    std::erase(task.queue()->runs, &run);
    --runs_waiting_;
}

bool scheduler::slot_may_start(const task_record& task) const noexcept {
    return task.slots_waiting() != 0 && !task.paused && !paused_all_ && task.state == task_state_kind::live &&
           may_start(task.overlap, task.in_flight(), policy_of(task).in_flight_max);
}

bool scheduler::run_may_start(const run_record& run) noexcept {
    const task_record& task = *run.task;
    return task.state == task_state_kind::live && run.cancelled == cancel_reason::none &&
           may_start(run.overlap, task.in_flight(), policy_of(task).in_flight_max);
}

void scheduler::wait_for_place(task_record& task, instant seen, instant now) {
    if (task.ready) return;
    turn& t = task.made_past().slot_turn;
    t = {};
    t.task = &task;
    t.seen = seen;
    draw(t, now);
    line_up(t);
    task.ready = true;
}

// Its slots, that is.
void scheduler::leave_waiting(task_record& task) {
    if (!task.ready) return;
    task.ready = false;
    if (task.queue() != nullptr) task.queue()->seen.reset();
    step_back(task.past->slot_turn);
}

// If something of the task may start now, it does in its turn.
void scheduler::want_place(task_record& task, instant now) {
    if (slot_may_start(task)) wait_for_place(task, now, now);
    want_place_for_runs(task, now);
    if (task.backfill() != nullptr) next_of_backfill(task, now);
}

// They start in order; each has its turn from when it could have started.
void scheduler::want_place_for_runs(task_record& task, instant now) {
    if (task.runs_waiting() == 0) return;
    std::vector<run_record*>& runs = task.queue()->runs;
    if (!runs.back()->turn.drawn())
        for (run_record* run : runs) { // none before an earlier one
            if (!run_may_start(*run)) break;
            draw(run->turn, now);
        }
    want_place(*runs.front(), now);
}

void scheduler::want_place(run_record& run, instant now) {
    if (run.turn.waits() || !run_may_start(run)) return;
    draw(run.turn, now);
    line_up(run.turn);
}

void scheduler::admit_slot(task_record& task, instant seen, instant now) {
    bool due_too = task.slot_waits();
    task.ready = false;
    if (task.queue() != nullptr) seen = std::exchange(task.queue()->seen, {}).value_or(seen);
    if (slot_may_start(task)) {
        const slot_segment& front = task.queue()->slots.front();
        bool ours = front.when == nullptr;                    // else go back to no slot of this schedule
        if (task.by_wall() && ours && front.first > now.wall) // the clock was set back
            return go_back(task, wall_time(front.first), now);
        begin_waiting_slot(task, now);
        if (due_too) wait_for_place(task, seen, now);
    } else if (due_too) {
        decide_late(task, seen, now);
    }
}

void scheduler::decide_late(task_record& task, instant seen, instant now) {
    if (task.due <= now_key(task, now))
        decide(task, now, seen);
    else // the wall clock was set back meanwhile
        schedule_slot(task, {task.slot, task.due});
}

result<run_record*> scheduler::merge(task_record& task, std::vector<user> users) {
    run_record& run = *task.queue()->runs.front();
    if (users.empty() || run.users.empty()) {
        run.users.clear(); // for all
        return &run;
    }
    core::make_room(run.users, users.size()); // first, as it may throw
    for (user& u : users)
        if (std::ranges::find(run.users, u) == run.users.end()) run.users.push_back(std::move(u));
    return &run;
}

void scheduler::wait_as_run(run_record& run, overlap policy) {
    run.overlap = policy;
    run.state = run_state_kind::waiting;
    made_queue(*run.task).runs.push_back(&run);
    ++runs_waiting_;
}

} // namespace rondo::core
