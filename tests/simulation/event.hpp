// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_EVENT_HPP
#define RONDO_TESTS_SIMULATION_EVENT_HPP

#include <simulation/swarm.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace rondo::simulation {

enum class event_kind : std::uint8_t {
    pass,          ///< time goes on for `amount` microseconds, and all that comes up is done in time
    stall,         ///< likewise, but the loop is busy, and it is done only then
    wake,          ///< for nothing
    set_clock,     ///< the wall clock, by `amount` microseconds
    add,           ///< a task, if it is not there
    remove,        ///<
    update,        ///< to its other schedule, if `amount` is odd; and, from 2, to its other policies
    pause,         ///< until `amount` microseconds later, by the wall clock, if it is not 0
    resume,        ///< from now, or, if `amount` is not 0, from the past
    pause_all,     ///<
    resume_all,    ///< as `resume`
    trigger,       ///< under the policy of the task, or, from 1, that of the number `amount` - 1
    end_body,      ///< the oldest of the task
    cancel,        ///< the `amount`th run of the task
    preview,       ///< ask for the next slots of a task, and remember them
    rival,         ///< another manager decides the next slot of a task
    outage,        ///< the store fails for `amount` microseconds
    crash,         ///< the process is gone, and starts again after `amount` microseconds
    shutdown,      ///< with a grace of `amount` microseconds
    detach,        ///< the `amount`th run of the task
    set_group,     ///< that with the number `task`, to the limits that `amount` stands for
    backfill,      ///< of the range, under the policy, that `amount` stands for
    stop_backfill, ///<
};

/// Something that happens to a world from outside. Each makes sense in every state, or does nothing
/// then, so that any of them can be left out.
struct event {
    event_kind kind = event_kind::pass;
    std::uint8_t task = 0;
    std::int64_t amount = 0;
};

/// The story of a seed.
[[nodiscard]] std::vector<event> script_of(const swarm& s);

[[nodiscard]] std::string to_string(const event& e);

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_EVENT_HPP
