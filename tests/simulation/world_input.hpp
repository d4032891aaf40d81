// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_WORLD_INPUT_HPP
#define RONDO_TESTS_SIMULATION_WORLD_INPUT_HPP

#include <simulation/world.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

namespace rondo::simulation {

inline constexpr std::array<std::string_view, groups_max> group_names{"g0", "g1"};

/// What the application wants of its `i`th task.
inline core::task_spec spec_of(std::size_t i, const task_plan& p) {
    constexpr std::array<std::string_view, tasks_max> uids{"t0", "t1", "t2", "t3", "t4", "t5"};
    return {.uid = uids[i],
            .name = uids[i],
            .when = p.when,
            .overlap = p.overlap,
            .first = p.first,
            .policy = {.catch_up = p.late,
                       .buffer_max = p.buffer_max,
                       .pause_after_failures = p.pause_after_failures,
                       .retry = p.again,
                       .slot_timeout = p.slot_timeout,
                       .priority = p.priority,
                       .tolerance = p.tolerance,
                       .timeout = p.timeout,
                       .in_flight_max = p.in_flight_max},
            .group = p.group < 0 ? std::string_view() : group_names[static_cast<std::size_t>(p.group)],
            .payload = std::make_unique<core::task_payload>()};
}

/// One input: the core gets it, and what comes out is judged. The state that judges expect must be
/// theirs already.
template <class F>
void world::input(input_kind kind, int task, sim_run* run, F call) {
    ++tally_.inputs;
    seen_.clear();
    seen_.input = kind;
    seen_.task = task;
    seen_.run = run;
    seen_.now = now_;
    if (task != findings::no_task) seen_.touched = 1u << task;
    call();
    collect();
    judge();
    seen_.forget_question();
    settle();
}

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_WORLD_INPUT_HPP
