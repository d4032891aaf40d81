// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_PLAY_HPP
#define RONDO_TESTS_SIMULATION_PLAY_HPP

#include <simulation/event.hpp>
#include <simulation/findings.hpp>
#include <simulation/swarm.hpp>
#include <simulation/world.hpp>

#include <vector>

namespace rondo::simulation {

/// Plays a script in a world of its own, and heals it.
tally play(const swarm& s, const std::vector<event>& script, findings& out);

/// Of a script that fails, as few events as still fail by the same checker.
[[nodiscard]] std::vector<event> minimise(const swarm& s, std::vector<event> script, const findings& failure);

/// Prints what failed, the events that make it fail, and what the task of the failure went through.
void print_failure(const swarm& s, const std::vector<event>& script, const findings& failure);

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_PLAY_HPP
