// SPDX-License-Identifier: BSL-1.0
#include <core/history_reader.hpp>
#include <core/keys.hpp>
#include <core/make_room.hpp>
#include <core/scheduler.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
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

bool has_slots(const task_queue* queue) noexcept {
    return queue != nullptr && !queue->slots.empty();
}

// The cursor once all that waits is decided.
wall_time after_queue(const task_record& task) noexcept {
    return has_slots(task.queue()) ? task.queue()->after : task.cursor;
}

bool has_open(const task_record* task, wall_time slot) noexcept {
    if (task == nullptr) return false;
    for (const run_record* run = task->runs(); run != nullptr; run = run->next)
        if (run->scheduled_at == slot && is_open(*run)) return true;
    return false;
}

// Whether the cursor on record is one of a task that follows, and of the same one.
bool keeps_cursor(const task_state& state) noexcept {
    return !state.schedule_changed && state.next_slot && *state.next_slot != cursor_waits_for_end;
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

// As `when` says, which the task may have yet to become. Where there is no memory nothing has changed.
void scheduler::begin_following(task_record& task, const schedule& when) {
    if (when.type() != schedule::kind::after) return;
    auto slots = std::make_unique<followed_slots>();
    task_past& past = task.made_past();
    if (auto found = followers_.find(when.followed()); found != followers_.end())
        found->second.push_back(&task);
    else
        followers_.emplace(std::string(when.followed()), std::vector{&task});
    past.followed = std::move(slots);
}

// What it has of the slots is for who calls to drop.
void scheduler::stop_following(task_record& task) noexcept {
    if (!task.follows()) return;
    auto found = followers_.find(task.when.followed());
    if (found == followers_.end()) return;
    std::erase(found->second, &task);
    std::erase_if(beside_, [&](const run_beside& r) { return r.task == &task; });
    if (found->second.empty()) followers_.erase(found);
}

bool scheduler::is_followed(const task_record& task) const noexcept {
    return !followers_.empty() && followers_.contains(task.uid.view());
}

// The first slot in flight that is not over, `but` for one.
wall_time scheduler::first_in_flight(const task_record& task, const run_record* but) noexcept {
    wall_time first = wall_time::max();
    for (const run_record* run = task.runs(); run != nullptr; run = run->next)
        if (run != but && is_open(*run)) first = std::min(first, run->scheduled_at);
    return first;
}

// The first slot that is not over, as far as that is known: of one that is on its way to the repository, the first
// that it would have.
wall_time scheduler::first_left(const task_record& task, instant now) const {
    wall_time first = first_in_flight(task, nullptr);
    if (task.state == task_state_kind::registering) {
        moment proposed = definition(task, now).first_slot;
        return proposed ? std::min(first, *proposed) : first;
    }
    if (task.state != task_state_kind::live) return first;
    if (task.queue() != nullptr && !task.queue()->slots.empty())
        first = std::min(first, task.queue()->slots.front().first);
    if (task.slot != no_slot) first = std::min(first, task.slot);
    return task.follows() ? std::min(first, task.cursor) : first; // what comes of another is not before that
}

// Where a task begins to follow: with what is due or in flight, or else from now on.
wall_time scheduler::follow_from(const schedule& when, instant now) const {
    const task_record* followed = tasks_.find(when.followed());
    wall_time first = followed != nullptr ? first_left(*followed, now) : wall_time::max();
    return std::max(std::min(now.wall, first), wall_time_first);
}

// Those that are new begin with what it has due, though they may have come before it.
void scheduler::take_followers_back(const task_record& task, instant now) {
    auto found = followers_.find(task.uid.view());
    if (found == followers_.end()) return;
    wall_time first = std::max(first_left(task, now), wall_time_first);
    for (task_record* follower : found->second) {
        bool fresh = follower->state == task_state_kind::live && follower->past->followed->fresh;
        if (!fresh || after_queue(*follower) <= first) continue;
        if (has_slots(follower->queue()))
            follower->queue()->after = first;
        else
            append_decision(*follower, first);
        take_followers_back(*follower, now);
    }
}

// What the last end of a run beside the schedule brings about.
std::vector<run_beside> scheduler::made_beside(const run_record& run, rondo::outcome how) const {
    std::vector<run_beside> made;
    if (run.for_slot || followers_.empty() || shutting_down()) return made;
    auto found = followers_.find(run.task->uid.view());
    if (found == followers_.end()) return made;
    const auto why = run.of_backfill ? rondo::trigger::backfill : rondo::trigger::manual;
    for (task_record* task : found->second)
        if (task->when.outcomes().contains(how)) made.push_back({task, why, run.scheduled_at, run.users});
    return made;
}

// The last end of a slot, or of a run beside the schedule.
void scheduler::tell_followers(const run_record& run, rondo::outcome how, end_effects& effects, instant now) {
    if (followers_.empty() || shutting_down()) return; // the next life finds it on record
    auto found = followers_.find(run.task->uid.view());
    if (found == followers_.end()) return;
    std::move(effects.beside.begin(), effects.beside.end(), std::back_inserter(beside_));
    if (!run.for_slot) return;
    for (task_record* task : found->second) {
        bool wanted = task->when.outcomes().contains(how);
        followed_slots& f = *task->past->followed;
        if (task->state == task_state_kind::registering) f.told.push_back(run.scheduled_at);
        if (wanted && task->state != task_state_kind::removing)
            f.add_early({run.scheduled_at, key_of(now.steady), false});
    }
    let_followers_go_on(*run.task, &run, now);
}

// What waited for a slot before it, which is over now, or will not be run here.
void scheduler::let_followers_go_on(const task_record& followed, const run_record* but, instant now) {
    if (followers_.empty() || shutting_down()) return;
    auto found = followers_.find(followed.uid.view());
    if (found == followers_.end()) return;
    auto waits = [](const task_record* task) {
        const followed_slots& f = *task->past->followed;
        return !f.early.empty() || f.surplus.count > 0;
    };
    if (std::ranges::none_of(found->second, waits)) return;
    wall_time open = first_in_flight(followed, but);
    for (task_record* task : found->second) bring_early(*task, open, now);
}

void scheduler::bring_early(task_record& task, wall_time open, instant now) {
    attend(task);
    followed_slots& f = *task.past->followed;
    f.bring_early(open, key_of(now.steady));
    if (task.state != task_state_kind::live) return;
    f.keep_early(policy_of(task).buffer_max);
    if (f.surplus.count > 0 && f.surplus.last < open) skip_surplus(task);
    show_first(task);
}

skip_reason scheduler::why_not_kept(const task_record& task, bool late) const noexcept {
    if (task.paused || paused_all_) return skip_reason::paused;
    return late ? skip_reason::missed : skip_reason::buffer_full;
}

// And what is due before it, which would not be kept either.
void scheduler::skip_surplus(task_record& task) {
    followed_slots& f = *task.past->followed;
    auto later = std::ranges::upper_bound(f.due, f.surplus.last, {}, &followed_slot::slot);
    wall_time first = f.surplus.first;
    if (later != f.due.begin()) first = std::min(first, f.due.front().slot);
    std::uint64_t n = f.surplus.count + static_cast<std::uint64_t>(later - f.due.begin());
    put_skip(task, {why_not_kept(task, f.surplus.late), first, f.surplus.last, n},
             after_followed(task, f.surplus.last));
    f.due.erase(f.due.begin(), later);
    f.surplus = {};
    f.fresh = false;
}

// The first of what is due is the slot of the task. More than may wait is not kept.
void scheduler::show_first(task_record& task) {
    std::vector<followed_slot>& due = task.past->followed->due;
    std::size_t most = policy_of(task).buffer_max;
    if (due.size() > most) {
        std::size_t n = due.size() - most;
        skip_first(task, why_not_kept(task, due[n - 1].late), n);
    }
    if (due.empty()) return show_none(task);
    slot_due first{due.front().slot, due.front().due};
    if (task.slot != first.slot) stop_waiting(task);
    if (!task.slot_waits() && !task.held) return schedule_slot(task, first);
    task.slot = first.slot;
    task.due = first.due;
}

// Its slot does so no more; what waits before it keeps the turn.
void scheduler::stop_waiting(task_record& task) {
    if (!task.slot_waits()) return;
    task.slot = no_slot;
    if (task.slots_waiting() == 0)
        leave_waiting(task);
    else
        task.queue()->seen.reset();
}

void scheduler::show_none(task_record& task) {
    stop_waiting(task);
    if (task.slot == no_slot) return;
    task.held = false;
    take(task, {});
}

// Where the cursor goes from one that is decided; never back, though the wall clock may have been set.
wall_time scheduler::after_followed(const task_record& task, wall_time slot) noexcept {
    return std::max(after_queue(task), slot + tick);
}

void scheduler::skip_first(task_record& task, skip_reason reason, std::size_t n) {
    std::vector<followed_slot>& due = task.past->followed->due;
    wall_time last = due[n - 1].slot;
    put_skip(task, {reason, due.front().slot, last, n}, after_followed(task, last));
    due.erase(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(n));
    task.past->followed->fresh = false;
}

void scheduler::skip_followed(task_record& task, skip_reason reason, std::int64_t up_to) {
    std::vector<followed_slot>& due = task.past->followed->due;
    auto later = std::ranges::find_if(due, [&](const followed_slot& s) { return s.due > up_to; });
    if (later != due.begin()) skip_first(task, reason, static_cast<std::size_t>(later - due.begin()));
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
    make_room_for_all(task);
    const bool some_may_wait = due.size() > 1 || task.in_flight() > 0 || task.queue() != nullptr;
    if (some_may_wait) make_room_to_wait(task, due.size() + 2);
    const std::size_t slots = task.queue() != nullptr ? task.queue()->slots.size() : 0;
    make_room_to_begin(task, 2 * due.size() + slots + 3 * task.in_flight());
    task.held = false;
    if (late != wanted) skip_first(task, skip_reason::missed, late - wanted);
    task.past->followed->fresh = false;
    std::size_t decided = 0;
    try {
        decide_due(task, wanted, now, decided);
    } catch (...) { // no memory: those that are left are looked at again
        due.erase(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(decided));
        show_first(task);
        drop_queue_if_empty(task);
        throw;
    }
    due.clear();
    drop_queue_if_empty(task);
    show_none(task);
}

void scheduler::decide_due(task_record& task, std::size_t wanted, instant now, std::size_t& decided) {
    const std::vector<followed_slot>& due = task.past->followed->due;
    bool line_up = wanted > 0 && due.size() > 1;
    for (; decided != due.size(); ++decided) {
        make_room_to_begin(task, 1); // a begin takes of the room that there is, and more than one may come
        wall_time slot = due[decided].slot;
        caught_up one{0, {}, 1, slot};
        auto why = decided < wanted ? rondo::trigger::catch_up : rondo::trigger::schedule;
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

// Its end is still to come, or came since the task was reserved: history may not have all of it.
bool scheduler::is_told_of(const task_record& task, wall_time slot) const noexcept {
    const std::vector<wall_time>& told = task.past->followed->told;
    return has_open(tasks_.find(task.when.followed()), slot) || std::ranges::find(told, slot) != told.end();
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
    wall_time from = follow_from(task.when, now);
    if (known) from = state.created ? std::min(from, *state.next_slot) : *state.next_slot;
    const task_record* followed = tasks_.find(task.when.followed());
    wall_time open = followed != nullptr ? first_in_flight(*followed, nullptr) : wall_time::max();
    followed_slots& f = *task.past->followed;
    f.fresh = state.created || !known;
    moment latest;
    if (known && on_record != nullptr) {
        latest = on_record->latest();
        f.surplus = on_record->surplus();
        for (const ended_slot& s : on_record->ended())
            if (!is_told_of(task, s.slot))
                f.add_early({s.slot, key_of(now.steady) - nanoseconds_of(now.wall - s.at), true});
    }
    f.told = {};
    // Those that ended otherwise need not be looked at again.
    if (f.early.empty() && f.due.empty() && f.surplus.count == 0 && latest)
        from = std::max(from, std::min(*latest + tick, open));
    if (task.cursor != from || state.schedule_changed) append_decision(task, from);
    bring_early(task, open, now);
}

// The cursor of a task that follows is elsewhere: another manager has decided what lies before it.
void scheduler::pass_followed(task_record& task, moment cursor, instant now) {
    if (!cursor || *cursor == cursor_waits_for_end) { // of another schedule: the next decision puts it right
        task.cursor_lost = true;
        return;
    }
    task.cursor = *cursor;
    task.past->followed->pass(*cursor);
    task.past->followed->fresh = false;
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
        task_record& task = *beside_.front().task;
        attend(task);
        core::make_room(actions_, actions_of_input_max);
        std::vector<user> users = beside_.front().users; // if there is no memory it is looked at again
        if (task.state != task_state_kind::live || task.paused || paused_all_) {
            beside_.erase(beside_.begin());
            continue;
        }
        const run_beside& first = beside_.front();
        auto asked = start_beside(task, {first.why, first.scheduled_at, task.overlap, std::move(users)}, now);
        beside_.erase(beside_.begin());
        if (asked) continue;
        action& told = actions_.emplace_back(action{action::kind::follow_refused, &task});
        told.refused = asked.error();
    }
}

} // namespace rondo::core
