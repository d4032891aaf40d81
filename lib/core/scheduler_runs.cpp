// SPDX-License-Identifier: BSL-1.0
#include <core/keys.hpp>
#include <core/make_room.hpp>
#include <core/overlap_decision.hpp>
#include <core/scheduler.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace rondo::core {
namespace {

void count(counters& c, outcome how) noexcept {
    switch (how) {
    case outcome::success: ++c.succeeded; break;
    case outcome::failed: ++c.failed; break;
    case outcome::timed_out: ++c.timed_out; break;
    case outcome::cancelled: ++c.cancelled; break;
    case outcome::interrupted: ++c.interrupted; break;
    case outcome::abandoned: ++c.abandoned; break;
    }
}

// The end of a run, where a run of its task has failed before it and none has succeeded since, or not.
bool goes_on_record(record mode, outcome how, bool after_failure) noexcept {
    if (mode == record::failures_only) return how != outcome::success || after_failure;
    return mode != record::none;
}

} // namespace

// Of a run that was asked to end, and did not end well.
outcome scheduler::outcome_of(cancel_reason why) noexcept {
    switch (why) {
    case cancel_reason::none: return outcome::failed;
    case cancel_reason::timeout: return outcome::timed_out;
    case cancel_reason::shutdown:
    case cancel_reason::lease_lost: return outcome::interrupted;
    case cancel_reason::requested:
    case cancel_reason::removed:
    case cancel_reason::overlap:
    case cancel_reason::parent: break;
    }
    return outcome::cancelled;
}

bool scheduler::full() const noexcept {
    return options_.runs_in_flight_max != 0 && in_flight_ >= options_.runs_in_flight_max;
}

run_record& scheduler::make_run(task_record& task, rondo::trigger why, wall_time scheduled_at, instant now) {
    task_past& past = task.made_past();
    run_record& run = run_pool_.make();
    run.id = ids_.next(now.wall);
    run.task = &task;
    run.trigger = why;
    run.mode = task.mode;
    run.for_slot = takes_slot(why);
    run.scheduled_at = scheduled_at;
    run.started_at = now.wall;
    run.turn.task = &task;
    run.turn.run = &run;
    run.next = past.runs;
    if (run.next != nullptr) run.next->previous = &run;
    past.runs = &run;
    return run;
}

void scheduler::begin_run(run_record& run, instant now) {
    counters& counts = run.task->made_past().counts; // first, as it may throw
    enter_group(run);
    ++counts.runs;
    run.state = run_state_kind::beginning;
    run.started_at = now.wall;
    ++run.task->past->in_flight;
    ++in_flight_;
    ++beginning_;
    runs_ahead_ = runs_ahead_ || run.mode != record::write_ahead;
}

// What the others must know of it.
void scheduler::mark_shared(begin_request& request, const run_record& run) const noexcept {
    if (!options_.shared) return;
    const task_policy& policy = policy_of(*run.task);
    request.exclusive = run.task->overlap == overlap::skip;
    if (run.for_slot && policy.abandoned == on_abandoned::rerun)
        request.attempts_max = attempts_if_lost(policy);
}

void scheduler::begin_slot_run(run_record& run, wall_time next, std::uint32_t schedule_no, instant now) {
    begin_run(run, now);
    task_record& task = *run.task;
    decision* d = open_skip(task, schedule_no);
    if (d != nullptr) {
        d->request.next = next == no_slot ? moment() : moment(next);
        task.cursor = next;
    } else {
        d = &append_decision(task, next);
    }
    d->schedule_no = schedule_no;
    d->mode = run.mode;
    run.end_moves = next == cursor_waits_for_end;
    d->run = &run;
    mark_shared(d->request, run);
    d->request.started = rondo::run_begin{run.id, run.trigger, run.scheduled_at, run.started_at, {}, 1};
}

// One that moves no cursor. It is for these users, whom it has already; a copy of them, as to make it here might throw.
void scheduler::begin_manual_run(run_record& run, std::vector<user> users, instant now) {
    begin_run(run, now);
    decision& d = decisions_.append();
    d.run = &run;
    d.mode = run.mode;
    d.request.uid = run.task->uid;
    d.request.moves_cursor = false;
    d.request.asked = run.asked_for;
    mark_shared(d.request, run);
    d.request.started = rondo::run_begin{run.id,         run.trigger,      run.scheduled_at,
                                         run.started_at, std::move(users), run.attempt};
}

// One whose begin was refused, and that was cancelled therefore: its end alone is put on record.
void scheduler::end_unbegun(run_record& run, instant now) {
    assert(run.state == run_state_kind::beginning && run.cancelled != cancel_reason::none && run.token == 0);
    make_room(*run.task);
    run.task->made_past().last_run = run.started_at;
    finish(run, outcome_of(run.cancelled), true, now);
    --beginning_;
    release(run, now);
}

void scheduler::begun(run_record& run, std::uint64_t token, instant now) {
    recycle();
    attend(*run.task);
    assert(run.state == run_state_kind::beginning);
    make_room(*run.task);
    run.token = token;
    run.early = false;
    run.task->made_past().last_run = run.started_at;
    if (takes_slot(run.trigger)) run.task->past->undecided = no_slot;
    if (run.cancelled != cancel_reason::none) { // meanwhile, so its body need not start
        finish(run, outcome_of(run.cancelled), true, now);
        --beginning_;
        return release(run, now);
    }
    --beginning_;
    run.state = run_state_kind::running;
    start_in_group(run, now);
    const task_policy& policy = policy_of(*run.task);
    if (policy.slot_timeout.count() > 0 && run.attempt == 1)
        run.give_up_at = key_of(now.steady) + std::chrono::nanoseconds(policy.slot_timeout).count();
    run.deadline = run.give_up_at;
    if (policy.timeout.count() > 0) {
        auto mine = key_of(now.steady) + std::chrono::nanoseconds(policy.timeout).count();
        run.deadline = run.deadline == 0 ? mine : std::min(run.deadline, mine);
    }
    if (run.deadline != 0) deadlines_.push(run, run.deadline);
    actions_.push_back({action::kind::start_run, run.task, &run});
}

void scheduler::ended(run_record& run, body_end how, instant now) {
    recycle();
    attend(*run.task);
    make_room(*run.task);
    bool known = run.state == run_state_kind::overdue;
    const outcome becomes = known                      ? run.outcome
                            : how == body_end::success ? outcome::success
                                                       : outcome_of(run.cancelled);
    bool told_last = known && run.last;
    bool wanted = !told_last && how != body_end::failed_for_good && may_retry(run, becomes);
    run_record* next = wanted ? make_retry(run, becomes, now) : nullptr;
    if (!known) finish(run, becomes, next == nullptr, now);
    if (next != nullptr) {
        next->successes = run.successes;
        action& told = actions_.emplace_back(action{action::kind::retry_later, run.task, &run});
        told.next = next;
    } else if (known && !run.last) {
        give_up_on(run, run.cancelled, now);
        run.last = true;
    }
    release(run, now);
}

// Strong, as the next.
void scheduler::finish(run_record& run, rondo::outcome how, bool last, instant now) {
    end_effects effects;
    if (last) effects = effects_of(run, how, is_failure(how));
    finish(run, how, last, effects, now);
}

void scheduler::finish(run_record& run, rondo::outcome how, bool last, end_effects& effects, instant now) {
    task_record& task = *run.task;
    deadlines_.erase(run);
    count(task.made_past().counts, how);
    task.past->last_outcome = how;
    bool after_failure = task.past->failures > 0 || run.attempt > 1;
    if (how == outcome::success) task.past->failures = 0;
    if (is_failure(how) && last) ++task.past->failures;
    run.successes = task.past->counts.succeeded;
    run.outcome = how;
    run.last = last;
    std::size_t at = actions_.size();
    const bool never_was =
        run.state == run_state_kind::beginning; // and begins later, if it was decided in advance
    const wall_time end = never_was ? std::max(now.wall, run.started_at) : now.wall;
    action& told = actions_.emplace_back(action{action::kind::end_run, &task, &run, how, end});
    told.last = last;
    told.followed = is_followed(task);
    told.recorded = told.followed || goes_on_record(run.mode, how, after_failure);
    if (run.asked_for && run.token == 0) told.recorded = false; // it may be another manager's by now
    if (last) pause_if_failing(task, how, effects.note);
    if (last && run.of_backfill) ended_of_backfill(run, how);
    if (last) tell_followers(run, how, effects, now);
    if (last && task.fixed_delay() && run.for_slot) go_on_after(run, at, now);
}

// The body is gone, or never came.
void scheduler::release(run_record& run, instant now) {
    task_record& task = *run.task;
    unlink(run);
    if (task.state == task_state_kind::removing) {
        if (task.runs() == nullptr) erase(task);
    } else {
        wait_for_no_end(task, now);
        want_place(task, now);
    }
    admit(now);
    check_shutdown();
}

void scheduler::unlink(run_record& run) {
    task_record& task = *run.task;
    deadlines_.erase(run);
    step_back(run.turn);
    if (run.state == run_state_kind::overdue) --task.past->overrunning;
    if (run.state == run_state_kind::backing_off) {
        --task.past->retrying;
        --retrying_;
        --task.past->in_flight;
    } else if (run.state != run_state_kind::waiting) {
        --task.past->in_flight;
        --in_flight_;
        leave_group(run);
    }
    (run.previous != nullptr ? run.previous->next : task.past->runs) = run.next;
    if (run.next != nullptr) run.next->previous = run.previous;
    actions_.push_back({action::kind::release_run, &task, &run});
    run.next = std::exchange(released_runs_, &run);
}

void scheduler::cancel(run_record& run, cancel_reason reason, instant now, std::string why) {
    recycle();
    attend(*run.task);
    cancel_attended(run, reason, now, std::move(why));
}

void scheduler::cancel_attended(run_record& run, cancel_reason reason, instant now, std::string why) {
    if (reason == cancel_reason::lease_lost && policy_of(*run.task).lease_lost == on_lease_lost::go_on)
        return;
    make_room_for_all(*run.task);
    if (run.state == run_state_kind::overdue) return end_attempts(run, reason, now);
    if (run.cancelled != cancel_reason::none) return;
    run.why_cancelled = std::move(why);
    if (run.state == run_state_kind::waiting && run.of_backfill) {
        run.cancelled = reason;
        stop_backfill_now(*run.task, now);
    } else if (run.state == run_state_kind::waiting) {
        drop_waiting(run, reason, now);
    } else if (run.state == run_state_kind::backing_off) {
        drop_retry(run, reason, now);
    } else {
        run.cancelled = reason;
        if (run.state == run_state_kind::running)
            actions_.push_back({action::kind::cancel_run, run.task, &run});
    }
}

void scheduler::detach(run_record& run, instant now) {
    recycle();
    attend(*run.task);
    end_effects effects = effects_of(run, outcome::abandoned, false); // first, as it may throw
    cancel_attended(run, cancel_reason::requested, now, {});
    if (run.state != run_state_kind::running) return;
    finish(run, outcome::abandoned, true, effects, now);
    run.state = run_state_kind::overdue;
    ++run.task->past->overrunning;
}

run_record* scheduler::find_run(run_id id) const noexcept {
    run_record* found = nullptr;
    tasks_.for_each([&](task_record& task) {
        for (run_record* run = task.runs(); run != nullptr; run = run->next)
            if (run->id == id) found = run;
    });
    return found;
}

// A manual run that will not start: cancelled meanwhile.
void scheduler::drop_waiting(run_record& run, cancel_reason why, instant now) {
    end_waiting(run, why, now);
    drop_queue_if_empty(*run.task);
    release(run, now);
}

// Strong.
void scheduler::end_waiting(run_record& run, cancel_reason why, instant now) {
    end_effects effects = effects_of(run, outcome_of(why), false);
    run.cancelled = why;
    take_from_queue(run);
    ++run.task->made_past().counts.runs;
    run.started_at = now.wall;
    finish(run, outcome_of(why), true, effects, now);
}

void scheduler::cancel_running(task_record& task, cancel_reason why, instant now) {
    for (run_record *run = task.runs(), *next = nullptr; run != nullptr; run = next) {
        next = run->next;
        if (run->state == run_state_kind::backing_off) {
            forget_retry(*run, why, now);
            continue;
        }
        if (run->state == run_state_kind::overdue) end_attempts(*run, why, now);
        bool there = run->state == run_state_kind::running || run->state == run_state_kind::beginning;
        if (!there || run->cancelled != cancel_reason::none) continue;
        run->cancelled = why;
        if (run->state == run_state_kind::running) actions_.push_back({action::kind::cancel_run, &task, run});
    }
    wait_for_no_end(task, now); // of an attempt that was given up
}

void scheduler::on_deadline(run_record& run, instant now) {
    make_room(*run.task); // first, as it may throw
    if (run.state == run_state_kind::backing_off) return on_retry_due(run, now);
    if (run.state == run_state_kind::waiting) {
        deadlines_.erase(run);
        return want_place(run, now);
    }
    if (run.state == run_state_kind::overdue) {
        deadlines_.erase(run);
        actions_.push_back({action::kind::run_overrunning, run.task, &run});
        return;
    }
    bool slot_over = run.give_up_at != 0 && key_of(now.steady) >= run.give_up_at;
    bool last = slot_over || !may_retry(run, outcome::timed_out);
    end_effects effects;
    if (last) effects = effects_of(run, outcome::timed_out, true); // the last that may throw
    if (run.cancelled == cancel_reason::none) {
        run.cancelled = cancel_reason::timeout;
        actions_.push_back({action::kind::cancel_run, run.task, &run});
    }
    finish(run, outcome::timed_out, last, effects, now);
    run.state = run_state_kind::overdue;
    ++run.task->past->overrunning;
    deadlines_.push(run, key_of(now.steady + options_.cancel_grace));
}

void scheduler::shutdown(std::chrono::nanoseconds grace, instant now) {
    recycle();
    grace = std::clamp(grace, std::chrono::nanoseconds(0), std::chrono::nanoseconds(std::chrono::years(100)));
    const steady_time stop_at = std::min(stop_at_, now.steady + grace);
    if (stopping_ == stopping::no) begin_pass({pass::kind::drop_waiting, now}); // first, as it may throw
    if (stopping_ == stopping::no || stopping_ == stopping::grace) stop_at_ = stop_at;
    if (stopping_ != stopping::no) return;
    stopping_ = stopping::grace;
    go_through(now);
}

// Its grace is over, or that of those who were cancelled then.
void scheduler::press_shutdown(instant now) {
    bool cancelled = stopping_ == stopping::cancelling;
    begin_pass({cancelled ? pass::kind::give_up : pass::kind::cancel, now});
    stopping_ = cancelled ? stopping::giving_up : stopping::cancelling;
    stop_at_ = cancelled ? steady_time::max() : now.steady + options_.cancel_grace;
    go_through(now);
}

void scheduler::check_shutdown() {
    if (stopping_ == stopping::no || stopping_ == stopping::done || !passes_.empty()) return;
    if (runs_waiting_ + retrying_ > 0) return; // they are being dropped
    if (in_flight_ > 0 && !(stopping_ == stopping::giving_up && beginning_ == 0)) return;
    stopping_ = stopping::done;
    stop_at_ = steady_time::max();
    actions_.push_back({action::kind::shutdown_done});
}

} // namespace rondo::core
