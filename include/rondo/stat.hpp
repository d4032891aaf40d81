// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_STAT_HPP
#define RONDO_STAT_HPP

#include <rondo/backfill.hpp>
#include <rondo/run_output.hpp>
#include <rondo/shared_string.hpp>
#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace rondo {

/// What happened to the slots and runs of one task since it was added to this manager.
struct counters {
    std::uint64_t runs = 0;    ///< started, of every trigger
    std::uint64_t retries = 0; ///< of these
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t interrupted = 0;
    std::uint64_t abandoned = 0;           ///< by `async_detach`
    std::uint64_t skipped_overlap = 0;     ///< slots
    std::uint64_t skipped_missed = 0;      ///< slots
    std::uint64_t skipped_paused = 0;      ///< slots
    std::uint64_t skipped_not_owner = 0;   ///< slots
    std::uint64_t skipped_buffer_full = 0; ///< slots

    friend bool operator==(const counters&, const counters&) = default;
};

/// How late something was, lately and at worst. 0 until there was one; never negative.
struct lateness {
    std::chrono::microseconds last{0};
    std::chrono::microseconds max{0};

    friend bool operator==(const lateness&, const lateness&) = default;
};

/// One task as it stands.
struct stat {
    shared_string uid;
    shared_string name;
    rondo::status status = rondo::status::waiting;
    moment next_run; ///< its next slot; never, if paused (unless its run is on record already) or finished
    moment last_run; ///< when its latest run started, in an earlier life too
    std::optional<std::chrono::microseconds> interval; ///< of `every` and `every_after`
    bool recurring = true;                             ///< false of `once` and `at`
    bool hidden = false;
    bool paused = false;
    std::string pause_reason;                   ///< as it was given; of a task that paused itself, why
    moment paused_until;                        ///< never: until somebody resumes it
    std::optional<rondo::outcome> last_outcome; ///< of the latest run that ended
    /// How many slots and manual runs in a row failed or timed out with their last attempt, in the order of
    /// their ends, in earlier lives too, as far as they are on record. One that will be tried again does not
    /// count yet; a cancelled one never does, and ends no row. A success is what ends it.
    std::uint32_t failures = 0;
    std::uint32_t runs_in_flight = 0;
    /// The latest that a run in flight told (`context::progress`).
    std::optional<run_progress> progress;
    std::uint32_t runs_retrying = 0;    ///< failed, and will be tried again
    std::uint32_t runs_overrunning = 0; ///< past their deadline, and their body still there
    std::uint64_t slots_waiting = 0;    ///< due, and waiting for the end of an earlier run, or for a place
    std::uint32_t runs_waiting = 0;     ///< manual runs that have not started yet
    /// From the slot of a run, on the clock that its schedule follows, to the begin of its body; of a manual
    /// run, from when it was asked for; a wait by `task::tolerance` is in it. Only these count, with trigger
    /// `schedule` and `manual`.
    lateness start_delay;
    std::uint64_t blocked = 0;                 ///< how often a body held the loop too long
                                               ///< (`manager_options::blocking_warn_after`)
    std::chrono::microseconds blocked_max{0};  ///< the longest of these
    std::optional<backfill_progress> backfill; ///< the latest, in this life
    shared_string group;                       ///< empty: none
    std::int32_t priority = 0;
    rondo::counters counters;
};

/// The manager as a whole.
struct manager_stat {
    std::size_t tasks = 0;
    std::size_t runs_in_flight = 0;
    std::size_t runs_waiting = 0; ///< due or asked for, and not started yet
    bool paused = false;
    bool store_down = false;          ///< the last call to the repository failed or is overdue
    std::size_t outbox = 0;           ///< entries that wait for the repository
    std::uint64_t outbox_dropped = 0; ///< entries given up because the outbox was full
    std::uint64_t events_dropped = 0; ///< events that slow readers did not see
    lateness start_delay;             ///< as `stat::start_delay`, of all tasks that were ever added
    /// How late the manager was woken against what it had asked of its timer: what others on the executor
    /// cost it. A time in which the machine slept does not count.
    lateness loop_lag;
    std::uint64_t blocked = 0; ///< as `stat::blocked`, of all tasks that were ever added
};

} // namespace rondo

#endif // RONDO_STAT_HPP
