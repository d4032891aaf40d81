// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_MODEL_POLICY_HPP
#define RONDO_TESTS_SIMULATION_MODEL_POLICY_HPP

#include <rondo/words.hpp>

#include <simulation/naive_slots.hpp>
#include <simulation/verdict.hpp>

#include <cstdint>
#include <vector>

namespace rondo::simulation {

/// All that a policy may look at when it decides what becomes of the due slots of a task.
struct policy_question {
    naive_slots due;
    rondo::overlap overlap = rondo::overlap::skip;
    std::uint32_t in_flight = 0;
    std::uint32_t in_flight_max = 0;
    wall_time catch_up_before{}; ///< a slot before this fell due while nobody looked
};

/// Whether a run may start beside those in flight: the meaning of `overlap`, a row for each policy.
[[nodiscard]] bool may_start(rondo::overlap policy, std::uint32_t in_flight, std::uint32_t in_flight_max);

/// What each of the due slots becomes, in order. A policy is a rule in here and nowhere else.
void decide_due(const policy_question& q, std::vector<verdict>& out);

/// What the due slots become when a pause ends.
void decide_paused(const naive_slots& due, std::vector<verdict>& out);

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_MODEL_POLICY_HPP
