// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_SMALL_WORLDS_HPP
#define RONDO_TESTS_SIMULATION_SMALL_WORLDS_HPP

#include <simulation/world.hpp>

#include <cstdint>

namespace rondo::simulation {

/// Every story of `depth` events from a small alphabet, in small worlds of two tasks. Of more than four
/// events, from a smaller one: six take some minutes. Prints the first
/// that fails, and gives the number of those: 0 or 1.
std::uint64_t play_small_worlds(int depth, tally& total);

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_SMALL_WORLDS_HPP
