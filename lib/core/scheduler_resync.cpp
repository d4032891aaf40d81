// SPDX-License-Identifier: BSL-1.0
#include <core/scheduler.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace rondo::core {
namespace {

bool on_grid(const task_record& task) noexcept {
    return task.when.type() == schedule::kind::every || task.when.type() == schedule::kind::rule;
}

wall_time first_of(const begin_request& r) noexcept {
    return r.skipped ? r.skipped->first : r.started->scheduled_at;
}

wall_time last_of(const begin_request& r) noexcept {
    return r.started ? r.started->scheduled_at : r.skipped->last;
}

// Whether another manager has decided a part of it.
bool within(const begin_request& r, moment cursor) noexcept {
    return cursor && cursor != r.expected && *cursor >= first_of(r) && *cursor <= last_of(r);
}

// Whether its cursor is where this left it. An end moves it too.
bool is_latest(const task_record& task, const decision& d) noexcept {
    bool there = task.cursor == (d.request.next ? *d.request.next : no_slot);
    return there && task.past != nullptr && task.past->decisions == d.no;
}

// The first slot that waits of the schedule that it has, from the cursor on.
moment first_own_from(const task_record& task, wall_time cursor) {
    const std::vector<slot_segment>& slots = task.queue()->slots;
    auto own = std::ranges::find(slots, nullptr, &slot_segment::when);
    if (own == slots.end()) return {};
    if (cursor <= own->first) return own->first;
    moment next = task.when.next_after(cursor - std::chrono::microseconds(1), task.anchor);
    return next && *next <= slots.back().last ? next : moment();
}

} // namespace

// A decision counts once it is on record. What one that is refused said of its slots is taken off the
// counters: those before the cursor on record were decided by another manager, which is told (`not_owner`);
// those from it on are undecided again, and what becomes of them is told again. A skip that was told stays
// told to who listens: the counters and the record are what agrees.
void scheduler::refused(const decision& d, moment cursor, instant now) {
    recycle();
    const begin_request& request = d.request;
    run_record* run = d.run;
    task_record* task = run != nullptr ? run->task : tasks_.find(request.uid);
    // The uid may be another task's by now.
    if (task == nullptr || task->uid.view().data() != request.uid.view().data()) return;
    attend(*task);
    make_room_for_all(*task);                                    // first, as it may throw
    if (!request.moves_cursor) return drop_beginning(*run, now); // another manager tries that slot again
    bool latest = is_latest(*task, d);
    if (!request.skipped && !request.started) { // it only moved the cursor: to another schedule
        if (!latest || task->state != task_state_kind::live) return;
        task->made_past().undecided = no_slot;
        return follow(*task, cursor, now);
    }
    const bool back = may_go_back(*task, d, cursor);
    const moment own = back ? cursor : own_slot_from(*task, d, cursor);
    take_back(*task, request, own ? own : cursor, own.has_value());
    if (!latest) { // those that follow will be refused too, and the last of them tells where it is
        if (own || (d.schedule_no != task->schedule_no() && within(request, cursor))) {
            task->past->undecided = own ? *own : *cursor;
            task->past->undecided_no = d.schedule_no;
        }
    } else if (task->state == task_state_kind::live) {
        task->past->undecided = no_slot;
        bool taken = run != nullptr && cursor && cursor == request.expected;
        if (taken && !own && task->slot == no_slot)
            leave_behind(*task, *cursor, now);
        else if (own)
            go_back(*task, *own, now, *cursor);
        else
            follow(*task, cursor, now);
    }
    if (run != nullptr) drop_beginning(*run, now);
}

// Where others have the same tasks the record counts: from its cursor on nobody has decided anything, though the cursor may
// be of a schedule that another had meanwhile, and far behind, as nobody was there who knew that. The first of these slots
// in, or before, this decision; nothing if it is the slot at the cursor that another run has, or others have passed it. One
// that begins before the cursor, where another has decided what was of the old schedule, begins at the cursor then.
moment scheduler::own_slot_from(const task_record& task, const decision& d, moment cursor) const {
    constexpr std::chrono::years longest(100);
    const begin_request& r = d.request;
    if (!options_.shared || !on_grid(task) || d.schedule_no != task.schedule_no()) return {};
    if (!cursor || *cursor < wall_time_first || *cursor > last_of(r)) return {};
    if (cursor == r.expected && first_of(r) >= *cursor) return {};
    const moment own = task.when.next_after(*cursor - std::chrono::microseconds(1), task.anchor);
    const bool near = own && *own <= last_of(r) && last_of(r) - *own < longest;
    return near ? own : moment();
}

// It never was.
void scheduler::drop_beginning(run_record& run, instant now) {
    assert(run.state == run_state_kind::beginning);
    --beginning_;
    --run.task->past->counts.runs;
    if (run.trigger == rondo::trigger::retry) --run.task->past->counts.retries;
    if (run.for_slot) let_followers_go_on(*run.task, &run, now);
    release(run, now);
}

// The slot at the cursor has a run on record: to try it again would be in vain, for ever if it was the last.
void scheduler::leave_behind(task_record& task, wall_time cursor, instant now) {
    task.cursor = cursor;
    wait_for_no_end_on_record(task);
    if (task.fixed_delay() && task.slot == no_slot && task.slots_waiting() == 0)
        set_slot(task, now.wall + *task.when.interval(), now);
}

// To a slot of its own that it has not decided on record: in this decision, or in refused ones before it.
// Never further, as what lies there was decided; nor to one of a schedule that it has no more.
bool scheduler::may_go_back(const task_record& task, const decision& d, moment cursor) {
    const begin_request& r = d.request;
    if (!on_grid(task) || !cursor || cursor == r.expected || d.schedule_no != task.schedule_no())
        return false;
    bool known =
        task.past != nullptr && task.past->undecided != no_slot && task.past->undecided_no == d.schedule_no;
    wall_time least = known ? std::min(task.past->undecided, first_of(r)) : first_of(r);
    return *cursor >= least && *cursor <= last_of(r) && is_slot(task.when, *cursor, task.anchor);
}

void scheduler::take_back(task_record& task, const begin_request& r, moment cursor, bool back) {
    std::uint64_t n = (r.skipped ? r.skipped->count : 0) + (r.started ? 1 : 0);
    wall_time first = first_of(r);
    wall_time last = last_of(r);
    // A decision before it was refused too, so nothing of this one is on record either.
    bool chained = task.made_past().undecided != no_slot && cursor && *cursor >= task.past->undecided;
    bool behind = !back && cursor && (cursor == r.expected || (*cursor < first && !chained));
    if (behind) { // another run has the slot, or the repository lost what it knew: what was told stays
        if (r.started) tell_not_owner(task, last, last, 1);
        return;
    }
    if (r.skipped) skipped_of(task.made_past().counts, r.skipped->reason) -= r.skipped->count;
    if (back) {
        if (*cursor <= first) return void(task.made_past());
        constexpr std::chrono::microseconds tick(1);
        n = 1 + task.when.count(first, *cursor - tick, task.anchor);
        moment before = task.when.previous_before(*cursor, task.anchor);
        last = before ? std::max(*before, first) : first;
    }
    tell_not_owner(task, first, last, n);
}

void scheduler::tell_not_owner(task_record& task, wall_time first, wall_time last, std::uint64_t n) {
    task.made_past().counts.skipped_not_owner += n;
    action& told = actions_.emplace_back(action{action::kind::slots_skipped, &task});
    told.skipped = {skip_reason::not_owner, first, last, n};
}

// Slots that wait lie behind it, and are looked at again with it.
void scheduler::go_back(task_record& task, wall_time slot, instant now, moment cursor) {
    forget_slots(task);
    unschedule(task);
    task.cursor = cursor ? *cursor : slot;
    if (!task.by_wall() && task.slot != no_slot)
        schedule_slot(task, {slot, task.due - std::chrono::nanoseconds(task.slot - slot).count()});
    else
        set_slot(task, slot, now);
}

void scheduler::resync(task_record& task, moment cursor, instant now) {
    recycle();
    attend(task);
    make_room_for_all(task); // first, as it may throw
    if (task.state == task_state_kind::live) follow(task, cursor, now);
}

// Forward: what is decided stays decided.
void scheduler::follow(task_record& task, moment cursor, instant now) {
    if (cursor && *cursor != cursor_waits_for_end &&
        (*cursor < wall_time_first || *cursor > wall_time_last)) {
        task.cursor_lost = true; // that makes no sense, so the next decision puts it right
        return;
    }
    if (task.follows()) return pass_followed(task, cursor, now);
    bool passed = task.slots_waiting() > 0 && (!cursor || *cursor > task.queue()->slots.front().first);
    bool others = passed && task.queue()->slots.front().when != nullptr; // of another schedule
    if (passed && !others && cursor && *cursor < task.slot && on_grid(task) &&
        is_slot(task.when, *cursor, task.anchor))
        return go_back(task, *cursor, now); // among those that wait
    if (others && cursor && *cursor != cursor_waits_for_end)
        if (moment own = first_own_from(task, *cursor)) { // behind those of the other
            go_back(task, *own, now);
            task.cursor = *cursor;
            return;
        }
    if (passed) { // it was their turn; a slot that is due waits by its own
        const instant seen = task.queue()->seen.value_or(task.past->slot_turn.seen);
        forget_slots(task);
        const bool due_too = task.slot_waits();
        leave_waiting(task);
        if (due_too) wait_for_place(task, seen, seen);
    }
    task.cursor = cursor ? *cursor : no_slot;
    if (task.cursor != cursor_waits_for_end) wait_for_no_end_on_record(task);
    if (!cursor || *cursor == cursor_waits_for_end) {
        unschedule(task);
        task.slot = no_slot;
        if (cursor) wait_for_no_end(task, now);
    } else if ((passed && !others) ||
               (task.slots_waiting() == 0 && (task.slot == no_slot || *cursor > task.slot))) {
        unschedule(task);
        moment slot = cursor; // of another schedule, if that manager has another
        if (!is_slot(task.when, *cursor, task.anchor)) slot = task.when.next_after(*cursor, task.anchor);
        task.slot = no_slot;
        if (slot) set_slot(task, *slot, now);
    }
}

} // namespace rondo::core
