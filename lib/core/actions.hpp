// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_ACTIONS_HPP
#define RONDO_CORE_ACTIONS_HPP

#include <rondo/error.hpp>
#include <rondo/record.hpp>

#include <core/records.hpp>

#include <cstddef>
#include <string>

namespace rondo::core {

/// What the shell must do. The records are valid until the next input.
struct action {
    enum class kind : std::uint8_t {
        start_run,       ///< spawn the body
        cancel_run,      ///< tell the body why: `run->cancelled`
        end_run,         ///< record `outcome` at `at`; `next_slot` goes with it
        retry_later,     ///< `next` will be the attempt after `run`
        no_retry,        ///< after an end that was not the last, it is: there will be no other attempt
        release_run,     ///< the body is gone: let go of what hangs on the run
        run_overrunning, ///< past its deadline for long, its body still there
        follow_refused,  ///< `task` follows another that had a run beside its schedule, and was `refused` one
        slots_skipped,   ///< tell of `skipped`; a decision records it
        backfill_done,   ///< see `task->backfill()`
        task_paused,     ///< by its failures: record it
        task_resumed,    ///< its pause is over: record it
        task_gone,       ///< nothing of the task is left but this record, which goes too
        shutdown_done,   ///< nothing runs, or nothing can be done about what still does
    };

    action::kind kind;
    task_record* task = nullptr;
    run_record* run = nullptr;
    rondo::outcome outcome = rondo::outcome::success;
    wall_time at{};
    moment next_slot{};
    skip_range skipped{};
    bool last = true;      ///< of an end: no other attempt may follow
    bool followed = false; ///< of an end: tasks follow this one, so that it goes on record before they begin
    bool recorded = true;  ///< of an end: it goes on record
    error_code refused{};
    run_record* next = nullptr;
};

/// How many one input brings, where it is about one task or run; what it skips is beside that.
inline constexpr std::size_t actions_of_input_max = 8;

/// Something for the repository to record, and the run, if any, that waits until it is.
struct decision {
    begin_request request;
    run_record* run = nullptr;
    rondo::record mode = rondo::record::write_ahead; ///< of the run, or of the task then
    task_record* task = nullptr;                     ///< for the core's own use
    std::uint32_t schedule_no = 0;                   ///< whose slots it says: `task_record::schedule_no` then
    std::uint32_t no = 0;                            ///< which of those that move the cursor of its task
    steady_time due = steady_time::min();            ///< of a run in advance: when it begins
};

/// How a body ended.
enum class body_end : std::uint8_t {
    success,
    failed,
    failed_for_good, ///< no other attempt is wanted
};

} // namespace rondo::core

#endif // RONDO_CORE_ACTIONS_HPP
