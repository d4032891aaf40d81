// SPDX-License-Identifier: BSL-1.0
#include <core/clock_step.hpp>
#include <core/label.hpp>
#include <core/make_room.hpp>
#include <core/retry_wait.hpp>
#include <core/scheduler.hpp>
#include <rondo/task_limits.hpp>

#include <algorithm>
#include <utility>

namespace rondo::core {
namespace {

bool in_range(wall_time t) noexcept {
    return t >= wall_time_first && t <= wall_time_last;
}

// Where others have the same slots, each is on record before it begins, and what follows on an end would have to hear of
// ends elsewhere.
bool may_be_shared(const task_spec& spec) noexcept {
    const bool waits_for_ends =
        spec.when.type() == schedule::kind::after || spec.when.type() == schedule::kind::every_after;
    const bool at_once = spec.overlap == overlap::skip || spec.overlap == overlap::allow_all;
    return at_once && !waits_for_ends && spec.mode == record::write_ahead;
}

error_code check(const task_spec& spec, bool shared) {
    if (!is_label(spec.uid, uid_size_max)) return errc::invalid_uid;
    if (spec.name.size() > name_size_max) return errc::invalid_name;
    if (!spec.when.valid()) return errc::invalid_schedule;
    if (spec.first.type() > rondo::first_run::kind::at) return errc::invalid_schedule;
    if (spec.first.type() == rondo::first_run::kind::at && !in_range(spec.first.when()))
        return errc::invalid_schedule;
    bool follows = spec.when.type() == schedule::kind::after;
    if (follows && spec.first.type() != rondo::first_run::kind::by_schedule) return errc::invalid_schedule;
    if (spec.payload == nullptr) return errc::invalid_body;
    if (spec.overlap > overlap::cancel_other) return errc::invalid_option;
    if (spec.mode > record::none) return errc::invalid_option;
    if (spec.users_in_flight == 0 || spec.users_in_flight > users_in_flight_limit)
        return errc::invalid_option;
    const task_policy& p = spec.policy;
    if (p.abandoned > on_abandoned::rerun || p.lease_lost > on_lease_lost::go_on) return errc::invalid_option;
    if (shared && !may_be_shared(spec)) return errc::invalid_option;
    if (p.buffer_max == 0 || p.buffer_max > buffer_max_limit) return errc::invalid_option;
    if (!is_valid(p.retry) || p.timeout.count() < 0 || p.slot_timeout.count() < 0)
        return errc::invalid_option;
    if (p.tolerance.count() < 0 || p.tolerance > tolerance_limit) return errc::invalid_option;
    if (p.priority < -priority_limit || p.priority > priority_limit) return errc::invalid_option;
    const catch_up& c = p.catch_up;
    if (c.coalesce > coalesce::none || c.window.count() < 0 || c.grace.count() < 0)
        return errc::invalid_option;
    if (c.spread.count() < 0 || c.spread > catch_up_spread_max) return errc::invalid_option;
    return {};
}

// Null if there is nothing to say.
std::unique_ptr<pause_note> made_note(pause_note note) {
    if (!note.until && note.reason.empty()) return nullptr;
    return std::make_unique<pause_note>(std::move(note));
}

// Whatever the repository says of it.
bool could_be_cursor(const schedule& when, const task_state& state, wall_time now) {
    if (!state.next_slot) { // finished, which an interval never is, nor a rule that has a slot to come
        if (when.type() == schedule::kind::rule) return !when.next_after(now, state.anchor);
        return !when.interval();
    }
    if (*state.next_slot == cursor_waits_for_end) return when.type() == schedule::kind::every_after;
    if (state.created) return true; // ours, from a moment ago
    return in_range(*state.next_slot) && is_slot(when, *state.next_slot, state.anchor);
}

} // namespace

result<task_record*> scheduler::reserve(task_spec& spec) {
    recycle();
    if (shutting_down()) return errc::shutting_down;
    if (error_code bad = check(spec, options_.shared)) return bad;
    if (!spec.group.empty() && find_group(spec.group) == nullptr) return errc::group_not_exists;
    if (tasks_.find(spec.uid) != nullptr) return errc::task_exists;
    if (would_follow_itself(spec)) return errc::cyclic_schedule;
    const std::uint32_t number = task_pool_.make(spec.when.for_uid(spec.uid));
    task_record& task = task_pool_.at(number);
    try {
        take_in(task, spec);
        tasks_.insert(number);
    } catch (...) { // no memory
        stop_following(task);
        task_pool_.destroy(number);
        throw;
    }
    task.payload = std::move(spec.payload);
    return &task;
}

void scheduler::take_in(task_record& task, const task_spec& spec) {
    task.pass = pass_;
    task.uid = shared_string(spec.uid);
    task.name = name_of(spec, task.uid);
    task.overlap = spec.overlap;
    task.policy = made_policy(spec);
    if (spec.policy.tolerance.count() > 0)
        (void)task.made_past(); // where it stands among those who may be late
    task.hidden = spec.hidden;
    task.mode = spec.mode;
    task.first = spec.first.type();
    if (spec.first.type() == rondo::first_run::kind::at) task.anchor = spec.first.when();
    begin_following(task, task.when);
}

result<void> scheduler::check_update(const task_record& task, const task_spec& spec) const {
    if (shutting_down()) return errc::shutting_down;
    if (task.state != task_state_kind::live) return errc::task_not_exists;
    if (error_code bad = check(spec, options_.shared)) return bad;
    if (!spec.group.empty() && find_group(spec.group) == nullptr) return errc::group_not_exists;
    if (would_follow_itself(spec)) return errc::cyclic_schedule;
    return boost::outcome_v2::success();
}

task_definition scheduler::definition(const task_record& task, instant now) const {
    task_definition d;
    d.uid = task.uid;
    d.name = task.name;
    d.schedule = task.when.text();
    d.hidden = task.hidden;
    d.anchor = task.first == rondo::first_run::kind::at ? task.anchor : now.wall;
    if (auto when = task.when.when()) d.anchor = *when;
    bool after = task.first == rondo::first_run::kind::after_interval;
    d.first_slot = task.follows() ? follow_from(task.when, now) : d.anchor;
    if (task.when.type() == schedule::kind::rule && task.first != rondo::first_run::kind::immediately) {
        // Its first slot may be the anchor itself, or else becomes it: what is before that never counts.
        d.first_slot = task.when.next_after(d.anchor - std::chrono::microseconds(after ? 0 : 1), d.anchor);
        if (after && d.first_slot) d.anchor = *d.first_slot;
    } else if (after && task.when.interval()) {
        d.first_slot = d.anchor + *task.when.interval();
    }
    return d;
}

std::unique_ptr<task_payload> scheduler::forget(task_record& task) {
    recycle();
    task.pass = pass_; // which is of no concern to it
    auto payload = std::move(task.payload);
    queue_of(task).erase(task); // it may have failed to become live half-way
    take_out(task);
    return payload;
}

result<void> scheduler::activate(task_record& task, const task_state& state, instant now,
                                 const history_reader* on_record) {
    recycle();
    attend(task);
    if (shutting_down()) return errc::shutting_down;
    bool sane = in_range(state.anchor) && (!state.paused_until || in_range(*state.paused_until)) &&
                (!state.next_slot || *state.next_slot == cursor_waits_for_end || in_range(*state.next_slot));
    if (!sane) return errc::store_corrupt;
    task.anchor = state.anchor;
    task.cursor = state.next_slot ? *state.next_slot : no_slot;
    if (state.last_run || state.last_outcome) {
        task.made_past().last_run = state.last_run ? *state.last_run : no_slot;
        task.past->last_outcome = state.last_outcome;
        task.past->failures = state.failures;
    }
    if (state.paused) {
        wall_due_.make_room();
        halt(task, made_note({state.pause_reason, state.paused_until, now}));
    }
    if (!state.created) task.catch_up_before = now.wall;
    if (task.follows()) {
        task.state = task_state_kind::live;
        take_up(task, state, on_record, now);
    } else {
        wall_time slot = slot_after_restart(task, state, now);
        task.state = task_state_kind::live;
        if (slot != no_slot) go_on_with(task, slot, now);
    }
    take_followers_back(task, now);
    return boost::outcome_v2::success();
}

void scheduler::go_on_with(task_record& task, wall_time slot, instant now) {
    // A cursor far ahead of an interval means that the wall clock was set back between two lives. Keep the phase of a
    // grid, and wait for an interval, or half of one less or more: what is ahead by little is due when it says, as
    // clocks are never quite the same, and what ran last may have run just now. One that others share may be put right
    // the next moment.
    wall_time from = slot;
    if (auto interval = task.when.interval(); interval && slot > task.anchor) {
        const auto ahead = slot - now.wall;
        const std::chrono::microseconds half = *interval / 2;
        const auto least = options_.shared ? std::max<std::chrono::microseconds>(half, clock_step_min) : half;
        if (ahead > least + *interval) {
            from = now.wall + (task.fixed_delay() ? *interval : least + (ahead - least) % *interval);
            if (task.fixed_delay()) slot = from;
        }
    }
    set_slot(task, from, now);
    if (from != slot) task.slot = slot;
}

// The next slot, given the cursor that the repository has.
wall_time scheduler::slot_after_restart(const task_record& task, const task_state& state, instant now) {
    const schedule& when = task.when;
    // The run whose end was waited for never ended: its process died.
    if (state.next_slot == moment(cursor_waits_for_end) && when.type() == schedule::kind::every_after)
        return now.wall + *when.interval();
    if (state.schedule_changed || !could_be_cursor(when, state, now.wall)) {
        // What the old schedule had due is not decided under the new one; its own slots are.
        switch (when.type()) {
        case schedule::kind::at: return *when.when();
        case schedule::kind::once:
            return state.next_slot && in_range(*state.next_slot) ? *state.next_slot : now.wall;
        case schedule::kind::every_after:
        case schedule::kind::after: return now.wall;
        case schedule::kind::rule:
        case schedule::kind::every: break;
        }
        // The old schedule may have had nothing to do for long.
        wall_time from = state.next_slot ? std::min(*state.next_slot, now.wall) : now.wall;
        auto next = when.next_after(from - std::chrono::microseconds(1), state.anchor);
        return next ? *next : no_slot;
    }
    return state.next_slot ? *state.next_slot : no_slot;
}

task_record* scheduler::find(std::string_view uid) const noexcept {
    return tasks_.find(uid);
}

void scheduler::remove(task_record& task, instant now) {
    recycle();
    attend(task);
    make_room_for_all(task);                // first, as it may throw
    task.state = task_state_kind::removing; // or is it, as there was no memory for a run that waits
    unschedule(task);
    if (task.paused) wall_due_.erase(task);
    forget_slots(task);
    if (task.runs() == nullptr) return erase(task);
    if (task.backfill() != nullptr && !task.backfill()->over()) stop_backfill_now(task, now);
    // The last drop of a waiting run erases the task, so look ahead.
    for (run_record *run = task.runs(), *next = nullptr; run != nullptr; run = next) {
        next = run->next;
        core::make_room(actions_, actions_of_input_max); // those before may have let others begin
        if (run->state == run_state_kind::overdue) end_attempts(*run, cancel_reason::removed, now);
        if (run->cancelled != cancel_reason::none || run->state == run_state_kind::overdue) continue;
        if (run->state == run_state_kind::waiting) {
            drop_waiting(*run, cancel_reason::removed, now);
        } else if (run->state == run_state_kind::backing_off) {
            drop_retry(*run, cancel_reason::removed, now);
        } else {
            run->cancelled = cancel_reason::removed;
            if (run->state == run_state_kind::running)
                actions_.push_back({action::kind::cancel_run, &task, run});
        }
    }
}

void scheduler::erase(task_record& task) {
    core::make_room(actions_, 1); // first, as it may throw
    take_out(task);
    actions_.push_back({action::kind::task_gone, &task});
}

void scheduler::take_out(task_record& task) noexcept {
    leave_waiting(task);
    forget_slots(task);
    decisions_.forget(task);
    stop_following(task);
    const std::uint32_t number = tasks_.erase(task);
    task.heap_index = std::exchange(released_tasks_, number);
}

due_queue& scheduler::queue_of(const task_record& task) noexcept {
    return task.by_wall() || task.paused ? wall_due_ : steady_due_;
}

void scheduler::pause(task_record& task, instant now, pause_note note) {
    recycle();
    attend(task);
    if (task.state != task_state_kind::live) return;
    note.since = now;
    wall_due_.make_room();
    halt(task, made_note(std::move(note)));
}

// There is room for it among those that wait for the wall clock.
void scheduler::halt(task_record& task, std::unique_ptr<pause_note> note) {
    (void)task.made_past(); // first, as it may throw
    moment until = note != nullptr ? note->until : moment();
    if (task.paused) wall_due_.erase(task);
    unschedule(task);
    task.paused = true;
    task.past->pause = std::move(note);
    if (until) wall_due_.put(task, until->time_since_epoch().count(), false, 0);
}

void scheduler::resume(task_record& task, resume_from from, instant now) {
    recycle();
    attend(task);
    if (task.state != task_state_kind::live || !task.paused) return;
    make_room_for_all(task);
    end_pause(task);
    go_on(task, from, now);
    admit(now);
}

void scheduler::end_pause(task_record& task) {
    wall_due_.erase(task);
    task.paused = false;
    task.past->pause.reset();
}

// By the clock that the task follows. Where the wall clock was set forward, an interval cannot know when, between
// the last look that found it not over and now: the latest that it can have been, for who is paused runs nothing.
std::int64_t scheduler::end_of_pause(const task_record& task, instant now) const {
    const pause_note& said = *task.past->pause;
    std::int64_t end = key_at(task, *said.until, now);
    if (task.by_wall()) return end;
    instant known = said.since.steady < looked_.steady ? looked_ : said.since;
    return std::clamp(key_at(task, *said.until, known), end, std::max(end, now_key(task, now)));
}

// What fell due until then was paused; what did since, we are late for.
void scheduler::on_pause_over(task_record& task, instant now) {
    make_room_for_all(task); // first, as it may throw
    std::int64_t end = end_of_pause(task, now);
    end_pause(task);
    actions_.push_back({action::kind::task_resumed, &task});
    skip_paused(task, end, now);
    wait_for_no_end(task, now);
    want_place(task, now);
}

// After a pause, of the task or of all.
void scheduler::go_on(task_record& task, resume_from from, instant now) {
    if (from == resume_from::now) {
        skip_paused(task, now_key(task, now), now);
    } else {
        task.catch_up_before = now.wall;
        make_late(task);
        if (task.slot != no_slot) schedule_slot(task, {task.slot, task.due});
    }
    wait_for_no_end(task, now);
    want_place(task, now);
}

// That of all, and its own if that was over meanwhile.
void scheduler::end_both_pauses(task_record& task, resume_from from, instant now) {
    if (task.paused && task.heap_index != not_in_heap && *task.past->pause->until <= now.wall)
        on_pause_over(task, now);
    if (!task.paused) go_on(task, from, now);
}

void scheduler::skip_paused(task_record& task, std::int64_t up_to, instant now) {
    skip_wanted(task, skip_reason::paused);
    if (task.slot == no_slot) return;
    if (task.due <= up_to)
        skip_due(task, skip_reason::paused, up_to, now);
    else
        schedule_slot(task, {task.slot, task.due});
}

void scheduler::pause_all(instant now) {
    recycle();
    if (paused_all_ || shutting_down()) return;
    begin_pass({pass::kind::pause, now});
    paused_all_ = true;
    slots_left_ = false;
    go_through(now);
}

void scheduler::resume_all(resume_from from, instant now) {
    recycle();
    if (!paused_all_ || shutting_down()) return;
    begin_pass({pass::kind::resume, now, from});
    paused_all_ = false;
    go_through(now);
}

} // namespace rondo::core
