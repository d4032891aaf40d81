// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RECORD_HPP
#define RONDO_RECORD_HPP

// What a manager and its repository tell each other.

#include <rondo/error.hpp>
#include <rondo/run.hpp>
#include <rondo/shared_string.hpp>
#include <rondo/time.hpp>
#include <rondo/user.hpp>
#include <rondo/words.hpp>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo {

/// A task as it is registered.
struct task_definition {
    shared_string uid;
    shared_string name;
    std::string schedule; ///< `schedule::text()`
    bool hidden = false;
    wall_time anchor{}; ///< taken if the uid is new
    moment first_slot;  ///< the cursor, taken if the uid is new
};

/// What the repository knows of a task after registering it.
struct task_state {
    bool created = false;          ///< the uid was new
    bool schedule_changed = false; ///< it had another, which the cursor is of, unmoved since
    wall_time anchor{};            ///< of the grid of its slots
    moment next_slot;              ///< the cursor: its first slot that is not decided; never: finished
    bool paused = false;
    std::string pause_reason;            ///< as it was given
    moment paused_until;                 ///< never: until somebody resumes it
    moment last_run;                     ///< when its latest run started
    std::optional<outcome> last_outcome; ///< of the latest run that ended
    /// How many slots and manual runs, of those on record, have failed or timed out since its latest success, in
    /// the order of their ends; of their attempts the last counts. Not counted beyond `failures_counted_max` runs.
    /// `failure_count` works it out.
    std::uint32_t failures = 0;
};

inline constexpr std::size_t failures_counted_max = 1000;

/// The cursor of a fixed-delay task whose run has not ended yet.
inline constexpr wall_time cursor_waits_for_end = wall_time::max();

/// Slots in a row that became no run.
struct skip_range {
    skip_reason reason = skip_reason::missed;
    wall_time first{};
    wall_time last{};
    std::uint64_t count = 0;
};

/// A run that is about to begin.
struct run_begin {
    run_id id;
    rondo::trigger trigger = rondo::trigger::schedule;
    wall_time scheduled_at{};
    wall_time started_at{};
    std::vector<user> users;   ///< who asked, of a manual run; empty: for all
    std::uint32_t attempt = 1; ///< 2 and more: a retry
};

/// One decision about a task: it moves the cursor, and says what became of the slots in between. All
/// of it is stored, or nothing.
struct begin_request {
    shared_string uid;
    bool moves_cursor = true; ///< false of a run beside the schedule: `expected` and `next` do not
                              ///< count
    bool force = false;       ///< move the cursor from wherever it is: earlier requests were lost
    moment expected;          ///< the cursor is moved only if it is here
    moment next;              ///< and goes here
    std::optional<skip_range> skipped;
    std::optional<run_begin> started;
    /// Of a shared repository: begin it only if no run of its task is in flight. If one is, a slot is skipped as
    /// `overlap` and the cursor moves on, which is a `conflict`; a run beside the schedule is not begun (`busy`).
    bool exclusive = false;
    /// Likewise, of a run that somebody asked for (`run_request`): begin it only if it is still asked for, and then it is
    /// not any more. If it is not, that is a `conflict`.
    bool asked = false;
    /// Likewise, of a run of a slot: how many attempts there may be where one is lost with its manager; 0: no other.
    std::uint32_t attempts_max = 0;
    /// Likewise, of a run of a slot that is still to come, and begins when that is due. If it is `exclusive`, and a run of
    /// its task is in flight, that may be over by then: the slot is not skipped, and the answer, of such a request alone,
    /// is `not_yet`.
    bool in_advance = false;
};

/// Whether runs of this trigger stand for their slot: there is one of them for each.
[[nodiscard]] constexpr bool takes_slot(trigger t) noexcept {
    return t == trigger::schedule || t == trigger::catch_up;
}

enum class begin_state : std::uint8_t {
    recorded, ///< now, or by an earlier call with the same run id
    /// The cursor was not at `expected`, or another run has this slot; if shared also: others have moved it there, or the
    /// run is on record, and over or not ours, or not `asked` for any more. Nothing changed, but as `exclusive` says.
    conflict,
    unknown_task, ///< no such uid is registered; nothing changed
    /// Of a shared repository: another manager has registered the task with another schedule; nothing changed, and the
    /// slot is left to those who know that one.
    superseded,
    busy, ///< of a shared repository, of a run beside the schedule: another of its task is in flight; nothing changed
    not_yet, ///< likewise, of a run that is asked for `in_advance`: ask when its slot is due; nothing changed
};

struct begin_answer {
    begin_state state = begin_state::recorded;
    moment next_slot;        ///< the cursor as it is now
    std::uint64_t token = 0; ///< grows by one with each run of the task; 0 without a run
    /// Of a shared repository: until when the manager is trusted with the run, as `system_clock` counts; renewals put
    /// it off. Later than that the run is not to begin any more.
    steady_time held_until = steady_time::max();
};

/// A run that ended. It carries the whole run, so that one whose begin was never stored is stored now.
struct finish_request {
    rondo::run run;          ///< with `finished_at` and `outcome`
    std::uint64_t token = 0; ///< from `begin_answer`; 0: the begin was never acknowledged
    moment next_slot;        ///< of a fixed-delay task: the cursor goes here if it is `cursor_waits_for_end`;
                             ///< nothing: it stays
};

enum class finish_state : std::uint8_t {
    recorded,
    already, ///< by an earlier call; nothing changed
    fenced,  ///< somebody else ended it, with another outcome, or its token is not this one, or the slot
             ///< of an unknown run is another's, or its task is unknown, or, of a shared repository, the run
             ///< is of a slot, and its begin is not on record; nothing changed
};

/// What became of ends and begins that were handed over together: each of the two has an answer of its own.
struct recorded_runs {
    result<std::vector<finish_state>> finished;
    result<std::vector<begin_answer>> begun;
};

/// Where a page of history ends.
struct history_key {
    wall_time started_at{};
    run_id id;

    friend bool operator==(const history_key&, const history_key&) = default;
    friend auto operator<=>(const history_key&, const history_key&) = default;
};

/// The message of a run that its process took with it.
inline constexpr std::string_view abandoned_message = "its process ended before it did";

/// The message of a run that its manager gave up, as its lease was lost.
inline constexpr std::string_view lease_lost_message = "its lease was lost";

/// Which runs to list. Members left alone do not restrict.
struct history_filter {
    history_filter() noexcept {
    } // no aggregate, which g++ 12 would destroy twice in an expression that awaits

    std::optional<std::string> uid;
    std::optional<std::string> user; ///< runs with a result for this user
    std::optional<rondo::outcome> outcome;
    std::optional<rondo::trigger> trigger;
    moment from;                       ///< started at or after
    moment to;                         ///< started before
    std::size_t limit = 50;            ///< 1 to `history_limit_max`; others are moved into that range
    std::optional<history_key> before; ///< `history_page::next` of the page before
};

inline constexpr std::size_t history_limit_max = 1000;

/// Runs, the latest start first; equal starts by descending id.
struct history_page {
    std::vector<run> runs;
    std::optional<history_key> next; ///< nothing: this is the last page
};

/// What to forget. A run in flight is never forgotten.
struct prune_policy {
    moment ended_before;                      ///< runs that ended before this
    std::optional<std::size_t> runs_per_task; ///< all but the latest so many of each task
    std::size_t limit =
        0; ///< no more runs than this in one call, which looks at about so many tasks; 0: no limit
    std::uint64_t from =
        0; ///< of a repository: `prune_progress::next` of the call before, under a limit; 0: the first
};

/// What one call of `repository::prune` has done.
struct prune_progress {
    std::uint64_t runs = 0;            ///< forgotten
    std::optional<std::uint64_t> next; ///< under a limit: where another call goes on; nothing: it is through
};

/// A change of a task that is not its schedule.
struct task_update {
    shared_string uid;
    std::optional<bool> paused;
    std::optional<bool> active;
    std::string pause_reason{}; ///< of a pause, as is the next
    moment paused_until{};
};

/// What is on record of a task, beside its cursor.
struct task_news {
    shared_string uid;
    bool superseded = false; ///< its schedule is not the one that this manager has registered
    bool paused = false;
    std::string pause_reason; ///< of a pause, as is the next
    moment paused_until;      ///< never: until somebody resumes it
};

/// What the clock of a shared repository showed, at a moment of `system_clock`.
struct clock_reading {
    wall_time wall{};
    steady_time at{};
};

/// A run that anybody asks for, who need not have the task: `repository::ask_for_run`.
struct run_request {
    /// Of the run that it becomes, which runs once, however often it is asked for, while it is on record (`prune_policy`).
    run_id id;
    shared_string uid;
    std::vector<user> users{};                 ///< empty: for all
    std::chrono::milliseconds keep_for{60000}; ///< nobody begins it later than that; at most a day
};

/// Runs that somebody wants to be cancelled, whoever has them: `repository::ask_to_cancel`.
struct cancel_request {
    run_id id{};       ///< none: all of the task
    shared_string uid; ///< if there is no id
    std::string why;
};

/// What a shared repository tells its manager of its own accord: `repository::watch`.
struct repository_news {
    std::optional<clock_reading> clock; ///< the latest
    /// Runs that this manager has begun and holds no longer: it could not be reached in time, or another manager has
    /// taken them for dead.
    std::vector<run_id> lost;
    /// Slots of tasks that this manager has registered whose latest attempt was lost (`abandoned_message`,
    /// `lease_lost_message`), and that may have another (`begin_request::attempts_max`). Told again and again, as long as
    /// nobody begins that, up to a day.
    std::vector<run> abandoned;
    std::vector<task_news> tasks; ///< that may have changed, of those that this manager has registered
    /// Runs that somebody asks for, of tasks that this manager has registered. Told to each such manager, again and
    /// again, until one has begun it or its time is over.
    std::vector<run_request> asked;
    std::vector<cancel_request> cancelled; ///< of runs of this manager, by their ids
};

} // namespace rondo

#endif // RONDO_RECORD_HPP
