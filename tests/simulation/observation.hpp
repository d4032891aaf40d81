// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_OBSERVATION_HPP
#define RONDO_TESTS_SIMULATION_OBSERVATION_HPP

#include <rondo/time.hpp>

#include <core/actions.hpp>

#include <simulation/model_policy.hpp>
#include <simulation/sim_run.hpp>
#include <simulation/swarm.hpp>
#include <simulation/verdict.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace rondo::simulation {

enum class input_kind : std::uint8_t {
    on_time,
    activate,
    remove,
    update,
    pause,
    resume,
    pause_all,
    resume_all,
    trigger,
    cancel,
    begun,
    ended,
    refused,
    shutdown,
    detach,
    set_group,
    backfill,
    stop_backfill,
};

/// One input to the core, and what came out of it, for the model and the checkers to judge.
struct observation {
    input_kind input = input_kind::on_time;
    int task = -1; ///< that the input was about
    instant now;
    sim_run* run = nullptr;                            ///< likewise
    bool short_of_memory = false;                      ///< so that what may start starts in the next
    bool was_paused = false;                           ///< what is resumed
    resume_from from = resume_from::now;               ///< likewise
    fate answered = fate::starts;                      ///< to a trigger, by the model
    task_plan plan;                                    ///< of an update, with its schedule in `when`
    std::optional<verdict> theirs;                     ///< slots that another manager has, by the model
    std::optional<verdict> theirs_told;                ///< by the core
    std::vector<sim_run*> begun;                       ///< runs that waited
    std::vector<sim_run*> fresh;                       ///< runs that were not there before
    std::array<std::vector<verdict>, tasks_max> slots; ///< what became of due slots, by the first of them
    std::array<std::vector<verdict>, tasks_max> skips; ///< those that were skipped, as they were told
    std::uint32_t resumed = 0;                         ///< tasks whose pause ended by itself, a bit each
    std::uint32_t touched = 0;                         ///< tasks, a bit each

    void clear() {
        theirs_told.reset();
        short_of_memory = false;
        begun.clear();
        run = nullptr;
        task = -1;
        fresh.clear();
        touched = resumed = 0;
        for (auto& list : slots) list.clear();
        for (auto& list : skips) list.clear();
    }
    /// What the next input is about must be said again.
    void forget_question() {
        was_paused = false;
        from = resume_from::now;
        answered = fate::starts;
        theirs.reset();
    }
    std::vector<verdict>& of(int i) { return slots[static_cast<std::size_t>(i)]; }
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_OBSERVATION_HPP
