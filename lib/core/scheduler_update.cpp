// SPDX-License-Identifier: BSL-1.0
#include <core/make_room.hpp>
#include <core/scheduler.hpp>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <memory>
#include <new>
#include <utility>

namespace rondo::core {
namespace {

// Whether its slot may wait for others, or does so for a place since.
bool is_put_off(const task_record& task) noexcept {
    if (!task.tolerant() || task.slot == no_slot || task.slot < task.catch_up_before || task.paused ||
        task.held)
        return false;
    return task.heap_index != not_in_heap || task.slot_waits();
}

} // namespace

std::unique_ptr<task_payload> scheduler::update(task_record& task, task_spec& spec, instant now) {
    recycle();
    attend(task);
    assert(task.state == task_state_kind::live);
    rondo::schedule when = spec.when.for_uid(task.uid);
    shared_string name = name_of(spec, task.uid);
    auto policy = made_policy(spec); // all that may fail for want of memory comes first
    if (spec.policy.tolerance.count() > 0) (void)task.made_past();
    make_room_for_all(task);
    make_room_in_group(policy != nullptr ? policy->group : nullptr, task);
    if (is_put_off(task) && !paused_all_) decide_all_due(task, now); // which is not late, whatever it is now
    if (when.text() == task.when.text())
        task.when = std::move(when); // what it refers to may be another, as a file of dates
    else
        change_schedule(task, std::move(when), now);
    task.name = std::move(name);
    task.hidden = spec.hidden;
    task.mode = spec.mode;
    task.overlap = spec.overlap;
    task.policy = std::move(policy);
    if (task.heap_index != not_in_heap && !task.paused && !task.held)
        schedule_slot(task, {task.slot, task.due});
    line_up_again(task);
    drop_surplus_retries(task, now);
    std::swap(task.payload, spec.payload);
    want_place(task, now); // the new policy may allow more
    admit(now);
    return std::move(spec.payload);
}

// By the schedule that they are of, and the policy so far.
void scheduler::decide_all_due(task_record& task, instant now) {
    if (task.slot == no_slot || task.due > now_key(task, now)) return;
    if (task.paused || paused_all_) return skip_due(task, skip_reason::paused, now_key(task, now), now);
    instant seen =
        task.slot_waits() ? task.past->slot_turn.seen : now; // else who is `ready` are slots before it
    if (task.queue() != nullptr) seen = task.queue()->seen.value_or(seen);
    decide(task, now, seen, false);
    if (task.queue() != nullptr) task.queue()->seen.reset();                  // it was that slot's
    if (task.slots_waiting() == 0 && !task.slot_waits()) leave_waiting(task); // nothing waits any more
}

// A failed run may have an attempt before it that the new policy has not. None of them begins, and nothing else
// starts beside some of them.
void scheduler::drop_surplus_retries(task_record& task, instant now) {
    auto surplus = [&] {
        run_record* run = task.runs();
        while (run != nullptr &&
               (run->state != run_state_kind::backing_off || run->attempt <= policy_of(task).retry.attempts))
            run = run->next;
        return run;
    };
    try {
        while (run_record* run = surplus())
            forget_retry(*run, run->cancelled, now); // each may take others along
    } catch (const std::bad_alloc&) {                // then it is tried once more
    }
    wait_for_no_end(task, now);
}

// The last slot that is decided, or waits, lies before this or here: the wall clock may be behind it.
wall_time scheduler::decided_until(const task_record& task, instant now) {
    if (task.queue() != nullptr && !task.queue()->slots.empty())
        return std::max(now.wall, task.queue()->slots.back().last);
    if (task.slot == no_slot) return now.wall;
    moment last = task.when.previous_before(task.slot, task.anchor);
    return last ? std::max(now.wall, *last) : now.wall;
}

moment scheduler::first_slot_of(const task_record& task, wall_time after, instant now) {
    switch (task.when.type()) {
    case schedule::kind::at: return *task.when.when();
    case schedule::kind::once: return now.wall;
    case schedule::kind::every_after: return now.wall + *task.when.interval();
    case schedule::kind::after: return {};
    case schedule::kind::rule:
    case schedule::kind::every: break;
    }
    return task.when.next_after(after, task.anchor);
}

void scheduler::change_schedule(task_record& task, rondo::schedule when, instant now) {
    decide_all_due(task, now);
    wall_time decided = decided_until(task, now);
    bool same = task.follows() && when.followed() == task.when.followed(); // what is early stays
    auto old = std::make_shared<const rondo::schedule>(task.when);
    decisions_.make_room(1);
    steady_due_.make_room();
    wall_due_.make_room();
    std::uint32_t no = task.made_past().schedule_no;
    if (!same) begin_following(task, when); // the last that may fail for want of memory
    unschedule(task);
    task.slot = no_slot;
    if (!same) stop_following(task);
    task.when = std::move(when);
    if (!task.follows()) task.past->followed.reset();
    task_queue* queue = task.queue();
    ++task.past->schedule_no;
    if (queue != nullptr)
        for (slot_segment& s : queue->slots)
            if (s.when == nullptr) s.when = old, s.schedule_no = no;
    // A run in flight may be what the delay counts from, under both.
    bool waits = task.cursor == cursor_waits_for_end && task.in_flight() > 0;
    if (waits && task.fixed_delay() && old->type() == schedule::kind::every_after) return;
    wait_for_no_end_on_record(task);
    moment slot = first_slot_of(task, decided, now);
    wall_time cursor = slot ? *slot : no_slot;
    if (task.follows()) cursor = follow_from(task.when, now);
    if (same) cursor = after_followed(task, cursor - std::chrono::microseconds(1));
    if (task.follows() && !same) task.past->followed->fresh = true;
    if (queue != nullptr && !queue->slots.empty())
        queue->after = cursor;
    else if (task.cursor != cursor || task.follows())
        append_decision(task, cursor); // what is on record of the other task is looked for from there on
    if (slot) set_slot(task, *slot, now);
    take_followers_back(task, now);
}

} // namespace rondo::core
