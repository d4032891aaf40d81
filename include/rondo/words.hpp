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
};

/// How a run ended.
enum class outcome : std::uint8_t {
    success,
    failed,      ///< the body threw, returned an error, or reported a failed result
    timed_out,   ///< the body did not end by its deadline
    cancelled,   ///< somebody asked for its end
    interrupted, ///< its own process stopped it: shutdown
    abandoned,   ///< its process died
};

/// Why a due slot did not become a run.
enum class skip_reason : std::uint8_t {
    overlap,   ///< an earlier run of the task was not over
    missed,    ///< a later slot stands for it, or it was too old
    paused,    ///< the task, or the manager, was paused
    not_owner, ///< another manager on the same repository has decided about it
};

/// What a task does now.
enum class status : std::uint8_t {
    waiting, ///< for its next slot
    running, ///< at least one run of it is in flight
};

/// What happens when a slot is due, or a manual run is asked for, while a run is in flight.
enum class overlap : std::uint8_t {
    skip,      ///< the slot is skipped, the manual run gets `errc::already_running`
    allow_all, ///< it starts beside the others, up to the task's `runs_in_flight_max`
};

/// Why a token was cancelled.
enum class cancel_reason : std::uint8_t {
    none,      ///< it is not cancelled
    requested, ///< somebody asked for it
    timeout,   ///< a deadline passed
    shutdown,  ///< the manager stops
    removed,   ///< the task was removed
    parent,    ///< the parent token was cancelled; see `cancellation_token::root_reason`
};

/// How much a line in the log matters.
enum class log_level : std::uint8_t { debug, info, warning, error };

/// The word itself: "schedule", "timed_out", ... Any thread.
[[nodiscard]] std::string_view to_string(trigger t) noexcept;
[[nodiscard]] std::string_view to_string(outcome o) noexcept;
[[nodiscard]] std::string_view to_string(skip_reason r) noexcept;
[[nodiscard]] std::string_view to_string(status s) noexcept;
[[nodiscard]] std::string_view to_string(overlap o) noexcept;
[[nodiscard]] std::string_view to_string(cancel_reason r) noexcept;
[[nodiscard]] std::string_view to_string(log_level l) noexcept;

/// The enumerator that `word` names, or nothing. For text from files and people. Any thread.
[[nodiscard]] std::optional<trigger> trigger_from(std::string_view word) noexcept;
[[nodiscard]] std::optional<outcome> outcome_from(std::string_view word) noexcept;
[[nodiscard]] std::optional<skip_reason> skip_reason_from(std::string_view word) noexcept;

} // namespace rondo

#endif // RONDO_WORDS_HPP
