// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_LIMITS_HPP
#define RONDO_TESTS_SIMULATION_CHECK_LIMITS_HPP

#include <simulation/findings.hpp>
#include <simulation/sim_run.hpp>
#include <simulation/swarm.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace rondo::simulation {

/// Invariant 4: never more runs of a task, or in all, than their limits say, at any instant. A run
/// counts from the decision to start it until its body is gone.
class check_limits {
public:
    check_limits(const swarm& s, findings& out) : swarm_(s), out_(out) {}

    void after_input(const std::vector<sim_run*>& runs) {
        std::array<std::uint32_t, tasks_max> of{};
        std::size_t all = 0;
        for (const sim_run* r : runs) {
            if (r->record->state == core::run_state_kind::waiting) continue;
            ++all;
            ++of[static_cast<std::size_t>(r->task)];
        }
        for (std::size_t i = 0; i != swarm_.tasks; ++i) {
            const task_plan& p = swarm_.plans[i];
            std::uint32_t most = p.overlap == overlap::skip ? 1 : p.in_flight_max;
            if (most != 0 && of[i] > most)
                out_.report("limits", static_cast<int>(i), "more runs in flight than its overlap allows");
        }
        std::size_t most = swarm_.core.runs_in_flight_max;
        if (most != 0 && all > most)
            out_.report("limits", findings::no_task, "more runs in all than allowed");
    }

private:
    const swarm& swarm_;
    findings& out_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_LIMITS_HPP
