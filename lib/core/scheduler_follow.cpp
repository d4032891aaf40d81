// SPDX-License-Identifier: BSL-1.0
#include <core/keys.hpp>
#include <core/scheduler.hpp>

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <utility>

namespace rondo::core {

// Tasks that follow others (`after`). What is due of such a task is a list, not arithmetic: the slots that the
// other has ended. The first of them is the task's slot, and goes through the heap like any other.

namespace {

constexpr std::chrono::microseconds tick(1);

std::int64_t nanoseconds_of(std::chrono::microseconds d) noexcept {
    constexpr std::chrono::microseconds far = std::chrono::years(150);
    return std::chrono::nanoseconds(std::clamp(d, std::chrono::microseconds(0), far)).count();
}

// Whether it stands for a slot whose last attempt is still to end.
bool is_open(const run_record& run) noexcept {
    return run.for_slot && !(run.state == run_state_kind::overdue && run.last);
}

bool has_open(const task_record* task, wall_time slot) noexcept {
    if (task == nullptr) return false;
    for (const run_record* run = task->runs; run != nullptr; run = run->next)
        if (run->scheduled_at == slot && is_open(*run)) return true;
    return false;
}

// Whether the cursor on record is one of a task that follows, and of the same one.
bool keeps_cursor(const task_state& state) noexcept {
    return !state.schedule_changed && state.next_slot && *state.next_slot != cursor_waits_for_end;
}

// In its place; a slot that is there already stays as it is.
void insert(std::vector<followed_slot>& slots, const followed_slot& s) {
    auto place = std::ranges::lower_bound(slots, s.slot, {}, &followed_slot::slot);
    if (place == slots.end() || place->slot != s.slot) slots.insert(place, s);
}

} // namespace

// A task has one it follows at most, and those that are there make no circle yet.
bool scheduler::would_follow_itself(const task_spec& spec) const noexcept {
    std::string_view uid = spec.when.followed();
    while (!uid.empty() && uid != spec.uid) {
        const task_record* followed = tasks_.find(uid);
        uid = followed != nullptr ? followed->when.followed() : std::string_view();
    }
    return !uid.empty();
}

void scheduler::begin_following(task_record& task) {
    if (!task.follows()) return;
    task.made_past().followed = std::make_unique<followed_slots>();
    followers_[std::string(task.when.followed())].push_back(&task);
}

void scheduler::stop_following(task_record& task) noexcept {
    if (!task.follows()) return;
    auto found = followers_.find(task.when.followed());
    if (found == followers_.end()) return;
    std::erase(found->second, &task);
    std::erase_if(beside_, [&](const run_beside& r) { return r.task == &task; });
    if (found->second.empty()) followers_.erase(found);
    if (task.past != nullptr) task.past->followed.reset();
}

bool scheduler::is_followed(const task_record& task) const noexcept {
    return !followers_.empty() && followers_.contains(task.uid.view());
}

// The first slot in flight that is not over, `but` for one.
wall_time scheduler::first_in_flight(const task_record& task, const run_record* but) noexcept {
    wall_time first = wall_time::max();
    for (const run_record* run = task.runs; run != nullptr; run = run->next)
        if (run != but && is_open(*run)) first = std::min(first, run->scheduled_at);
    return first;
}

// Where a task begins to follow: with what is due or in flight, or else from now on.
wall_time scheduler::follow_from(const schedule& when, instant now) const noexcept {
    wall_time from = now.wall;
    const task_record* followed = tasks_.find(when.followed());
    if (followed == nullptr || followed->state != task_state_kind::live) return from;
    from = std::min(from, first_in_flight(*followed, nullptr));
    if (followed->queue() != nullptr && !followed->queue()->slots.empty())
        from = std::min(from, followed->queue()->slots.front().first);
    if (followed->slot != no_slot) from = std::min(from, followed->slot);
    return std::max(from, wall_time_first);
}

// The last end of a slot, or of a run beside the schedule.
void scheduler::tell_followers(const run_record& run, rondo::outcome how, instant now) {
    if (followers_.empty() || shutting_down()) return; // the next life finds it on record
    auto found = followers_.find(run.task->uid.view());
    if (found == followers_.end()) return;
    for (task_record* task : found->second) {
        bool wanted = task->when.outcomes().contains(how);
        if (!run.for_slot && wanted)
            beside_.push_back({task, run.of_backfill ? rondo::trigger::backfill : rondo::trigger::manual,
                               run.scheduled_at, run.users});
        else if (run.for_slot && wanted && task->state != task_state_kind::removing)
            insert(task->past->followed->early, {run.scheduled_at, key_of(now.steady), false});
    }
    if (run.for_slot) let_followers_go_on(*run.task, &run, now);
}

// What waited for a slot before it, which is over now, or will not be run here.
void scheduler::let_followers_go_on(const task_record& followed, const run_record* but, instant now) {
    if (followers_.empty() || shutting_down()) return;
    auto found = followers_.find(followed.uid.view());
    if (found == followers_.end()) return;
    wall_time open = first_in_flight(followed, but);
    for (task_record* task : found->second) bring_early(*task, open, now);
}

void scheduler::bring_early(task_record& task, wall_time open, instant now) {
    attend(task);
    followed_slots& f = *task.past->followed;
    auto end = std::ranges::lower_bound(f.early, open, {}, &followed_slot::slot);
    for (auto s = f.early.begin(); s != end; ++s) {
        if (!s->late) s->due = key_of(now.steady); // what held it up is no lateness of ours
        if (!f.due.empty()) s->due = std::max(s->due, f.due.back().due); // so that they are in order of both
        insert(f.due, *s);
    }
    f.early.erase(f.early.begin(), end);
    if (task.state == task_state_kind::live) show_first(task);
}

// The first of what is due is the slot of the task. More than may wait is not kept.
void scheduler::show_first(task_record& task) {
    std::vector<followed_slot>& due = task.past->followed->due;
    std::size_t most = policy_of(task).buffer_max;
    if (due.size() > most) {
        std::size_t n = due.size() - most;
        skip_reason why = due[n - 1].late ? skip_reason::missed : skip_reason::buffer_full;
        skip_first(task, task.paused || paused_all_ ? skip_reason::paused : why, n);
    }
    if (due.empty()) return;
    slot_due first{due.front().slot, due.front().due};
    if (!task.ready && !task.held) return schedule_slot(task, first);
    task.slot = first.slot;
    task.due = first.due;
}

// Where the cursor goes from one that is decided; never back, though the wall clock may have been set.
wall_time scheduler::after_followed(const task_record& task, wall_time slot) noexcept {
    const task_queue* queue = task.queue();
    wall_time cursor = queue != nullptr && !queue->slots.empty() ? queue->after : task.cursor;
    return std::max(cursor, slot + tick);
}

void scheduler::skip_first(task_record& task, skip_reason reason, std::size_t n) {
    std::vector<followed_slot>& due = task.past->followed->due;
    wall_time last = due[n - 1].slot;
    put_skip(task, {reason, due.front().slot, last, n}, after_followed(task, last));
    due.erase(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(n));
}

void scheduler::skip_followed(task_record& task, skip_reason reason, std::int64_t up_to) {
    std::vector<followed_slot>& due = task.past->followed->due;
    auto later = std::ranges::find_if(due, [&](const followed_slot& s) { return s.due > up_to; });
    if (later != due.begin()) skip_first(task, reason, static_cast<std::size_t>(later - due.begin()));
    if (due.empty()) return take(task, {});
    show_first(task);
}

// Those on time run each; what is late is caught up on.
void scheduler::decide_followed(task_record& task, instant now, instant seen, bool may_put_off) {
    const catch_up& policy = policy_of(task).catch_up;
    std::vector<followed_slot>& due = task.past->followed->due;
    std::size_t late = count_late(due, key_of(seen.steady), nanoseconds_of(policy.grace));
    bool on_time = late != due.size();
    std::size_t wanted = count_wanted(policy, std::span(due).first(late), on_time, key_of(now.steady));
    if (may_put_off && !on_time && wanted > 0 && hold(task, now)) return;
    task.held = false;
    if (late != wanted) skip_first(task, skip_reason::missed, late - wanted);
    auto slots = std::exchange(due, {}); // what follows may bring others
    take(task, {});
    bool line_up = wanted > 0 && slots.size() > 1;
    for (std::size_t i = 0; i != slots.size(); ++i) {
        wall_time slot = slots[i].slot;
        caught_up one{0, {}, 1, slot};
        auto why = i < wanted ? rondo::trigger::catch_up : rondo::trigger::schedule;
        if (line_up)
            put_wanted(task, one, slot, why, after_followed(task, slot));
        else
            decide_wanted(task, one, slot, why, after_followed(task, slot), now);
    }
    if (line_up) want_place(task, now);
}

// The end of a pause from the past: what fell due in it is late.
void scheduler::make_late(task_record& task) noexcept {
    if (!task.follows()) return;
    for (followed_slot& s : task.past->followed->due) s.late = true;
}

moment scheduler::history_wanted_from(const task_record& task, const task_state& state) noexcept {
    if (!task.follows() || state.created || !keeps_cursor(state)) return {};
    // No run starts before its slot; but a wall clock that was corrected may say so.
    constexpr auto correction_max = std::chrono::minutes(10);
    return std::max(*state.next_slot, wall_time_first + correction_max) - correction_max;
}

// A task that follows comes to life. What is on record of the other since its cursor is caught up on.
void scheduler::take_up(task_record& task, const task_state& state, const history_reader* on_record,
                        instant now) {
    bool known = keeps_cursor(state);
    wall_time from = known ? *state.next_slot : follow_from(task.when, now);
    const task_record* followed = tasks_.find(task.when.followed());
    wall_time open = followed != nullptr ? first_in_flight(*followed, nullptr) : wall_time::max();
    followed_slots& f = *task.past->followed;
    moment latest;
    if (known && on_record != nullptr)
        for (const ended_slot& s : on_record->ended(task.when.outcomes(), latest)) {
            if (s.slot < from || has_open(followed, s.slot)) continue;
            insert(f.early, {s.slot, key_of(now.steady) - nanoseconds_of(now.wall - s.at), true});
        }
    // Those that ended otherwise need not be looked at again.
    if (f.early.empty() && f.due.empty() && latest) from = std::max(from, std::min(*latest + tick, open));
    if (task.cursor != from) append_decision(task, from);
    bring_early(task, open, now);
}

// The cursor of a task that follows is elsewhere: another manager has decided what lies before it.
void scheduler::pass_followed(task_record& task, moment cursor, instant now) {
    if (!cursor || *cursor == cursor_waits_for_end) { // of another schedule: the next decision puts it right
        task.cursor_lost = true;
        return;
    }
    task.cursor = *cursor;
    followed_slots& f = *task.past->followed;
    auto passed = [&](const followed_slot& s) { return s.slot < *cursor; };
    std::erase_if(f.early, passed);
    std::erase_if(f.due, passed);
    unschedule(task);
    task.slot = no_slot;
    if (task_queue* queue = task.queue(); queue != nullptr) {
        std::erase_if(queue->slots, [&](const slot_segment& s) {
            if (s.last >= *cursor) return false;
            if (s.wanted) queue->slots_wanted -= s.count, slots_waiting_ -= s.count;
            return true;
        });
        flush_skips(task);
    }
    show_first(task);
    want_place(task, now);
}

// What other tasks have run beside their schedule: those that follow them too, for the same users. Not where such a
// run ends, as that may be in the middle of anything.
void scheduler::follow_beside(instant now) {
    if (shutting_down()) return beside_.clear();
    for (std::size_t left = options_.work_max; left > 0 && !beside_.empty(); --left) {
        run_beside next = std::move(beside_.front());
        beside_.erase(beside_.begin());
        task_record& task = *next.task;
        attend(task);
        if (task.state != task_state_kind::live || task.paused || paused_all_) continue;
        auto asked = start_beside(task, std::move(next.users), {}, next.why, next.scheduled_at, now);
        if (asked) continue;
        action& told = actions_.emplace_back(action{action::kind::follow_refused, &task});
        told.refused = asked.error();
    }
}

} // namespace rondo::core
