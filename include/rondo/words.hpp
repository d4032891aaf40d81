// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_WORDS_HPP
#define RONDO_WORDS_HPP

#include <cstdint>
#include <optional>
#include <string_view>

namespace rondo {

/// Why a run started.
enum class trigger : std::uint8_t {
    schedule, ///< its slot was due
    manual,   ///< somebody asked for it
    catch_up, ///< its slot fell due while nobody looked: downtime, a pause, a blocked loop
    retry,    ///< the run before, for the same slot or the same request, failed
    backfill, ///< somebody asked for slots of the past
};

/// How a run ended.
enum class outcome : std::uint8_t {
    success,
    failed,      ///< the body threw, returned an error, or reported a failed result
    timed_out,   ///< the body did not end by its deadline
    cancelled,   ///< somebody asked for its end
    interrupted, ///< its own process stopped it: shutdown, or its lease was lost
    abandoned,   ///< its process died or was not heard of, or somebody gave it up (`manager::async_detach`)
};

/// Why a due slot did not become a run.
enum class skip_reason : std::uint8_t {
    overlap,     ///< an earlier run of the task was not over
    missed,      ///< a later slot stands for it, or it was too old
    paused,      ///< the task, or the manager, was paused
    not_owner,   ///< another manager on the same repository has decided about it
    buffer_full, ///< as many as may already waited for the end of an earlier run
};

/// What a task does now.
enum class status : std::uint8_t {
    waiting, ///< for its next slot
    running, ///< at least one run of it is in flight
};

/// What happens when a slot is due, or a manual run is asked for, while a run of the task is in flight. What
/// waits starts in order, slots before manual runs; a slot that waits is not decided yet, so that the next
/// life finds it.
enum class overlap : std::uint8_t {
    /// The slot is skipped, the manual run gets `errc::already_running`.
    skip,
    /// It starts beside the others, up to the task's `runs_in_flight_max`; beyond, as `skip`.
    allow_all,
    /// One slot waits for the end of the run, others are skipped as `buffer_full`. One manual run waits; who
    /// asks for another gets that one, for their users too.
    buffer_one,
    /// Up to the task's `buffer_max` slots wait, others are skipped as `buffer_full`. As many manual runs
    /// wait, others get `errc::queue_full`.
    buffer_all,
    /// The runs in flight are cancelled, and it starts when they have really ended. What waited already is
    /// given up for it: slots for a slot, as `overlap`; manual runs for a manual run, as cancelled.
    cancel_other,
};

/// Which runs of a task go on record, and when. Its cursor does in any case, so that a restart neither repeats
/// slots nor loses them.
enum class record : std::uint8_t {
    /// Each, before its body starts: a run that a crash takes with it is found `abandoned`.
    write_ahead,
    /// Each, while its body runs already. A crash may take the last of them without a trace, with the cursor:
    /// their slots run again. While the repository is behind by more than `manager_options::outbox_max`, runs wait
    /// for it as under `write_ahead`.
    write_behind,
    /// When it has ended: those that did not succeed, and the success that follows one that failed or timed out.
    /// Those in flight are not on record; skips are. As `write_behind` for the rest. A task that another follows
    /// (`after`) keeps its successes too, for that one.
    failures_only,
    /// None, and no skips; but as before for one that another follows.
    none,
};

/// What becomes of a slot whose run its process took with it.
enum class on_abandoned : std::uint8_t {
    record_only, ///< nothing: each slot runs at most once, but for its retries
    /// It runs again when the task is added by the next process: as the next attempt, of trigger `retry`, at once
    /// or in its turn, and on record before its body starts whatever `record` says. Not if the slot is later than
    /// `catch_up::window`, nor beyond `retry::attempts` (but once in any case, so that a body that brings its process
    /// down does not do so for ever), nor while the task or the manager is paused. Of several slots the latest, or
    /// under `overlap::allow_all` all; under `overlap::cancel_other` a later slot may take its place. It must be among
    /// the latest `history_limit_max` runs of the task; a slot that somebody asked for by hand, too, is left as it is.
    /// What was cancelled before it began comes back with the next process. Of `record::failures_only` and `none` no
    /// such run is on record, so nothing runs again. Where managers share a repository, it runs again as soon as one of
    /// them may begin it, and so do runs whose lease was lost.
    rerun,
};

/// What becomes of a run that its manager holds no longer, of those that share a repository: another manager may run its
/// slot again from now on, and its end will not go on record.
enum class on_lease_lost : std::uint8_t {
    cancel, ///< its body is cancelled (`cancel_reason::lease_lost`)
    go_on,  ///< nothing: what it does twice does no harm
};

/// What becomes of runs that are due while the repository fails, or is overdue.
enum class on_store_failure : std::uint8_t {
    go_on, ///< they start, and their record follows
    /// They wait until it works again; slots that fall due meanwhile meet them there, as `overlap` says. What waits
    /// begins however late it is then, with the start on record at which it was decided; to cancel or remove it takes
    /// effect then, too. Bodies that run already go on; of a task that does not wait for its record (`record`), a few
    /// may begin until the failure is known. At a shutdown those that wait are `interrupted`.
    stop,
};

/// Where a task that was paused goes on.
enum class resume_from : std::uint8_t {
    now,      ///< slots that fell due while it was paused are skipped as `paused`
    the_past, ///< they were missed, and are caught up on (`catch_up`)
};

/// Why a token was cancelled.
enum class cancel_reason : std::uint8_t {
    none,      ///< it is not cancelled
    requested, ///< somebody asked for it
    timeout,   ///< a deadline passed
    shutdown,  ///< the manager stops
    removed,   ///< the task was removed
    overlap,   ///< another run of the task takes its place, under `overlap::cancel_other`
    parent,    ///< the parent token was cancelled; see `cancellation_token::root_reason`
    lease_lost, ///< another manager may have the run: the repository was out of reach, or this process stood still
};

/// How much a line in the log matters.
enum class log_level : std::uint8_t { debug, info, warning, error };

/// Whether a retry would make sense, and whether it counts as a failure of its task.
[[nodiscard]] constexpr bool is_failure(outcome o) noexcept {
    return o == outcome::failed || o == outcome::timed_out;
}

/// The word itself: "schedule", "timed_out", ... Any thread.
[[nodiscard]] std::string_view to_string(trigger t) noexcept;
[[nodiscard]] std::string_view to_string(outcome o) noexcept;
[[nodiscard]] std::string_view to_string(skip_reason r) noexcept;
[[nodiscard]] std::string_view to_string(status s) noexcept;
[[nodiscard]] std::string_view to_string(overlap o) noexcept;
[[nodiscard]] std::string_view to_string(record r) noexcept;
[[nodiscard]] std::string_view to_string(cancel_reason r) noexcept;
[[nodiscard]] std::string_view to_string(log_level l) noexcept;

/// The enumerator that `word` names, or nothing. For text from files and people. Any thread.
[[nodiscard]] std::optional<trigger> trigger_from(std::string_view word) noexcept;
[[nodiscard]] std::optional<outcome> outcome_from(std::string_view word) noexcept;
[[nodiscard]] std::optional<skip_reason> skip_reason_from(std::string_view word) noexcept;

} // namespace rondo

#endif // RONDO_WORDS_HPP
