// SPDX-License-Identifier: BSL-1.0
#include <core/make_room.hpp>
#include <core/scheduler.hpp>

#include <algorithm>
#include <utility>

namespace rondo::core {

// What concerns all tasks, of which there may be a million, is done in parts: a pass takes each task in its turn, or
// before anything else that happens to it, so that for each it is as if it had been done to all at once. Nothing
// gets a place meanwhile: those that the pass has not come to yet may go first.

void scheduler::begin_pass(pass p) {
    constexpr std::size_t passes_max = 0xff; // a task counts them in a byte
    // Somebody asks faster than we can do it, and has to wait: what is owed is done at once, however much that is.
    if (passes_.size() == passes_max) {
        while (task_record* task = tasks_.walk()) attend(*task);
        passes_.clear();
    }
    passes_.push_back(p); // first, as it may throw
    ++pass_;
    tasks_.start_walk();
}

// A part of what is under way.
void scheduler::go_through(instant now) {
    if (passes_.empty()) return;
    for (std::size_t left = options_.work_max; left > 0;) {
        task_record* task = tasks_.walk();
        if (task == nullptr) {
            core::make_room(actions_, actions_of_input_max); // for the end of a shutdown
            passes_.clear();
            admit(now);
            return check_shutdown();
        }
        std::size_t told = actions_.size();
        attend(*task);
        left -= std::min(left, 1 + actions_.size() - told);
    }
}

void scheduler::attend_now(task_record& task) {
    while (task.pass != pass_) {
        pass p = passes_[passes_.size() - static_cast<std::uint8_t>(pass_ - task.pass)];
        ++task.pass;
        try {
            if (task.state != task_state_kind::registering) make_room_for_all(task);
            attend(task, p);
        } catch (...) { // no memory: what the task is owed it gets when the walk comes to it again
            --task.pass;
            tasks_.start_walk();
            throw;
        }
    }
}

void scheduler::attend(task_record& task, const pass& p) {
    bool live = task.state == task_state_kind::live;
    switch (p.kind) {
    case pass::kind::pause: return live ? hold_back(task) : void();
    case pass::kind::resume: return live ? end_both_pauses(task, p.from, p.at) : void();
    case pass::kind::drop_waiting: return drop_all_waiting(task, p.at);
    case pass::kind::cancel: return cancel_all(task);
    case pass::kind::give_up: return give_up(task, p.at);
    }
}

// A slot that waits for a place has not started either, and goes back among the others. Nor has one that is held;
// it is due, which the end of the pause must see.
void scheduler::hold_back(task_record& task) {
    if (task.ready) {
        leave_waiting(task);
        if (task.slot != no_slot && task.heap_index == not_in_heap && !task.paused)
            schedule_slot(task, {task.slot, task.due});
    }
    if (task.held) schedule_slot(task, {task.slot, task.due});
}

// Slots that wait stay undecided: the next life catches up on them.
void scheduler::drop_all_waiting(task_record& task, instant now) {
    leave_waiting(task);
    if (task.backfill() != nullptr && !task.backfill()->over()) stop_backfill_now(task, now);
    for (run_record *run = task.runs(), *next = nullptr; run != nullptr; run = next) {
        next = run->next;
        bool waits = run->state == run_state_kind::waiting;
        if (!waits && run->state != run_state_kind::backing_off) continue;
        if (waits)
            drop_waiting(*run, cancel_reason::shutdown, now);
        else
            drop_retry(*run, cancel_reason::shutdown, now);
    }
}

void scheduler::cancel_all(task_record& task) {
    for (run_record* run = task.runs(); run != nullptr; run = run->next) {
        if (run->cancelled != cancel_reason::none || run->state == run_state_kind::overdue) continue;
        run->cancelled = cancel_reason::shutdown;
        if (run->state == run_state_kind::running) actions_.push_back({action::kind::cancel_run, &task, run});
    }
}

// What still runs now will be reported. Only the repository's answer is still waited for, which is
// bounded by its own timeout.
void scheduler::give_up(task_record& task, instant now) {
    for (run_record* run = task.runs(); run != nullptr; run = run->next) {
        if (run->state != run_state_kind::running) continue;
        finish(*run, outcome_of(run->cancelled), true, now);
        run->state = run_state_kind::overdue;
        ++task.past->overrunning;
    }
}

} // namespace rondo::core
