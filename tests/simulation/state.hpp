// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_STATE_HPP
#define RONDO_TESTS_SIMULATION_STATE_HPP

#include <core/scheduler.hpp>

#include <simulation/observation.hpp>

#include <string>
#include <string_view>

namespace rondo::simulation {

/// All of the core that says what will happen, a line for each task and run: two that differ in it are not the same.
[[nodiscard]] std::string state_of(const core::scheduler& core);

/// The first lines in which they differ.
[[nodiscard]] std::string difference(std::string_view before, std::string_view after, input_kind input);

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_STATE_HPP
