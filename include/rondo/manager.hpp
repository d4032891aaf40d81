// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_MANAGER_HPP
#define RONDO_MANAGER_HPP

#include <rondo/backfill.hpp>
#include <rondo/detail/operations.hpp>
#include <rondo/error.hpp>
#include <rondo/event.hpp>
#include <rondo/group.hpp>
#include <rondo/manager_options.hpp>
#include <rondo/pause.hpp>
#include <rondo/reports.hpp>
#include <rondo/repository.hpp>
#include <rondo/run.hpp>
#include <rondo/stat.hpp>
#include <rondo/summary.hpp>
#include <rondo/task.hpp>
#include <rondo/user.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondo {

/// Owns the tasks of one process and runs them on its user's executor. It starts no thread and never
/// runs the executor.
///
/// All operations named `async_*`:
/// - take any completion token, `boost::asio::deferred` by default, and complete with
///   `void(rondo::result<T>)` on the handler's associated executor (the manager's by default), never
///   before the initiating function returns;
/// - fail with `errc::not_started` before `async_start` has completed, with `errc::shutting_down` from
///   `async_shutdown` on, and where they need the repository with its own errors, with
///   `errc::store_timeout` if it is overdue, and with `not_enough_memory` (of `boost::system::errc`). What they
///   check themselves (the errors that each names) changes nothing. After one of the others the manager goes on
///   as if the repository had not done it, which it may have, or may still, after `store_timeout` and
///   `not_enough_memory`; what that means each says;
/// - may be called from any thread. What they refer to is copied; only the manager must outlive the
///   call that starts them;
/// - are not cancellable, being short, except where they say so. Cancelling a wait never undoes work.
///
/// Destroying a manager without `async_shutdown` cancels its runs with reason `shutdown`, starts no
/// more, and completes pending operations with `errc::shutting_down`; the runs end on the executor, in
/// their own time. If the execution context is destroyed first, everything is dropped without a call
/// back, and the next start finds unfinished runs and records them as `abandoned`.
class manager : private detail::operations {
public:
    /// `repository` must not be null: `async_start` fails with `errc::invalid_option` otherwise.
    manager(boost::asio::any_io_executor executor, std::shared_ptr<rondo::repository> repository,
            manager_options options = {});
    manager(manager&& other) noexcept;
    manager& operator=(manager&& other) noexcept;
    ~manager();

    [[nodiscard]] boost::asio::any_io_executor get_executor() const;

    /// Opens the repository for this process: tasks of earlier lives become inactive, runs they left
    /// unfinished become `abandoned`. Errors: `already_started`, `invalid_option`, the repository's;
    /// after an error it may be called again. Where the repository did it all the same, those runs are not in the
    /// report of the next call.
    template <detail::token_for<start_report> Token = boost::asio::deferred_t>
    auto async_start(Token&& token = Token()) {
        return initiate<start_report>(&start_start, token);
    }

    /// Registers a task and starts its schedule. Where the repository knows its uid, it goes on with
    /// the phase of its slots and its pause; slots missed in between become one run (trigger
    /// `catch_up`) for the latest, and the others are skipped as `missed`.
    /// Errors: `task_exists`, `invalid_uid`, `invalid_name`, `invalid_schedule`, `invalid_body`,
    /// `invalid_option`. After any error the task is not there, and can be added again. Where the repository has
    /// registered it all the same, its uid is known: its slots then keep the anchor of the first try.
    /// Where a task of this uid was removed, and what was decided about that is not on record yet, this waits for
    /// it; while the repository is down it fails with `store_failed` instead.
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_add(task t, Token&& token = Token()) {
        return initiate<void>(&start_add, token, std::move(t), if_exists::fail);
    }

    /// As above, or whatever `otherwise` says where a live task has this uid.
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_add(task t, if_exists otherwise, Token&& token = Token()) {
        return initiate<void>(&start_add, token, std::move(t), otherwise);
    }

    /// As `async_add` of each, one after the other, at less than half of the cost; each fares by itself. Others have
    /// their turn in between: first runs may begin before the last task is there. Errors of the whole: `not_started`,
    /// `shutting_down`, and nothing is added; or `not_enough_memory`, and some may be. A shutdown meanwhile is an
    /// error of those that are left.
    template <std::same_as<std::vector<task>> Tasks,
              detail::token_for<bulk_report> Token = boost::asio::deferred_t>
    auto async_add(Tasks tasks, Token&& token = Token()) {
        return initiate<bulk_report>(&start_add_many, token, std::move(tasks), if_exists::fail);
    }
    template <std::same_as<std::vector<task>> Tasks,
              detail::token_for<bulk_report> Token = boost::asio::deferred_t>
    auto async_add(Tasks tasks, if_exists otherwise, Token&& token = Token()) {
        return initiate<bulk_report>(&start_add_many, token, std::move(tasks), otherwise);
    }

    /// Gives the live task of this uid another name, schedule, body and other options. Its history, its
    /// counters, its pause and the anchor of its slots stay; so under the same interval no slot moves. What is due
    /// under the old schedule is decided as if this came later; runs in flight, and what waits, go on, with
    /// the body they began with, or begin with. `first_run` does not count. Errors: `task_not_exists` and
    /// those of `async_add`. After any error the task goes on as it was. Where the repository has it all the same,
    /// or the task was removed meanwhile, the new name and schedule are on record until it is updated or added
    /// again, and a next life takes the old schedule for a change.
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_update(task t, Token&& token = Token()) {
        return initiate<void>(&start_update, token, std::move(t));
    }

    /// Takes a task out: no slot of it starts any more, its runs are cancelled with reason `removed`,
    /// and when this completes none of it is left but its history. Waits for bodies that ignore the
    /// cancellation. Errors: `task_not_exists`. After one of the repository the task is gone all the same, and on
    /// record as active until the next start. Cancellation: terminal, partial and total end the wait with
    /// `operation_aborted`; the removal goes on.
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_remove(std::string uid, Token&& token = Token()) {
        return initiate<void>(&start_remove, token, std::move(uid));
    }

    /// As `async_remove` of each, one after the other, and gives what became of them: each fares by itself. Waits
    /// for the last. Others have their turn in between. Errors of the whole: as of `async_add` of many.
    /// Cancellation: as above; all the removals go on.
    template <std::same_as<std::vector<std::string>> Uids,
              detail::token_for<bulk_report> Token = boost::asio::deferred_t>
    auto async_remove(Uids uids, Token&& token = Token()) {
        return initiate<bulk_report>(&start_remove_many, token, std::move(uids));
    }

    /// Pauses a task, across restarts. Runs in flight go on; manual runs still work. Slots that fall
    /// due meanwhile are skipped as `paused`. One that is paused already takes over what is said now.
    /// Errors: `task_not_exists`, `invalid_option`. After any error the task goes on as it was, in this life; where
    /// the repository has the pause all the same, the next life begins with it, unless it is resumed.
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_pause(std::string uid, pause_options how, Token&& token = Token()) {
        return initiate<void>(&start_pause, token, std::move(uid), std::move(how));
    }
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_pause(std::string uid, Token&& token = Token()) {
        return initiate<void>(&start_pause, token, std::move(uid), pause_options());
    }

    /// Ends the pause of a task: it goes on with its next slot, or from the past with what it missed.
    /// Errors: `task_not_exists`. After any error it is still paused, in this life; where the repository has the end
    /// of the pause all the same, the next life begins without it.
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_resume(std::string uid, resume_from from, Token&& token = Token()) {
        return initiate<void>(&start_resume, token, std::move(uid), from);
    }
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_resume(std::string uid, Token&& token = Token()) {
        return initiate<void>(&start_resume, token, std::move(uid), resume_from::now);
    }

    /// As `async_pause` for the whole manager, in this life only, which needs no repository. The pause of single
    /// tasks is another. Where there are more than a thousand tasks, it is done to them in parts, and what happens
    /// to one of them meanwhile finds it done.
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_pause_all(Token&& token = Token()) {
        return initiate<void>(&start_pause_all, token, std::nullopt);
    }

    /// Ends `async_pause_all`, as `async_resume`.
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_resume_all(resume_from from, Token&& token = Token()) {
        return initiate<void>(&start_pause_all, token, from);
    }
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_resume_all(Token&& token = Token()) {
        return initiate<void>(&start_pause_all, token, resume_from::now);
    }

    /// Adds a group, or changes the limits of one; what is beyond them already goes on, and its starts count from
    /// when they are limited. Nothing of it is kept by the repository. Errors: `invalid_name`, `invalid_option`
    /// (the limits, or there are `groups_max` already).
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_set_group(group wanted, Token&& token = Token()) {
        return initiate<void>(&start_set_group, token, std::move(wanted));
    }

    /// Starts a manual run for these users (none: for all that the repository knows) and gives its id
    /// at once. It neither takes nor moves a slot. Errors: `task_not_exists`, `already_running` (by the
    /// overlap policy), `queue_full`; there is no run then. The repository hears of a run later, and none of its
    /// errors is one of this.
    template <detail::token_for<run_id> Token = boost::asio::deferred_t>
    auto async_trigger(std::string uid, std::vector<user> users, Token&& token = Token()) {
        return initiate<run_id>(&start_trigger, token, std::move(uid), std::move(users), std::nullopt);
    }
    /// The same under another overlap policy than the task's.
    template <detail::token_for<run_id> Token = boost::asio::deferred_t>
    auto async_trigger(std::string uid, std::vector<user> users, overlap policy, Token&& token = Token()) {
        return initiate<run_id>(&start_trigger, token, std::move(uid), std::move(users), policy);
    }
    template <detail::token_for<run_id> Token = boost::asio::deferred_t>
    auto async_trigger(std::string uid, user who, Token&& token = Token()) {
        return initiate<run_id>(&start_trigger, token, std::move(uid), only(std::move(who)), std::nullopt);
    }
    template <detail::token_for<run_id> Token = boost::asio::deferred_t>
    auto async_trigger(std::string uid, Token&& token = Token()) {
        return initiate<run_id>(&start_trigger, token, std::move(uid), std::vector<user>(), std::nullopt);
    }

    /// As `async_trigger` (so it is refused while the first run of a task just added is in flight, under
    /// `overlap::skip`), waits until the run, or its last attempt, is over and recorded, and gives it with its
    /// results. A run that went wrong is a value too: look at its `outcome`. Cancellation: as `async_wait`.
    template <detail::token_for<run> Token = boost::asio::deferred_t>
    auto async_run(std::string uid, std::vector<user> users, Token&& token = Token()) {
        return initiate<run>(&start_run, token, std::move(uid), std::move(users), std::nullopt);
    }
    /// The same under another overlap policy than the task's.
    template <detail::token_for<run> Token = boost::asio::deferred_t>
    auto async_run(std::string uid, std::vector<user> users, overlap policy, Token&& token = Token()) {
        return initiate<run>(&start_run, token, std::move(uid), std::move(users), policy);
    }
    template <detail::token_for<run> Token = boost::asio::deferred_t>
    auto async_run(std::string uid, user who, Token&& token = Token()) {
        return initiate<run>(&start_run, token, std::move(uid), only(std::move(who)), std::nullopt);
    }
    template <detail::token_for<run> Token = boost::asio::deferred_t>
    auto async_run(std::string uid, Token&& token = Token()) {
        return initiate<run>(&start_run, token, std::move(uid), std::vector<user>(), std::nullopt);
    }

    /// Waits until a run is over and recorded; one that is over already is looked up in the repository.
    /// Errors: `run_not_exists`. Cancellation: terminal, partial and total end the wait with
    /// `operation_aborted`; the run goes on.
    template <detail::token_for<run> Token = boost::asio::deferred_t>
    auto async_wait(run_id id, Token&& token = Token()) {
        return initiate<run>(&start_wait, token, id);
    }

    /// Asks a run to end, with reason `requested`; does not wait for it. One that then ends by its cancellation has the
    /// outcome `cancelled`, and `why` as its message. One that will be tried again is not. One of another manager, on a
    /// repository that they share, hears of it within a second. Errors: `run_not_exists`: not in flight; the repository's.
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_cancel(run_id id, std::string why, Token&& token = Token()) {
        return initiate<void>(&start_cancel_run, token, id, std::move(why));
    }
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_cancel(run_id id, Token&& token = Token()) {
        return initiate<void>(&start_cancel_run, token, id, std::string());
    }

    /// Asks all runs of a task to end, likewise, and gives their number; of other managers those that are on record as in
    /// flight, not what waits there. Errors: `task_not_exists`; those of the repository if none was cancelled here.
    template <detail::token_for<std::size_t> Token = boost::asio::deferred_t>
    auto async_cancel(std::string uid, std::string why, Token&& token = Token()) {
        return initiate<std::size_t>(&start_cancel_task, token, std::move(uid), std::move(why));
    }
    template <detail::token_for<std::size_t> Token = boost::asio::deferred_t>
    auto async_cancel(std::string uid, Token&& token = Token()) {
        return initiate<std::size_t>(&start_cancel_task, token, std::move(uid), std::string());
    }

    /// Gives up on a run whose body will not stop: it is cancelled, and recorded as `abandoned` at once. Its
    /// body still counts for all limits until it ends (`stat::runs_overrunning`); what it reports then is
    /// dropped. Errors: `run_not_exists` if it is not in flight.
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_detach(run_id id, Token&& token = Token()) {
        return initiate<void>(&start_detach, token, id);
    }

    /// Runs the slots that the schedule of a task has from `from` to before `to`, whatever became of them, with
    /// trigger `backfill`; waits until all are over, and gives what became of them. `to` must not be in the
    /// future. The slots are treated as if they fell due now, all at once: under `buffer_all` they run one after
    /// the other, in order; under `allow_all` beside each other, up to the task's limit and
    /// `backfill_in_flight_max`; under `skip` the first alone, if nothing runs; under `buffer_one` that and the
    /// next; under `cancel_other` the last. Slots that fall due meanwhile find these runs in flight. How far it is: `stat::backfill`.
    /// By the wall clock (`at`, rules), slots that are ahead again, as it was set back, wait for it, and so does the call.
    /// It neither moves the schedule nor survives the process.
    /// Errors: `task_not_exists`, `invalid_option` (the range), `invalid_schedule` (of `every_after`),
    /// `already_running` (a task has one backfill at a time), `shutting_down`.
    /// Cancellation: terminal, partial and total end the wait with `operation_aborted` and the backfill with
    /// it: no other run of it starts, and those in flight go on.
    template <detail::token_for<backfill_progress> Token = boost::asio::deferred_t>
    auto async_backfill(std::string uid, wall_time from, wall_time to, overlap policy,
                        Token&& token = Token()) {
        return initiate<backfill_progress>(&start_backfill, token, std::move(uid), from, to, policy);
    }

    /// The tasks, sorted by next run, then uid; hidden ones only if asked for. Any thread. Copies all
    /// of it under the manager's lock: tens of nanoseconds a task.
    [[nodiscard]] std::vector<stat> stats(bool with_hidden = false) const;
    /// One task, hidden or not. Errors: `task_not_exists`. Any thread.
    [[nodiscard]] result<stat> find(std::string_view uid) const;
    /// The manager itself. Any thread.
    [[nodiscard]] manager_stat state() const;
    /// The groups, by name. Any thread.
    [[nodiscard]] std::vector<group_stat> groups() const;
    /// The next `n` slots of a task (at most 10,000) that are still to come, fewer if there are no
    /// more: the instants at which it then runs, unless it is paused or late. Of `every_after` only the
    /// next is known, and none while it runs. Errors: `task_not_exists`. Any thread.
    [[nodiscard]] result<std::vector<wall_time>> next_runs(std::string_view uid, std::size_t n) const;
    /// The last `n` slots (at most 10,000) before `before`, the latest first, as the schedule has them: none
    /// before the task was first added, and none of `every_after`. What became of them is in the history.
    /// Errors: `task_not_exists`. Any thread.
    [[nodiscard]] result<std::vector<wall_time>> previous_runs(std::string_view uid, wall_time before,
                                                               std::size_t n) const;
    /// Why the task runs at `t`, or why not, in a sentence: the field of a cron expression that excludes it, a
    /// change of the clocks, a calendar, a bound, jitter, a pause. Errors: `task_not_exists`. Any thread.
    [[nodiscard]] result<std::string> explain(std::string_view uid, wall_time t) const;

    /// Everything that happens from now on, for one reader that holds at most `capacity` (at least 1)
    /// events. Any thread.
    [[nodiscard]] event_stream subscribe(std::size_t capacity = 1024);

    /// Pages through the runs on record, the latest first, those in flight too.
    template <detail::token_for<history_page> Token = boost::asio::deferred_t>
    auto async_history(history_filter filter, Token&& token = Token()) {
        return initiate<history_page>(&start_history, token, std::move(filter));
    }

    /// A run as it is now: waiting for its turn (then `started_at` is `wall_time()`), in flight, or over, on record or
    /// not yet. Nothing if no such run is known, or not any more. One that another process runs is as it is on record.
    template <detail::token_for<std::optional<run>> Token = boost::asio::deferred_t>
    auto async_run_of(run_id id, Token&& token = Token()) {
        return initiate<std::optional<run>>(&start_run_of, token, id);
    }

    /// Sums up the runs on record of each task that has one in a stretch of time, sorted by uid: how many ended how,
    /// and how long they took. Runs that begin or end meanwhile may count or not. It is read in parts, so that runs
    /// go on being recorded; but all of it within `manager_options::store_timeout`, so ask for no more than some
    /// hundred thousand runs.
    template <detail::token_for<std::vector<task_summary>> Token = boost::asio::deferred_t>
    auto async_summary(summary_filter filter, Token&& token = Token()) {
        return initiate<std::vector<task_summary>>(&start_summary, token, std::move(filter));
    }

    /// The latest ended run of each task, sorted by uid; with a user, the latest with a result for it.
    template <detail::token_for<std::vector<run>> Token = boost::asio::deferred_t>
    auto async_last_runs(std::optional<user> who, Token&& token = Token()) {
        return initiate<std::vector<run>>(&start_last_runs, token, std::move(who));
    }

    /// All users, sorted by id.
    template <detail::token_for<std::vector<user>> Token = boost::asio::deferred_t>
    auto async_users(Token&& token = Token()) {
        return initiate<std::vector<user>>(&start_users, token);
    }

    /// Adds users; scheduled runs that start later are for them too, and also after an error where the repository
    /// has them all the same. To add them again does no harm.
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_add_users(std::vector<user> users, Token&& token = Token()) {
        return initiate<void>(&start_add_users, token, std::move(users));
    }

    /// Removes users; their results stay in the history. After an error they may be gone all the same. To remove
    /// them again does no harm.
    template <detail::token_for<void> Token = boost::asio::deferred_t>
    auto async_remove_users(std::vector<user> users, Token&& token = Token()) {
        return initiate<void>(&start_remove_users, token, std::move(users));
    }

    /// Forgets ended runs, and gives their number: in slices, unless there is a `prune_policy::limit`. After an
    /// error some may be gone all the same. `manager_options::retention` does it by itself.
    template <detail::token_for<std::uint64_t> Token = boost::asio::deferred_t>
    auto async_prune(prune_policy policy, Token&& token = Token()) {
        return initiate<std::uint64_t>(&start_prune, token, policy);
    }

    /// Ends the manager: no run starts any more; runs in flight have `grace` to end, then they are
    /// cancelled with reason `shutdown` (outcome `interrupted`) and have `manager_options::cancel_grace`
    /// to obey; then those that still run are reported. Outstanding ends are handed to the repository; those that
    /// it has not acknowledged are counted in the report, and it may have them, or take them still.
    /// When this completes, no frame, handler or reference of a task is left but those of the bodies it
    /// reports. A second call waits for the first and gets the same report; the shorter grace counts.
    /// Cancellation: none; call again with grace 0.
    template <detail::token_for<shutdown_report> Token = boost::asio::deferred_t>
    auto async_shutdown(std::chrono::nanoseconds grace, Token&& token = Token()) {
        return initiate<shutdown_report>(&start_shutdown, token, grace);
    }

private:
    template <class T, class Token, class... Args>
    auto initiate(void (*start)(const shards_ptr&, detail::completion<T>, Args...), Token& token,
                  std::type_identity_t<Args>... args) {
        return boost::asio::async_initiate<Token, void(result<T>)>(
            [start](auto handler, const shards_ptr& shards, Args... rest) {
                start(shards, detail::completion<T>(std::move(handler)), std::move(rest)...);
            },
            token, shards_, std::move(args)...);
    }

    shards_ptr shards_; // null only after a move; shared with what is under way on the executor
};

} // namespace rondo

#endif // RONDO_MANAGER_HPP
