// SPDX-License-Identifier: BSL-1.0
#include <core/keys.hpp>
#include <core/overlap_decision.hpp>
#include <core/scheduler.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace rondo::core {

result<run_record*> scheduler::trigger(task_record& task, std::vector<user> users,
                                       std::optional<overlap> policy, instant now) {
    recycle();
    attend(task);
    if (shutting_down()) return errc::shutting_down;
    if (task.state != task_state_kind::live) return errc::task_not_exists;
    const overlap how = policy ? *policy : task.overlap;
    return start_beside(task, {rondo::trigger::manual, now.wall, how, std::move(users)}, now);
}

// It is told again until somebody has begun it. So what may not start at once is left to the others, and to the next time:
// of what waited here nobody would know whose it is.
void scheduler::run_if_free(task_record& task, const run_request& wanted, instant now) {
    recycle();
    attend(task);
    if (shutting_down() || task.state != task_state_kind::live) return;
    for (const run_record* run = task.runs(); run != nullptr; run = run->next)
        if (run->id == wanted.id) return;
    const overlap_answer answer = overlap_decision(task.overlap, task.in_flight(), task.runs_waiting(),
                                                   policy_of(task).in_flight_max, policy_of(task).buffer_max);
    if (answer != overlap_answer::start || !may_start_at_once(task, now.steady, now)) return;
    (void)start_beside(task, {rondo::trigger::manual, now.wall, task.overlap, wanted.users, wanted.id}, now);
}

// A run beside the schedule, now or when it may.
result<run_record*> scheduler::start_beside(task_record& task, wanted_run wanted, instant now) {
    if (wanted.how > overlap::cancel_other) return errc::invalid_option;
    open_groups_in_time(now);
    auto asked = ask_for_run(task, std::move(wanted), now);
    admit(now); // also those whose time has come by now, whatever became of this one
    return asked;
}

run_record& scheduler::make_wanted(task_record& task, wanted_run& wanted, instant now) {
    run_record& run = make_run(task, wanted.why, wanted.scheduled_at, now);
    run.users = std::move(wanted.users);
    run.asked_for = wanted.id != run_id();
    if (run.asked_for) run.id = wanted.id;
    return run;
}

result<run_record*> scheduler::ask_for_run(task_record& task, wanted_run wanted, instant now) {
    const task_policy& policy = policy_of(task);
    const overlap how = wanted.how;
    auto answer =
        overlap_decision(how, task.in_flight(), task.runs_waiting(), policy.in_flight_max, policy.buffer_max);
    if (answer == overlap_answer::skip) return errc::already_running;
    if (answer == overlap_answer::full) {
        if (how == overlap::buffer_one) return merge(task, std::move(wanted.users));
        return errc::queue_full;
    }
    if (answer == overlap_answer::start && may_start_at_once(task, now.steady, now)) {
        make_room_to_begin(task, 0); // first, as it may throw, like the next
        std::vector<user> told = wanted.users;
        run_record& run = make_wanted(task, wanted, now);
        begin_manual_run(run, std::move(told), now);
        return &run;
    }
    make_room_for_all(task); // first, as it may throw, like the next
    make_room_to_wait(task, 0, 1);
    if (answer == overlap_answer::replace) {
        if (runs_waiting_ - task.runs_waiting() >= options_.runs_waiting_max) {
            drop_queue_if_empty(task);
            return errc::queue_full;
        }
        cancel_running(task, cancel_reason::overlap, now);
        while (task.runs_waiting() > 0) { // nothing starts in their place before this one waits
            run_record& older = *task.queue()->runs.back();
            end_waiting(older, cancel_reason::overlap, now);
            unlink(older);
        }
    }
    if (runs_waiting_ >= options_.runs_waiting_max) {
        drop_queue_if_empty(task);
        return errc::queue_full;
    }
    run_record& run = make_wanted(task, wanted, now);
    wait_as_run(run, how);
    want_place(task, now);
    return &run;
}

} // namespace rondo::core
