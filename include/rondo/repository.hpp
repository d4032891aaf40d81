// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_HPP
#define RONDO_REPOSITORY_HPP

#include <rondo/error.hpp>
#include <rondo/joining_runs.hpp>
#include <rondo/record.hpp>
#include <rondo/run.hpp>
#include <rondo/summary.hpp>
#include <rondo/time.hpp>
#include <rondo/user.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rondo {

/// Where tasks, runs and users are kept. Write one for your own database; check it with
/// `rondo::testing::check_repository`.
///
/// Contract. Each call is one transaction: all or nothing, visible to later calls when it completes; but `begin_runs`
/// may fail behind some of its requests. Each may be repeated: an answer that got lost is no harm. Requests of one batch
/// are applied in order, and one that is refused does not fail the others. Arguments are values, so a call that its
/// manager gave up waiting for still owns them.
///
/// Errors are `error_code`s: `errc::store_*`, or codes of your own. What a call throws is treated as
/// `errc::store_failed`.
///
/// Thread safety: the coroutines run on the manager's strand and must resume there (a plain
/// `co_await` of an Asio operation does). A manager has one call of `begin_runs`, `finish_runs` or `record_runs`
/// under way at most; all others may overlap with it and with each other. No call may block.
///
/// Cancellation: terminal. A call that is overdue gets it; ending early with an error is welcome,
/// ignoring it is allowed. Then, and where the execution context of a call is destroyed before it completes,
/// it counts as one whose answer got lost.
class repository {
public:
    template <class T>
    using awaitable = boost::asio::awaitable<result<T>>;

    virtual ~repository() = default;

    /// Whether a call costs about the same however much it brings, as a transaction or a round trip does. Runs that are
    /// ready to begin at the same moment then begin in one call, and those that end likewise, as far as they fit into
    /// one; for which the first waits one turn of the loop. Always the same. Who wraps a repository hands it on.
    [[nodiscard]] virtual bool calls_are_costly() const noexcept { return false; }

    /// Whether `record_runs` costs less than the two calls that it stands for. Only then a manager uses it; ends and
    /// begins wait one turn of the loop for each other then, as above. Always the same. Override both or neither, also
    /// where you wrap a repository.
    [[nodiscard]] virtual bool records_together() const noexcept { return false; }

    /// Whether calls of several strands, on several threads, may overlap in all ways: then a manager may have
    /// `manager_options::shards`. Each of those keeps to the contract above as if it were a manager, but that the first
    /// alone calls `start`, before any other call. Always the same. Who wraps a repository hands it on.
    [[nodiscard]] virtual bool serves_many_strands() const noexcept { return false; }

    /// Whether several managers, in several processes, may use it at once: then each slot goes to one of them, a run is
    /// held by a lease, and its clock is that of all. A manager then wants `on_store_failure::stop`,
    /// `record::write_ahead`, and tasks of `overlap::skip` or `overlap::allow_all` whose slots do not follow on ends;
    /// it calls `watch` all the time, and `start` takes over nothing but what nobody holds. Always the same. Who wraps a
    /// repository hands these four on.
    [[nodiscard]] virtual bool is_shared() const noexcept { return false; }

    /// Waits for news of a shared repository, and gives all that there is. One at a time; the first after `start` has
    /// the clock. This one fails with `errc::invalid_option`. Cancellation: terminal, and at once.
    virtual awaitable<repository_news> watch();

    /// Leaves word with a shared repository that a task is to run once, beside its schedule, in any process that has it
    /// registered. That this completes says that it is on record, and no more; the run begins when a manager hears of it,
    /// and where it may not run beside another, when that has ended. Errors: `errc::task_not_exists`; `errc::invalid_option`:
    /// a request that makes no sense, an id that is of another task, or not shared, as from this one.
    virtual awaitable<void> ask_for_run(run_request wanted);

    /// Likewise, that runs of other managers are to be cancelled, as by `manager::async_cancel` there. Gives how many of
    /// them are in flight.
    virtual awaitable<std::uint64_t> ask_to_cancel(cancel_request unwanted);

    /// A process starts: marks each task inactive and ends each unfinished run as `abandoned`, at
    /// `now` or, if it is known, when its process was last seen alive, with `abandoned_message`. Gives the number of those. The first call of a manager.
    virtual awaitable<std::uint64_t> start(wall_time now) = 0;

    /// Inserts or updates tasks and marks them active. One state for each definition, in order. Of a known uid: name, schedule
    /// and hidden are taken over; anchor, cursor and pause stay. The cursor is of the schedule that the task had when it was moved last.
    virtual awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) = 0;

    /// Pauses, resumes, activates or deactivates. An unknown uid is skipped over.
    virtual awaitable<void> update_tasks(std::vector<task_update> updates) = 0;

    /// Records decisions and runs about to begin. One answer for each request, in order. A durable
    /// repository completes when it is safely stored, for the bodies start then.
    virtual awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) = 0;

    /// Records the ends of runs, with their messages, results and output. One answer for each request, in order.
    virtual awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) = 0;

    /// Counts as the two calls above, in any order: each half may fail by itself, as that call may, and has its own
    /// answers, however the other fares. One of them may be empty, and then its answer
    /// does not count; nothing in one builds on the other. One
    /// `store_timeout` is for both. What it throws counts for both. More may join it, if it opens `more`, which is null
    /// where nobody will: that counts as if it had come with the call, behind all that did. This one makes the two
    /// calls, one after the other, or the one that brings anything; none joins.
    virtual boost::asio::awaitable<recorded_runs> record_runs(std::vector<finish_request> ended,
                                                              std::vector<begin_request> begun,
                                                              std::shared_ptr<joining_runs> more);

    /// What a repository that never waits for anything, neither a disk nor a network, can do besides: it counts as the
    /// two calls above, is done when it returns, and spares a manager coroutines and copies that cost more than most
    /// runs do. Called as they are, on the strand, and in their place, none of them being under way; there is no time
    /// limit, and none of it is cancelled. What it throws counts for both halves. Nothing, as from this one: it was
    /// not done, and a manager does not try it again. Who wraps a repository need not hand it on.
    [[nodiscard]] virtual std::optional<recorded_runs>
    record_at_once(std::span<const finish_request* const> ended, std::span<const begin_request* const> begun);

    /// Pages through the runs, those in flight too.
    virtual awaitable<history_page> history(history_filter filter) = 0;

    /// The run with this id, or nothing.
    virtual awaitable<std::optional<run>> find_run(run_id id) = 0;

    /// The latest ended run of each task, sorted by uid; with a user, the latest with a result for it.
    virtual awaitable<std::vector<run>> last_runs(std::optional<std::string> user) = 0;

    /// Sums up the runs of each task that has one in this stretch of time, sorted by uid. Unlike the other calls it
    /// may be several transactions: what begins or ends meanwhile may count or not. A `run_tally` for each task works
    /// it out. This one pages through `history`; do better where you can.
    virtual awaitable<std::vector<task_summary>> summary(summary_filter filter);

    /// The skipped slots of a task, the latest first, at most `limit` ranges. Ranges of one reason
    /// that follow each other without a run between them may be stored as one.
    virtual awaitable<std::vector<skip_range>> skips(std::string uid, std::size_t limit) = 0;

    /// All users, sorted by id.
    virtual awaitable<std::vector<user>> users() = 0;

    /// Adds users; one that is there already is no error. An id that is empty or longer than 1,024
    /// bytes: `errc::invalid_option`, and nothing is changed.
    virtual awaitable<void> add_users(std::vector<user> users) = 0;

    /// Removes users; their results stay. One that is not there is no error. Bad ids as above.
    virtual awaitable<void> remove_users(std::vector<user> users) = 0;

    /// Forgets runs and their results. Skips of that age may go too. Under `prune_policy::limit` calls that
    /// go on from each other (`prune_policy::from`) come to an end, with all forgotten that was to be when the
    /// first began.
    virtual awaitable<prune_progress> prune(prune_policy policy) = 0;
};

} // namespace rondo

#endif // RONDO_REPOSITORY_HPP
