// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_WORLD_INPUT_HPP
#define RONDO_TESTS_SIMULATION_WORLD_INPUT_HPP

#include <simulation/dice.hpp>
#include <simulation/memory.hpp>
#include <simulation/state.hpp>
#include <simulation/world.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
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
    const bool again = seen_.short_of_memory;
    seen_.forget_question();
    if (again && !out_.failed()) on_time();
    settle();
}

/// What is done as far as there is memory, and gone on with in the next; and who does not come to life is forgotten. Those
/// have other tests.
[[nodiscard]] inline bool in_parts(input_kind kind) noexcept {
    switch (kind) {
    case input_kind::on_time:
    case input_kind::pause_all:
    case input_kind::resume_all:
    case input_kind::shutdown:
    case input_kind::activate: return true;
    default: return false;
    }
}

/// Something of the core, within an input. Memory may run out at each allocation. Where the core says so, nothing may have
/// happened, and it is asked again, as by the runtime or by whoever hears that there was none. What may start after it is
/// another matter, and may be left to the next input.
template <class F>
auto world::ask(F of_core) {
    if (swarm_.memory_fails == 0 || in_parts(seen_.input)) return of_core();
    const std::uint64_t n = draw(swarm_.seed, 47, ++shortages_);
    if (n % static_cast<std::uint64_t>(swarm_.memory_fails) != 0) return of_core();
    const std::string before = state_of(*core_);
    try {
        const little_memory some(static_cast<int>((n >> 32) % 8));
        struct note { // also where there is nothing to return
            bool& to;
            ~note() { to = little_memory::failed(); }
        } const noted{seen_.short_of_memory};
        return of_core();
    } catch (const std::bad_alloc&) {
        seen_.short_of_memory = false;
        fault(fault_kind::memory);
    }
    if (const std::string after = state_of(*core_); after != before)
        out_.report("memory", seen_.task, difference(before, after, seen_.input));
    else if (!core_->actions().empty())
        out_.report("memory", seen_.task, "an input failed and told something");
    core_->actions().clear();
    return of_core();
}

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_WORLD_INPUT_HPP
