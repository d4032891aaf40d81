// SPDX-License-Identifier: BSL-1.0
#include <core/keys.hpp>
#include <core/label.hpp>
#include <core/scheduler.hpp>
#include <rondo/task_limits.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <new>
#include <utility>

namespace rondo::core {
namespace {

error_code check(const group& g) {
    if (!is_label(g.name(), uid_size_max)) return errc::invalid_name;
    if (g.starts_max() > group_starts_max) return errc::invalid_option;
    auto per = g.starts_per();
    if (g.starts_max() != 0 && (per.count() <= 0 || per > std::chrono::years(1))) return errc::invalid_option;
    return {};
}

} // namespace

result<void> scheduler::set_group(const group& wanted, instant now) {
    recycle();
    if (shutting_down()) return errc::shutting_down;
    if (error_code bad = check(wanted)) return bad;
    auto found = groups_.find(wanted.name());
    if (found == groups_.end()) {
        if (groups_.size() >= groups_max) return errc::invalid_option;
        open_groups_.reserve(groups_.size() + 2); // and the groupless: `settle` must not fail
        closed_groups_.reserve(groups_.size() + 2);
        auto made = std::make_unique<group_record>();
        made->name = shared_string(wanted.name());
        found = groups_.emplace(wanted.name(), std::move(made)).first;
    }
    group_record& g = *found->second;
    g.starts.set(wanted.starts_max(), wanted.starts_per());
    g.runs_in_flight_max = wanted.runs_in_flight_max();
    closed_groups_.erase(g);
    settle(g);
    admit(now);
    return boost::outcome_v2::success();
}

group_record* scheduler::find_group(std::string_view name) const noexcept {
    auto found = groups_.find(name);
    return found == groups_.end() ? nullptr : found->second.get();
}

std::vector<group_stat> scheduler::group_stats(instant now) const {
    std::vector<group_stat> all;
    all.reserve(groups_.size());
    for (const auto& [name, g] : groups_) {
        group_stat& s = all.emplace_back();
        s.name = g->name;
        s.runs_in_flight_max = g->runs_in_flight_max;
        s.starts_max = g->starts.most();
        s.starts_per = g->starts.per();
        s.runs_in_flight = g->runs_in_flight;
        s.waiting = g->turns.size();
        if (g->starts.limited()) s.starts = g->starts.count(now.steady);
    }
    return all;
}

std::unique_ptr<const task_policy> scheduler::made_policy(const task_spec& spec) const {
    task_policy p = spec.policy;
    p.group = find_group(spec.group);
    return p == task_policy() ? nullptr : std::make_unique<const task_policy>(p);
}

group_record& scheduler::group_of(const task_record& task) noexcept {
    group_record* g = policy_of(task).group;
    return g != nullptr ? *g : groupless_;
}

bool scheduler::has_place(const task_record& task, instant now) noexcept {
    return !full() && group_of(task).has_place(now.steady);
}

turn_key scheduler::turn_key_of(const task_record& task, std::int64_t since,
                                std::uint64_t number) const noexcept {
    return {since - policy_of(task).priority * options_.priority_ageing.count(), number};
}

// What could start since `since` passes over nobody whose turn is earlier.
bool scheduler::may_start_at_once(const task_record& task, steady_time since, instant now) noexcept {
    if (!passes_.empty() || !has_place(task, now)) return false;
    return open_groups_.empty() || open_groups_.top_key() > turn_key_of(task, key_of(since), 0);
}

// Its turns have changed, or how many of it are in flight.
void scheduler::settle(group_record& g) {
    open_groups_.erase(g);
    if (g.turns.empty() || g.at_limit()) return closed_groups_.erase(g);
    if (g.closed_index == not_in_heap) open_groups_.push(g, g.turns.top_key());
}

// No other of it may start for a while.
void scheduler::close(group_record& g, instant now) {
    open_groups_.erase(g);
    closed_groups_.erase(g);
    closed_groups_.push(g, key_of(g.starts.opens_at(now.steady)));
}

namespace {

bool waits_for_turn(const run_record& run) noexcept {
    return run.state == run_state_kind::waiting || run.state == run_state_kind::backing_off;
}

} // namespace

void scheduler::open_groups_in_time(instant now) {
    while (!closed_groups_.empty() && closed_groups_.top_key() <= key_of(now.steady)) {
        group_record& g = closed_groups_.top();
        closed_groups_.pop();
        settle(g);
    }
}

void scheduler::enter_group(run_record& run) {
    group_record& g = group_of(*run.task);
    g.starts.begin(); // first, as it may throw
    run.turn.group = &g;
    ++g.runs_in_flight;
    settle(g);
}

void scheduler::start_in_group(run_record& run, instant now) {
    group_record& g = *run.turn.group;
    g.starts.started(now.steady);
    if (g.closed_index != not_in_heap) close(g, now); // now it is known until when
}

void scheduler::leave_group(run_record& run) {
    group_record& g = *run.turn.group;
    --g.runs_in_flight;
    if (run.state == run_state_kind::beginning) {
        g.starts.will_not_start();
        closed_groups_.erase(g);
    }
    settle(g);
}

void scheduler::draw(turn& t, instant now) noexcept {
    if (t.drawn()) return;
    t.since = key_of(now.steady);
    t.number = ++turns_drawn_;
}

void scheduler::line_up(turn& t) {
    t.group = &group_of(*t.task);
    t.group->turns.push(t, turn_key_of(*t.task, t.since, t.number));
    settle(*t.group);
}

void scheduler::step_back(turn& t) {
    if (!t.waits()) return;
    t.group->turns.erase(t);
    settle(*t.group);
}

// By another group or priority.
void scheduler::line_up_again(task_record& task) {
    auto again = [this](turn& t) {
        if (!t.waits()) return;
        step_back(t);
        line_up(t);
    };
    if (task.ready) again(task.past->slot_turn);
    for (run_record* run = task.runs(); run != nullptr; run = run->next) again(run->turn);
}

// After something that is done, whether there is memory for this or not.
void scheduler::admit(instant now) noexcept {
    try {
        admit_some(now);
    } catch (const std::bad_alloc&) { // they have their turns still, in the next input
        places_left_ = true;
    }
}

// Each in its turn; those of a group that has no place keep nobody waiting.
void scheduler::admit_some(instant now) {
    places_left_ = false;
    if (stopping_ != stopping::no || !passes_.empty()) return;
    for (std::size_t left = options_.work_max; !open_groups_.empty() && !full(); --left) {
        if (left == 0) {
            places_left_ = true;
            return;
        }
        group_record& g = open_groups_.top();
        if (!g.starts.open(now.steady)) {
            close(g, now);
            continue;
        }
        admit(g.turns.top(), now);
    }
}

void scheduler::admit(turn& t, instant now) {
    task_record& task = *t.task;
    const turn before = t;
    const auto seen = task.queue() != nullptr ? task.queue()->seen : std::nullopt;
    try {
        make_room_for_all(task);                                               // whatever comes of its turn
        if (t.run == nullptr && task.slot_waits()) make_room_to_wait(task, 2); // it may wait again
        step_back(t);
        if (t.run == nullptr)
            admit_slot(task, t.seen, now);
        else if (t.run->state == run_state_kind::backing_off)
            begin_retry(*t.run, now);
        else if (run_may_start(*t.run)) // else it has its turn when it may
            begin_waiting_run(*t.run, now);
        want_place(task, now);
        drop_queue_if_empty(task);
    } catch (...) { // no memory: it has its turn still
        const bool due = task.slot != no_slot && task.heap_index == not_in_heap && !task.paused;
        const bool slot_waits = t.run == nullptr && (due || slot_may_start(task));
        if (!t.waits() && (slot_waits || (t.run != nullptr && waits_for_turn(*t.run)))) {
            t.since = before.since;
            t.number = before.number;
            t.seen = before.seen;
            line_up(t);
            task.ready = task.ready || slot_waits;
            if (slot_waits && task.queue() != nullptr) task.queue()->seen = seen;
        }
        drop_queue_if_empty(task);
        places_left_ = true;
        throw;
    }
}

} // namespace rondo::core
