// SPDX-License-Identifier: BSL-1.0
#include <core/clock_step.hpp>
#include <core/make_room.hpp>
#include <core/overlap_decision.hpp>
#include <core/prefetch.hpp>
#include <core/scheduler.hpp>
#include <rondo/detail/cron_parser.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace rondo::core {
namespace {

// Until halfway to the next slot at most: who is looked at late must find one slot due, not two. What is late already
// waits no more.
std::chrono::microseconds tolerance_of(const task_record& task, wall_time slot) {
    if (!task.tolerant() || slot < task.catch_up_before) return std::chrono::microseconds(0);
    const std::chrono::microseconds most = task.policy->tolerance;
    if (task.fixed_delay()) return most; // there is no next one before it has run
    if (task.when.interval()) return std::min(most, *task.when.interval() / 2);
    const moment next = task.when.next_after(slot, task.anchor);
    return next ? std::min(most, (*next - slot) / 2) : most;
}

} // namespace

std::int64_t scheduler::now_key(const task_record& task, instant now) noexcept {
    if (task.by_wall()) return now.wall.time_since_epoch().count();
    return std::chrono::nanoseconds(now.steady.time_since_epoch()).count();
}

// When `t` is, or was.
std::int64_t scheduler::key_at(const task_record& task, wall_time t, instant now) noexcept {
    if (task.by_wall()) return t.time_since_epoch().count();
    constexpr std::chrono::microseconds far = std::chrono::years(150); // both are of the years 1 to 9999
    return now_key(task, now) - std::chrono::nanoseconds(std::clamp(now.wall - t, -far, far)).count();
}

// From an instant of the wall clock to when that is on the clock that the task follows.
void scheduler::set_slot(task_record& task, wall_time slot, instant now) {
    if (task.by_wall()) return schedule_slot(task, {slot, slot.time_since_epoch().count()});
    // Far enough for any schedule, near enough not to overflow in nanoseconds.
    constexpr std::chrono::microseconds far = std::chrono::years(150);
    if (task.when.type() == schedule::kind::every && slot < now.wall - far) {
        auto interval = *task.when.interval();
        auto beyond = (now.wall - far - slot + interval - std::chrono::microseconds(1)) / interval;
        wall_time first = slot;
        slot += beyond * interval;
        skip(task, {skip_reason::missed, first, slot - interval, static_cast<std::uint64_t>(beyond)}, slot);
    }
    auto wait = std::clamp(slot - now.wall, -far, far);
    schedule_slot(task, {slot, now_key(task, now) + std::chrono::nanoseconds(wait).count()});
}

void scheduler::schedule_slot(task_record& task, slot_due at) {
    std::int64_t late = 0;
    const bool tolerant = task.tolerant() && !task.paused;
    if (tolerant) {
        const std::chrono::microseconds most = tolerance_of(task, at.slot);
        late = task.by_wall() ? most.count() : std::chrono::nanoseconds(most).count();
    }
    const std::int64_t look_at = lead_.count() == 0 ? at.due : at.due - lead_of(task);
    if (!task.paused) queue_of(task).put(task, look_at, tolerant, late); // first, as it may throw
    task.slot = at.slot;
    task.held = false;
    task.due = at.due;
}

void scheduler::unschedule(task_record& task) {
    if (!task.paused) queue_of(task).erase(task);
    task.held = false;
    leave_waiting(task);
}

// What is due now, in order, however many calls that takes. Our own work makes nothing late: what counts is
// when the first of them was looked at. What falls due meanwhile is another matter.
void scheduler::start_due(instant now, std::size_t slots_max) {
    if (!std::exchange(slots_left_, false)) seen_ = now;
    std::int64_t steady = std::chrono::nanoseconds(seen_.steady.time_since_epoch()).count();
    // The wall clock may be set back meanwhile.
    std::int64_t wall = std::min(seen_.wall, now.wall).time_since_epoch().count();
    auto next = [&]() -> task_record* { // the end of a pause, in the second, brings slots to the first
        task_record* task = steady_due_.first_by(steady);
        return task != nullptr ? task : wall_due_.first_by(wall);
    };
    std::size_t left = slots_max;
    for (task_record* task = next(); task != nullptr; task = next()) {
        if (left-- == 0) {
            slots_left_ = true;
            return;
        }
        on_due(*task, now, seen_);
    }
    looked_ = seen_;
}

namespace {

// When it came to be due, `late` ago, its clock was behind by so little that it was put right since. One that was set is
// another matter: intervals do not follow it.
bool is_early(const task_record& task, instant now, std::chrono::nanoseconds late) noexcept {
    constexpr std::chrono::milliseconds tick(1);
    const auto ahead = task.slot - now.wall;
    return task.when.type() == schedule::kind::every && ahead > tick && ahead + late <= clock_step_min;
}

} // namespace

void scheduler::on_due(task_record& task, instant now, instant seen) {
    prefetch(task.uid.view().data());
    prefetch_whole(task.past.get());
    if (task.paused) return on_pause_over(task, now);
    if (options_.shared) {
        const std::chrono::nanoseconds late(now_key(task, now) - task.due);
        if (late.count() < 0) return decide_in_advance(task, now);
        if (is_early(task, now, late)) return set_slot(task, task.slot, now);
    }
    if (may_start_at_once(task, seen.steady, now)) return decide(task, now, seen);
    if (task.ready) // for slots before it
        task.queue()->seen = seen;
    else
        wait_for_place(task, seen, now); // first, as it may throw
    queue_of(task).erase(task);
}

// A look may be late by `resolution`, and the next one is that much later: what was looked at in vain must not be late for
// that. Whoever looks that seldom does without.
void scheduler::set_lead(std::chrono::nanoseconds lead) noexcept {
    constexpr std::chrono::milliseconds coarse(5);
    const bool wanted = options_.shared && lead.count() > 0 && options_.resolution <= coarse;
    lead_ = wanted ? lead + 2 * options_.resolution : std::chrono::nanoseconds(0);
}

// How long before it is due its slot is looked at. Where there are limits, whoever is first takes a place: each in its
// time, then.
std::int64_t scheduler::lead_of(const task_record& task) const noexcept {
    if (task.tolerant() || task.mode != record::write_ahead) return 0;
    if (options_.runs_in_flight_max != 0 || policy_of(task).group != nullptr) return 0;
    const bool every = task.when.type() == schedule::kind::every;
    if (!every && task.when.type() != schedule::kind::rule) return 0;
    if (!every) return std::chrono::floor<std::chrono::microseconds>(lead_).count();
    const auto lead = std::min<std::chrono::nanoseconds>(lead_, *task.when.interval() / 4);
    return lead > 2 * options_.resolution ? lead.count() : 0;
}

// As if it were due, so that what the repository takes for it makes it no later: its run begins when it is. Not where
// other runs of its task have a say in it, or skips that go with it, or where the cursor is elsewhere: then it is looked
// at again in its time.
void scheduler::decide_in_advance(task_record& task, instant now) {
    const std::int64_t left = task.due - now_key(task, now);
    const std::chrono::nanoseconds ahead =
        task.by_wall() ? std::chrono::microseconds(left) : std::chrono::nanoseconds(left);
    const instant then{now.steady + ahead, now.wall + std::chrono::ceil<std::chrono::microseconds>(ahead)};
    if (is_early(task, then, std::chrono::nanoseconds(0))) return set_slot(task, task.slot, now);
    const bool beside = task.overlap == overlap::allow_all && policy_of(task).in_flight_max == 0;
    const bool alone = (beside || task.in_flight() == 0) && task.queue() == nullptr && !task.ready &&
                       open_skip(task, task.schedule_no()) == nullptr;
    const bool plain = alone && task.cursor == task.slot && !task.cursor_lost;
    if (!plain || !may_start_at_once(task, then.steady, then))
        return queue_of(task).put(task, task.due, false, 0);
    const wall_time slot = task.slot;
    decide(task, then, then);
    decision* const d = decisions_.latest_of(task);
    if (d == nullptr || d->run == nullptr || d->run->scheduled_at != slot) return;
    d->run->early = true;
    d->due = then.steady;
    d->request.in_advance = true;
}

const task_policy& scheduler::policy_of(const task_record& task) noexcept {
    static const task_policy by_default;
    return task.policy != nullptr ? *task.policy : by_default;
}

namespace {

// The wait for a place makes nothing late: what counts is when the task was first seen to be due.
bool is_on_time(const task_record& task, slot_due latest, std::int64_t seen,
                std::chrono::microseconds grace) {
    if (latest.slot < task.catch_up_before) return false;
    constexpr std::chrono::microseconds far = std::chrono::years(150);
    grace = std::min(grace, far) + tolerance_of(task, latest.slot);
    return seen - latest.due <= (task.by_wall() ? grace.count() : std::chrono::nanoseconds(grace).count());
}

} // namespace

void scheduler::decide(task_record& task, instant now, instant seen, bool may_put_off) {
    if (task.follows()) return decide_followed(task, now, seen, may_put_off);
    const catch_up& policy = policy_of(task).catch_up;
    slot_due from{task.slot, task.due};
    due_slots found = count_due(task.when, from, now_key(task, now), task.anchor);
    bool on_time = is_on_time(task, found.latest, now_key(task, seen), policy.grace);
    caught_up slots =
        catch_up_slots(policy, task.when, from, found, on_time, now_key(task, now), task.anchor);
    if (may_put_off && !on_time && slots.wanted > 0 && hold(task, now)) return;
    queue_of(task).make_room(); // it may have become tolerant, or no more, while it was held or had no place
    make_room_to_decide(task, slots.missed > 0, slots.wanted > 0);
    bool was_held = task.held;
    task.held = false;
    step s = step_after(task, found, slots.wanted > 0, now);
    if (slots.missed > 0)
        put_skip(task, {skip_reason::missed, from.slot, slots.last_missed, slots.missed},
                 slots.wanted > 0 ? slots.first_wanted : s.cursor);
    if (slots.wanted > 0) {
        bool as_planned = found.before == 0 && !was_held && found.latest.slot >= task.catch_up_before;
        decide_wanted(task, slots, found.latest.slot,
                      as_planned ? rondo::trigger::schedule : rondo::trigger::catch_up, s.cursor, now);
        drop_queue_if_empty(task);
    }
    take(task, s);
}

// Catching up begins at a time of the task's own, once.
bool scheduler::hold(task_record& task, instant now) {
    auto spread = policy_of(task).catch_up.spread;
    if (spread.count() <= 0 || task.held) return false;
    auto wait = std::chrono::microseconds(static_cast<std::int64_t>(
        detail::stable_hash(task.uid) % static_cast<std::uint64_t>(spread.count())));
    const std::int64_t later = task.by_wall() ? wait.count() : std::chrono::nanoseconds(wait).count();
    queue_of(task).put(task, now_key(task, now) + later, task.tolerant(), 0);
    task.held = true;
    return true;
}

void scheduler::decide_wanted(task_record& task, const caught_up& found, wall_time last, rondo::trigger why,
                              wall_time after, instant now) {
    if (found.wanted > 1) {
        make_room_to_wait(task, 1);
        put_wanted(task, found, last, why, after);
        return want_place(task, now);
    }
    wall_time slot = found.first_wanted;
    const task_policy& policy = policy_of(task);
    switch (overlap_decision(task.overlap, task.in_flight(), task.slots_waiting(), policy.in_flight_max,
                             policy.buffer_max)) {
    case overlap_answer::start:
        if (has_place(task, now))
            return begin_slot_run(make_run(task, why, slot, now), after, task.schedule_no(), now);
        break;
    case overlap_answer::skip: return put_skip(task, {skip_reason::overlap, slot, slot, 1}, after);
    case overlap_answer::full: return put_skip(task, {skip_reason::buffer_full, slot, slot, 1}, after);
    case overlap_answer::replace:
        cancel_running(task, cancel_reason::overlap, now);
        put_wanted(task, found, slot, why, after);
        skip_wanted(task, skip_reason::overlap, 1);
        return want_place(task, now);
    case overlap_answer::wait: break;
    }
    make_room_to_wait(task, 1);
    put_wanted(task, found, slot, why, after);
    want_place(task, now);
}

void scheduler::skip_due(task_record& task, skip_reason reason, std::int64_t up_to, instant now) {
    if (task.follows()) return skip_followed(task, reason, up_to);
    due_slots found = count_due(task.when, {task.slot, task.due}, up_to, task.anchor);
    step s = step_after(task, found, false, now);
    put_skip(task, {reason, task.slot, found.latest.slot, found.before + 1}, s.cursor);
    take(task, s);
}

// A fixed delay counts from the end of a run, here of the one that starts or is in flight; without
// one, from now.
scheduler::step scheduler::step_after(const task_record& task, const due_slots& found, bool after_run,
                                      instant now) {
    if (task.fixed_delay()) {
        if (after_run) return {cursor_waits_for_end, {}, false};
        auto delay = *task.when.interval();
        slot_due next{now.wall + delay, now_key(task, now) + std::chrono::nanoseconds(delay).count()};
        return {next.slot, next, true};
    }
    if (found.more) return {found.next.slot, found.next, true};
    return {no_slot, {}, false};
}

void scheduler::take(task_record& task, const step& s) {
    if (s.scheduled) return schedule_slot(task, s.next);
    if (!task.paused) queue_of(task).erase(task); // what waits of it keeps its turn
    task.slot = no_slot;
}

void scheduler::skip(task_record& task, skip_range range, wall_time next) {
    skip(task, range, next, task.schedule_no());
}

// Skips in a row become one range, so a task that cannot start for hours costs the store nothing.
void scheduler::skip(task_record& task, skip_range range, wall_time next, std::uint32_t schedule_no) {
    skipped_of(task.made_past().counts, range.reason) += range.count;
    action& told = actions_.emplace_back(action{action::kind::slots_skipped, &task});
    told.skipped = range;
    decision* open = open_skip(task, schedule_no);
    if (open != nullptr && (!open->request.skipped || open->request.skipped->reason == range.reason)) {
        if (open->request.skipped) {
            open->request.skipped->last = range.last;
            open->request.skipped->count += range.count;
        } else { // it only moves the cursor
            open->request.skipped = range;
            open->schedule_no = schedule_no;
        }
        open->request.next = next == no_slot ? moment() : moment(next);
        task.cursor = next;
        return;
    }
    decision& made = append_decision(task, next);
    made.request.skipped = range;
    made.schedule_no = schedule_no;
}

// The last decision about the task, if it is still here, has no run, and says no slots of another schedule.
decision* scheduler::open_skip(task_record& task, std::uint32_t schedule_no) noexcept {
    decision* last = decisions_.latest_of(task);
    if (last == nullptr || last->run != nullptr) return nullptr;
    return !last->request.skipped || last->schedule_no == schedule_no ? last : nullptr;
}

decision& scheduler::append_decision(task_record& task, wall_time next) {
    std::uint32_t& made = task.made_past().decisions;
    decision& d = decisions_.append(task); // the last that may fail for want of memory
    d.mode = task.mode;
    d.request.uid = task.uid;
    d.schedule_no = task.schedule_no();
    d.no = ++made;
    d.request.force = task.cursor_lost;
    task.cursor_lost = false;
    if (task.cursor != no_slot) d.request.expected = task.cursor;
    if (next != no_slot) d.request.next = next;
    task.cursor = next;
    return d;
}

} // namespace rondo::core
