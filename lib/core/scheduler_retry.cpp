// SPDX-License-Identifier: BSL-1.0
#include <core/keys.hpp>
#include <core/retry_wait.hpp>
#include <core/scheduler.hpp>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondo::core {

// A run that will be tried again is in flight of its task all the time, and has no place meanwhile.

bool scheduler::may_retry(const run_record& run, rondo::outcome how) const noexcept {
    const task_record& task = *run.task;
    if (!is_failure(how) || run.attempt >= policy_of(task).retry.attempts) return false;
    if (task.state != task_state_kind::live || shutting_down()) return false;
    return run.cancelled == cancel_reason::none || run.cancelled == cancel_reason::timeout;
}

// Null if the time of the slot is over by then.
run_record* scheduler::make_retry(const run_record& failed, rondo::outcome how, instant now) {
    task_record& task = *failed.task;
    std::chrono::nanoseconds wait =
        retry_wait(policy_of(task).retry, task.uid, failed.scheduled_at, failed.attempt);
    std::int64_t at = key_of(now.steady + wait);
    if (failed.give_up_at != 0 && at >= failed.give_up_at) return nullptr;
    std::vector<user> users = failed.users; // first, as it may throw
    run_record& next = make_run(task, rondo::trigger::retry, failed.scheduled_at, now);
    next.state = run_state_kind::backing_off;
    next.attempt = failed.attempt + 1;
    next.outcome = how;
    next.for_slot = failed.for_slot;
    next.end_moves = failed.end_moves;
    next.of_backfill = failed.of_backfill;
    next.users = std::move(users);
    next.give_up_at = failed.give_up_at;
    next.deadline = at;
    deadlines_.push(next, at);
    ++task.past->in_flight;
    ++task.made_past().retrying;
    ++retrying_;
    return &next;
}

// It is time: in its turn, like all that wait. Or the time of its slot is over, while it waited.
void scheduler::on_retry_due(run_record& run, instant now) {
    if (run.turn.drawn()) return drop_retry(run, run.cancelled, now);
    deadlines_.erase(run);
    draw(run.turn, now);
    line_up(run.turn);
    if (run.give_up_at != 0) deadlines_.push(run, run.give_up_at);
}

// The wall clock was set back, to before its slot.
bool scheduler::put_off_retry(run_record& run, instant now) {
    const task_record& task = *run.task;
    bool by_wall = run.of_backfill ? is_by_wall(task.backfill()->when) : run.for_slot && task.by_wall();
    if (!by_wall || run.scheduled_at <= now.wall) return false;
    run.turn = {.task = run.task, .run = &run};
    deadlines_.erase(run);
    deadlines_.push(run, look_again_at(run.scheduled_at, now));
    return true;
}

// Another run of its task is in flight elsewhere; here it counts as one that waits.
void scheduler::postpone(run_record& run, instant now) {
    constexpr std::chrono::nanoseconds again_after = std::chrono::seconds(1);
    recycle();
    task_record& task = *run.task;
    attend(task);
    assert(run.state == run_state_kind::beginning && run.cancelled == cancel_reason::none);
    make_room_for_all(task); // first, as it may throw
    leave_group(run);
    --beginning_;
    --in_flight_;
    --task.past->counts.runs;
    --task.past->counts.retries;
    run.state = run_state_kind::backing_off;
    run.turn = {.task = run.task, .run = &run};
    ++task.past->retrying;
    ++retrying_;
    const std::int64_t again_at = key_of(now.steady + again_after);
    deadlines_.push(run, run.give_up_at != 0 ? std::min(again_at, run.give_up_at) : again_at);
    admit(now);
}

void scheduler::begin_retry(run_record& run, instant now) {
    task_record& task = *run.task;
    if (task.state != task_state_kind::live) return;                         // it is being removed
    if (run.give_up_at != 0 && run.give_up_at <= key_of(now.steady)) return; // its deadline says so, at once
    if (put_off_retry(run, now)) return;
    make_room_to_begin(task, 0); // first, as it may throw, like the next
    std::vector<user> users = run.users;
    deadlines_.erase(run);
    --task.past->retrying;
    --retrying_;
    --task.past->in_flight;
    ++task.past->counts.retries;
    begin_manual_run(run, std::move(users), now);
}

// Without a word to those who may start now.
void scheduler::forget_retry(run_record& run, cancel_reason why, instant now) {
    give_up_on(run, why, now);
    unlink(run);
}

void scheduler::drop_retry(run_record& run, cancel_reason why, instant now) {
    give_up_on(run, why, now);
    release(run, now);
}

// The body of one that timed out is still there; nobody waits for it any longer.
void scheduler::end_attempts(run_record& run, cancel_reason why, instant now) {
    if (!run.last) give_up_on(run, why, now);
    run.cancelled = why;
    run.last = true;
}

// An attempt follows no more on one that failed, although it was said that it may. By somebody's will that says
// nothing about the task.
void scheduler::give_up_on(run_record& run, cancel_reason why, instant now) {
    // It was the last; it failed when it ended, which may be before a success.
    bool failed = is_failure(run.outcome); // not if a process took it with it
    bool willed = why != cancel_reason::none && why != cancel_reason::timeout;
    bool may_pause = failed && !willed && !shutting_down();
    end_effects effects = effects_of(run, run.outcome, may_pause); // first, as it may throw
    run.cancelled = why;
    actions_.push_back({action::kind::no_retry, run.task, &run});
    task_past& past = *run.task->past;
    if (failed && past.counts.succeeded == run.successes) ++past.failures;
    if (may_pause) pause_if_failing(*run.task, outcome::failed, effects.note);
    if (run.of_backfill) ended_of_backfill(run, outcome::failed);
    tell_followers(run, run.outcome, effects, now);
}

// All that an end needs memory for, before anything has happened. Several runs may end in one input.
end_effects scheduler::effects_of(const run_record& run, rondo::outcome how, bool may_pause) {
    end_effects effects;
    const task_record& task = *run.task;
    const bool plain = followers_.empty() && !task.fixed_delay();
    if (!plain || actions_.capacity() - actions_.size() < actions_of_input_max)
        make_room_for_followers(task, actions_of_input_max, 1);
    if (plain && task.policy == nullptr) return effects;
    effects.beside = made_beside(run, how);
    const std::uint32_t limit = policy_of(task).pause_after_failures;
    if (!may_pause || limit == 0 || task.past->failures + 1 < limit) return effects;
    effects.note = std::make_unique<pause_note>();
    constexpr std::string_view reason = " failures in a row";
    effects.note->reason.reserve(std::numeric_limits<std::uint32_t>::digits10 + 1 + reason.size());
    effects.note->reason = reason;
    return effects;
}

void scheduler::pause_if_failing(task_record& task, rondo::outcome how, std::unique_ptr<pause_note>& note) {
    std::uint32_t limit = policy_of(task).pause_after_failures;
    if (limit == 0 || !is_failure(how) || task.past->failures < limit) return;
    if (task.paused || task.state != task_state_kind::live) return;
    note->reason.insert(0, std::to_string(task.past->failures)); // ten digits, which are no memory
    halt(task, std::move(note));
    actions_.push_back({action::kind::task_paused, &task});
}

} // namespace rondo::core
