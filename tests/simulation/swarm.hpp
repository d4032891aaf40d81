// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_SWARM_HPP
#define RONDO_TESTS_SIMULATION_SWARM_HPP

#include <rondo/catch_up.hpp>
#include <rondo/retry.hpp>
#include <rondo/schedule.hpp>
#include <rondo/task_limits.hpp>
#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <core/scheduler.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace rondo::simulation {

inline constexpr std::size_t tasks_max = 6;
inline constexpr std::size_t groups_max = 2;

/// Limits of a group of tasks; 0: none.
struct group_plan {
    std::size_t runs_max = 0;
    std::size_t starts_max = 0;
    std::chrono::nanoseconds per{1};
};

/// A range of slots that somebody wants to run.
struct backfill_plan {
    wall_time from{};
    wall_time to{};
    rondo::overlap policy = overlap::skip;
};

/// A task as the application of the world wants it.
struct task_plan {
    rondo::schedule when = once();
    rondo::schedule when_changed = once(); ///< what a later life may want instead
    rondo::overlap overlap = rondo::overlap::skip;
    catch_up late;
    std::uint32_t buffer_max = buffer_max_default;
    rondo::first_run first = by_schedule;
    std::chrono::microseconds timeout{0};
    retry again;
    std::chrono::microseconds slot_timeout{0};
    std::uint32_t pause_after_failures = 0;
    std::uint32_t in_flight_max = 0;
    std::int32_t priority = 0;
    int group = -1; ///< none
    std::chrono::microseconds tolerance{0};
    std::int64_t body_us_max = 0; ///< the longest that its body takes by itself
};

/// What can happen in one world, and how often. Each seed turns each kind on or off, so that
/// combinations occur which a world with everything in it would drown.
struct swarm {
    std::uint64_t seed = 0;
    std::size_t tasks = 1;
    std::array<task_plan, tasks_max> plans;
    std::array<task_plan, tasks_max> others;   ///< what updates may want instead, but for the schedules
    std::array<group_plan, groups_max> groups; ///< at first
    core::scheduler_options core;
    wall_time wall_begin{};
    std::int64_t unit_us = 1000; ///< about how long an interval is
    std::int64_t drift_ppm = 0;  ///< of the wall clock
    std::size_t events = 300;

    // One in so many; 0: never.
    std::int64_t late = 0;         ///< wake-ups
    std::int64_t fails = 0;        ///< bodies
    std::int64_t for_good = 0;     ///< of those: no other attempt is wanted
    std::int64_t stubborn = 0;     ///< bodies, which ignore their cancellation
    std::int64_t store_slow = 0;   ///< calls
    std::int64_t store_fails = 0;  ///< calls
    std::int64_t add_fails = 0;    ///< registrations
    std::int64_t memory_fails = 0; ///< inputs to the core
    std::size_t outbox_max = 1000;
    bool merges = false;      ///< decisions stay in the core while the store is busy
    bool told_of_set = false; ///< somebody wakes the loop when the clock is set
    bool changes = false;     ///< a restart may bring another schedule
    bool overrides = false;   ///< a trigger may have an overlap policy of its own
    bool pasts = false;       ///< a pause may end from the past

    // How often an event of each kind is among the events, beside 100 of plain time.
    std::int64_t stalls = 0;
    std::int64_t wakes = 0;
    std::int64_t clock_sets = 0;
    std::int64_t triggers = 0;
    std::int64_t cancels = 0;
    std::int64_t pauses = 0;
    std::int64_t resumes = 0;
    std::int64_t pauses_all = 0;
    std::int64_t removes = 0;
    std::int64_t updates = 0;
    std::int64_t crashes = 0;
    std::int64_t shutdowns = 0;
    std::int64_t rivals = 0;
    std::int64_t outages = 0;
    std::int64_t previews = 0;
    std::int64_t detaches = 0;
    std::int64_t group_changes = 0;
    std::int64_t backfills = 0;
};

[[nodiscard]] swarm swarm_of(std::uint64_t seed);
/// Limits by a number.
[[nodiscard]] group_plan group_plan_of(std::int64_t n, std::int64_t unit_us);

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_SWARM_HPP
