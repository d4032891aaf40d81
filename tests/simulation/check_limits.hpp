// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_LIMITS_HPP
#define RONDO_TESTS_SIMULATION_CHECK_LIMITS_HPP

#include <simulation/findings.hpp>
#include <simulation/sim_run.hpp>
#include <simulation/swarm.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rondo::simulation {

/// Invariant 4: never more runs of a task, or in all, than their limits say, at any instant. A run
/// counts from the decision to start it until its body is gone; for its task also from one attempt to the next.
class check_limits {
public:
    check_limits(const swarm& s, findings& out) : swarm_(s), out_(out) {}

    void after_input(const std::vector<sim_run*>& runs) {
        std::size_t all = 0;
        for (sim_run* r : runs) {
            if (!in_flight(*r)) continue;
            all += r->record->state != core::run_state_kind::backing_off ? 1 : 0;
            // Another attempt takes the place of the one before.
            if (!r->counted && r->why != trigger::retry) started(*r, runs);
        }
        for (sim_run* r : runs) r->counted = in_flight(*r);
        std::size_t most = swarm_.core.runs_in_flight_max;
        if (most != 0 && all > most)
            out_.report("limits", findings::no_task, "more runs in all than allowed");
    }

private:
    static bool in_flight(const sim_run& r) noexcept {
        return r.record->state != core::run_state_kind::waiting;
    }
    overlap policy_of(const sim_run& r) const {
        return !r.for_slot ? r.overlap : swarm_.plans[static_cast<std::size_t>(r.task)].overlap;
    }
    // One that wants to be alone may find others only if they came after it, to be beside it.
    void started(const sim_run& r, const std::vector<sim_run*>& runs) {
        std::uint32_t of_task = 0;
        bool alone = policy_of(r) != overlap::allow_all;
        for (const sim_run* other : runs) {
            if (other->task != r.task || !in_flight(*other)) continue;
            ++of_task;
            bool later = !other->counted && policy_of(*other) == overlap::allow_all;
            if (alone && other != &r && !later)
                out_.report("limits", r.task, "a run starts beside another, which its overlap forbids");
        }
        std::uint32_t most = swarm_.plans[static_cast<std::size_t>(r.task)].in_flight_max;
        if (!alone && most != 0 && of_task > most)
            out_.report("limits", r.task, "more runs in flight than its overlap allows");
    }

    const swarm& swarm_;
    findings& out_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_LIMITS_HPP
