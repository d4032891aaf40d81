// SPDX-License-Identifier: BSL-1.0
#include <core/keys.hpp>
#include <core/scheduler.hpp>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

namespace rondo::core {
scheduler::scheduler(scheduler_options options) : options_(options), ids_(options.seed) {
    open_groups_.reserve(1);
    closed_groups_.reserve(1);
}

scheduler::~scheduler() {
    recycle();
    tasks_.for_each_number([&](std::uint32_t number) { // nobody looks for them any more
        task_record& task = task_pool_.at(number);
        while (run_record* run = task.runs()) {
            task.past->runs = run->next;
            run_pool_.destroy(*run);
        }
        task_pool_.destroy(number);
    });
}

void scheduler::recycle() {
    while (released_runs_ != nullptr) run_pool_.destroy(*std::exchange(released_runs_, released_runs_->next));
    while (released_tasks_ != not_in_heap) {
        const std::uint32_t task = released_tasks_;
        released_tasks_ = task_pool_.at(task).heap_index;
        task_pool_.destroy(task);
    }
    assert(actions_.empty()); // the shell obeys before it speaks again
}

void scheduler::on_time(instant now, std::size_t slots_max) {
    recycle();
    // What cannot begin, or be paused, for want of memory lets nothing go on that is overdue.
    try {
        go_through(now);
        if (stopping_ == stopping::no) open_groups_in_time(now);
        follow_beside(now);
        if (stopping_ == stopping::no && !paused_all_ && passes_.empty()) {
            last_tick_ = now.steady;
            start_due(now, std::min(slots_max, options_.work_max));
        }
        if (!slots_left_) admit_some(now);
    } catch (...) {
        end_overdue(now);
        throw;
    }
    end_overdue(now);
    if (!slots_left_ && !places_left_) admit_some(now); // attempts whose time has come
    if (stop_at_ <= now.steady) press_shutdown(now);
}

void scheduler::end_overdue(instant now) {
    for (std::size_t left = options_.work_max; left > 0 && !deadlines_.empty(); --left) {
        if (deadlines_.top_key() > key_of(now.steady)) break;
        run_record& run = deadlines_.top();
        if (run.task->pass != pass_)
            attend(*run.task); // which may take the run along
        else
            on_deadline(run, now);
    }
}

steady_time scheduler::next_wakeup(instant now) const {
    if (!passes_.empty()) return now.steady;
    if (stopping_ == stopping::no && (slots_left_ || places_left_ || !beside_.empty())) return now.steady;
    steady_time wakeup = steady_time::max();
    if (stopping_ == stopping::no && !paused_all_) {
        if (!steady_due_.empty()) wakeup = time_of(steady_due_.wakeup());
        if (!wall_due_.empty()) {
            // The wall clock may be set meanwhile, so look again before long.
            auto micros = std::max<std::int64_t>(0, wall_due_.wakeup() - now.wall.time_since_epoch().count());
            auto check = std::chrono::duration_cast<std::chrono::microseconds>(options_.wall_clock_check);
            auto wait = micros < check.count() ? std::chrono::nanoseconds(std::chrono::microseconds(micros))
                                               : options_.wall_clock_check;
            wakeup = std::min(wakeup, now.steady + wait);
        }
        if (wakeup != steady_time::max() && last_tick_ != steady_time::min())
            wakeup = std::max(wakeup, last_tick_ + options_.resolution);
    }
    if (!deadlines_.empty()) wakeup = std::min(wakeup, time_of(deadlines_.top_key()));
    if (stopping_ == stopping::no && !closed_groups_.empty())
        wakeup = std::min(wakeup, time_of(closed_groups_.top_key()));
    return std::min(wakeup, stop_at_);
}

void scheduler::take_decisions(std::vector<decision>& out, std::size_t n) {
    hand_over_decisions(n, [&out](std::span<decision> first) {
        out.reserve(out.size() + first.size());
        std::move(first.begin(), first.end(), std::back_inserter(out));
    });
}

namespace {

// Those that were decided in advance are still to come for whoever looks before they are due.
struct early_runs {
    std::uint32_t count = 0;
    moment first;
};

early_runs early_runs_of(const task_record& task, wall_time now) noexcept {
    early_runs found;
    for (const run_record* run = task.runs(); run != nullptr; run = run->next) {
        if (!run->early || run->scheduled_at <= now || run->cancelled != cancel_reason::none) continue;
        ++found.count;
        found.first = found.first ? std::min(*found.first, run->scheduled_at) : run->scheduled_at;
    }
    return found;
}

} // namespace

stat scheduler::stat_of(const task_record& task, wall_time now) const {
    const early_runs early = early_runs_of(task, now);
    stat s;
    s.uid = task.uid;
    s.name = task.name;
    s.runs_retrying = task.retrying();
    s.runs_in_flight = task.in_flight() - s.runs_retrying - early.count;
    s.status = s.runs_in_flight > 0 ? status::running : status::waiting;
    if (task.slot != no_slot && !task.paused) s.next_run = task.slot;
    if (early.first) s.next_run = early.first;
    if (task.past != nullptr && task.past->last_run != no_slot) s.last_run = task.past->last_run;
    s.interval = task.when.interval();
    s.recurring = task.when.recurring();
    s.hidden = task.hidden;
    s.paused = task.paused;
    if (task.past != nullptr) {
        s.failures = task.past->failures;
        if (task.backfill() != nullptr) s.backfill = task.backfill()->progress;
        if (task.past->pause != nullptr) {
            s.pause_reason = task.past->pause->reason;
            s.paused_until = task.past->pause->until;
        }
        s.last_outcome = task.past->last_outcome;
        s.start_delay = task.past->start_delay.load();
        s.blocked = task.past->blocked;
        s.blocked_max = task.past->blocked_max;
    }
    if (task.policy != nullptr) {
        s.priority = task.policy->priority;
        if (task.policy->group != nullptr) s.group = task.policy->group->name;
    }
    s.runs_overrunning = task.overrunning();
    s.slots_waiting = task.slots_waiting() + (task.slot_waits() ? 1 : 0);
    s.runs_waiting = static_cast<std::uint32_t>(task.runs_waiting());
    s.counters = task.counts();
    return s;
}

void scheduler::describe(manager_stat& s) const {
    s.tasks = tasks_.size();
    s.runs_in_flight = in_flight_;
    std::size_t slots = 0;
    auto count = [&](const group_record& g) {
        g.turns.for_each([&](const turn& t) { slots += t.run == nullptr && t.task->slot_waits() ? 1 : 0; });
    };
    count(groupless_);
    for (const auto& [name, g] : groups_) count(*g);
    s.runs_waiting = runs_waiting_ + slots_waiting_ + slots;
    s.paused = paused_all_;
}

preview scheduler::preview_of(const task_record& task, wall_time now) const {
    moment next = task.slot == no_slot ? moment() : moment(task.slot);
    if (const early_runs early = early_runs_of(task, now); early.first) next = early.first;
    return {task.when, task.anchor, next, task.paused || paused_all_};
}

} // namespace rondo::core
