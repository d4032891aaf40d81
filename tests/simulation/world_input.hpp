// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_WORLD_INPUT_HPP
#define RONDO_TESTS_SIMULATION_WORLD_INPUT_HPP

#include <simulation/world.hpp>

namespace rondo::simulation {

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
