// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_OBSERVATION_HPP
#define RONDO_TESTS_SIMULATION_OBSERVATION_HPP

#include <rondo/time.hpp>

#include <core/actions.hpp>

#include <simulation/sim_run.hpp>
#include <simulation/swarm.hpp>
#include <simulation/verdict.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace rondo::simulation {

enum class input_kind : std::uint8_t {
    on_time,
    activate,
    remove,
    pause,
    resume,
    pause_all,
    resume_all,
    trigger,
    cancel,
    begun,
    ended,
    resync,
    shutdown,
};

/// One input to the core, and what came out of it, for the model and the checkers to judge.
struct observation {
    input_kind input = input_kind::on_time;
    int task = -1; ///< that the input was about
    instant now;
    sim_run* run = nullptr;                            ///< likewise
    bool was_paused = false;                           ///< what is resumed
    std::uint32_t releases = 0;                        ///< runs let go of
    std::vector<sim_run*> fresh;                       ///< runs that were not there before
    std::array<std::vector<verdict>, tasks_max> slots; ///< what became of due slots
    std::uint32_t touched = 0;                         ///< tasks, a bit each

    void clear() {
        releases = 0;
        run = nullptr;
        task = -1;
        was_paused = false;
        fresh.clear();
        touched = 0;
        for (auto& list : slots) list.clear();
    }
    std::vector<verdict>& of(int i) { return slots[static_cast<std::size_t>(i)]; }
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_OBSERVATION_HPP
