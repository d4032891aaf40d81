// SPDX-License-Identifier: BSL-1.0
#include <core/make_room.hpp>
#include <core/scheduler.hpp>

#include <cstddef>

namespace rondo::core {

// Memory is found before anything is done with it: an input that finds none throws, has done nothing or the whole of a
// part, and can come again.

// What the begin or the end of a run of it, or of what follows from that, needs. After it nothing throws but for want of
// memory for copies of users, which come first: so nothing has happened then, or all.
void scheduler::make_room(task_record& task) {
    deadlines_.make_room();
    (void)task.made_past();
    group_of(task).turns.make_room(3); // of what may wait for its end: its slot, and its runs
    run_pool_.make_room();             // another attempt, and the next of a backfill
    if (task.fixed_delay()) queue_of(task).make_room();
    make_room_for_followers(task, actions_of_input_max, 1);
}

// The same for all that an input about the task can do to it and to each of its runs. One that has no past needs it first
// for whatever is to happen to it.
void scheduler::make_room_for_all(task_record& task) {
    constexpr std::size_t actions_of_run_max = 3; // that end, no other attempt, gone
    const std::size_t slots = task.queue() != nullptr ? task.queue()->slots.size() : 0;
    const std::size_t runs = task.in_flight() + task.runs_waiting() + 1; // and one of a backfill
    deadlines_.make_room(runs);
    make_room_in_group(&group_of(task), task);
    run_pool_.make_room();
    steady_due_.make_room();
    wall_due_.make_room();
    make_room_for_followers(task, slots + actions_of_run_max * runs + actions_of_input_max, slots + 3);
}

// For its turns. Null: of those without one.
void scheduler::make_room_in_group(group_record* group, const task_record& task) {
    group_record& g = group != nullptr ? *group : groupless_;
    g.turns.make_room(task.in_flight() + task.runs_waiting() + 4);
    g.starts.make_room();
}

// From here on it takes no memory to let a run of it begin, after so many skips; until here nothing has happened. A run
// without a decision about it would wait for ever.
void scheduler::make_room_to_begin(task_record& task, std::size_t skips) {
    (void)task.made_past();
    core::make_room(actions_, skips + actions_of_input_max);
    decisions_.make_room(skips + 1);
    run_pool_.make_room();
    group_of(task).starts.make_room();
}

// As `make_room_to_begin`, for so many more entries of the queue, and turns, and manual runs.
void scheduler::make_room_to_wait(task_record& task, std::size_t n, std::size_t runs) {
    group_of(task).turns.make_room(n);
    task_queue& queue = made_queue(task);
    try {
        core::make_room(queue.slots, n);
        core::make_room(queue.runs, runs);
    } catch (...) {
        drop_queue_if_empty(task);
        throw;
    }
}

// Some of its slots are skipped, or another runs, waits, or is skipped as well. What is told of the first must not be told
// again for want of memory for the other.
void scheduler::make_room_to_decide(task_record& task, bool misses, bool wants) {
    const bool waits = task.in_flight() > 0 || task.slots_waiting() > 0;
    const bool replaces = wants && waits && task.overlap == overlap::cancel_other;
    if (!replaces && !(misses && wants)) return make_room_to_begin(task, 1);
    make_room_to_wait(task, 2);
    make_room_to_begin(task, task.queue()->slots.size() + task.in_flight() + 2);
    if (replaces) make_room_for_all(task); // the runs that it cancels
}

// So that an end of the task is told to all of them, or to none; and for so much besides.
void scheduler::make_room_for_followers(const task_record& task, std::size_t actions, std::size_t decisions) {
    core::make_room(actions_, actions);
    decisions_.make_room(decisions);
    if (followers_.empty()) return;
    auto found = followers_.find(task.uid.view());
    if (found == followers_.end()) return;
    for (std::size_t i = 0; i < found->second.size();) { // which may take one of them out
        task_record* const follower = found->second[i];
        attend(*follower);
        found = followers_.find(task.uid.view());
        if (found == followers_.end()) return core::make_room(actions_, actions);
        if (i < found->second.size() && found->second[i] == follower) ++i;
    }
    constexpr std::size_t skips_max = 2; // of each: what is surplus, and what may not wait
    for (task_record* follower : found->second) {
        followed_slots& f = *follower->past->followed;
        core::make_room(f.told, 1);
        core::make_room(f.early, 1);
        core::make_room(f.due, f.early.size() + 1);
        if (follower->queue() != nullptr) core::make_room(follower->queue()->slots, skips_max);
    }
    std::size_t n = found->second.size();
    core::make_room(beside_, n);
    core::make_room(actions_, actions + skips_max * n);
    decisions_.make_room(decisions + skips_max * n);
    steady_due_.make_room(n + 1);
}

} // namespace rondo::core
