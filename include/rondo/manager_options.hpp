// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_MANAGER_OPTIONS_HPP
#define RONDO_MANAGER_OPTIONS_HPP

#include <rondo/clock.hpp>
#include <rondo/group.hpp>
#include <rondo/log.hpp>
#include <rondo/words.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace rondo {

inline constexpr std::size_t shards_max = 64;

/// What history is forgotten by itself, in slices that hold up nobody. Nothing by default. Runs in flight stay.
struct retention {
    /// Runs that ended longer ago, and skips. 0: none. Not negative.
    std::chrono::nanoseconds age{0};
    /// All but the latest so many runs of each task. 0: none.
    std::size_t runs_per_task = 0;
    /// How often. Positive.
    std::chrono::nanoseconds every = std::chrono::minutes(1);
};

/// How a manager behaves. Values out of range make `async_start` fail with `errc::invalid_option`.
struct manager_options {
    /// How far apart two wake-ups are at least: tasks that fall due in between start together, late by
    /// at most this much and never early. 0 wakes for each. 0 to 1 hour.
    std::chrono::nanoseconds resolution = std::chrono::milliseconds(1);
    /// Never more runs at once than this, of all tasks together; further ones wait their turn: by
    /// `task::priority`, else in the order in which they fell due. 0: no limit.
    std::size_t runs_in_flight_max = 0;
    /// Never more manual runs than this wait for a place; then `errc::queue_full`.
    std::size_t runs_waiting_max = 10'000;
    /// Which groups there are from the start; at most `groups_max`. `manager::async_set_group` adds others, and
    /// changes these. The last of several with one name counts.
    std::vector<group> groups;
    /// How much longer something must have waited to go before what is one step more important. 1 microsecond
    /// to 1 hour.
    std::chrono::nanoseconds priority_ageing = std::chrono::seconds(10);
    /// On how many strands tasks are decided, begun and recorded: as many threads of the executor can be at it at once.
    /// One is enough for some hundred thousand runs a second. 1 to `shards_max`. Each task is of one shard, by its uid.
    /// Everything means the same with more than one, but:
    /// - `repository::serves_many_strands` must hold, as of the one in memory; `runs_in_flight_max` must be 0;
    /// - the tasks of a group must be of one shard, that of the first one ever, and a task must be of that of the one
    ///   that it follows: otherwise an add or an update fails with `errc::invalid_option`. See `shard_of`;
    /// - each may have its part, rounded up, of `runs_waiting_max` and of `outbox_max`;
    /// - events of tasks of different shards may come in another order than they happened; each shard learns for itself,
    ///   and tells, that the repository fails; `clock` is called by several threads at once.
    std::size_t shards = 1;
    /// Which shard a task is of, by its uid; what is beyond their number counts modulo that. Called by any thread, often;
    /// always the same for a uid; throws nothing. Empty: they are spread evenly.
    std::function<std::size_t(std::string_view uid)> shard_of;
    /// Which runs go on record, and when, of tasks that do not say so (`task::record`).
    rondo::record record = rondo::record::write_ahead;
    /// When a call of the repository is overdue: its caller gets `errc::store_timeout`, and the repository
    /// counts as one that fails. Positive.
    std::chrono::nanoseconds store_timeout = std::chrono::seconds(5);
    /// Whether runs start while the repository fails.
    rondo::on_store_failure on_store_failure = rondo::on_store_failure::go_on;
    /// How many begins and ends of runs are kept for a repository that fails. Beyond that the oldest
    /// are dropped, named (`event_kind::record_dropped`) and counted (`manager_stat::outbox_dropped`). At least 1.
    /// Nothing is dropped under `on_store_failure::stop`, where nothing begins either.
    std::size_t outbox_max = 10'000;
    /// What history is forgotten by itself.
    rondo::retention retention;
    /// How long `async_shutdown` waits for bodies that it has cancelled, and for the repository to take
    /// the last ends. Not negative.
    std::chrono::nanoseconds cancel_grace = std::chrono::seconds(1);
    /// While a task waits for an instant of the wall clock, how often to look whether that clock was
    /// set; not needed with a clock that says so itself (`clock::wakes_on_set`), nor on Linux, where the
    /// kernel does. Positive.
    std::chrono::nanoseconds wall_clock_check = std::chrono::seconds(1);
    /// A body that holds its thread for longer without suspending is named in the log, with a warning, and
    /// counted in `stat::blocked`. Measured is each stretch of real time between the moment at which a
    /// handler on the strand of a run begins and that at which it returns: the body from one suspension
    /// to the next, what it calls, and handlers bound to `context::get_executor()`. A thread that was not
    /// given the processor meanwhile counts; work that the body hands to other executors does not. It is
    /// found when it is over: a body that never returns is never named. 0 switches it off. Not negative.
    std::chrono::nanoseconds blocking_warn_after = std::chrono::milliseconds(100);
    /// Must outlive the execution context of the manager, where runs go on in their own time, and each
    /// `context` that was copied. Null is taken for `system_clock()`.
    rondo::clock* clock = nullptr;
    /// Takes the log; an empty one drops it.
    log_sink log = stderr_log();
    /// Lines that matter less are not even made. A start and an end of each run is `info`.
    log_level log_level_min = log_level::warning;
    /// What run ids are made from. 0 takes a random one; anything else makes ids reproducible.
    std::uint64_t seed = 0;
};

} // namespace rondo

#endif // RONDO_MANAGER_OPTIONS_HPP
