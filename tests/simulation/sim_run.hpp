// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_SIM_RUN_HPP
#define RONDO_TESTS_SIMULATION_SIM_RUN_HPP

#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <core/records.hpp>

#include <cstdint>
#include <limits>
#include <vector>

namespace rondo::simulation {

inline constexpr std::int64_t never_ns = std::numeric_limits<std::int64_t>::max();

/// A run as the world sees it, from when the core first shows it until it lets go of it. What is in
/// here comes from what the core was told and has told, not from its record.
struct sim_run {
    enum class stage : std::uint8_t { waiting, beginning, running, overdue };

    core::run_record* record = nullptr;
    run_id id;
    int task = 0;
    stage at = stage::beginning;
    rondo::trigger why = trigger::schedule;
    wall_time slot{};
    wall_time started_at{};
    std::uint64_t arrival = 0; ///< of one that waits: when it came to wait for a place; 0: it does not
    rondo::overlap overlap = overlap::skip; ///< of a manual run: the policy under which it was asked for
    std::uint64_t ask = 0;                  ///< of a manual run: the number of its trigger
    std::vector<std::uint64_t> users;       ///< who asked for it; empty: nobody in particular
    std::uint64_t token = 0;

    std::int64_t deadline = 0; ///< 0: none
    bool must_warn = false;    ///< the core must tell that its body is overrunning

    cancel_reason cancelled = cancel_reason::none; ///< asked of the core, or by its own rules
    bool must_tell = false;                        ///< the core must tell the body now
    bool cancel_told = false;                      ///< the body knows
    bool must_end = false;                         ///< the core must tell the outcome now
    outcome must_be = outcome::success;            ///< which is this
    bool answered = false;                         ///< the store's answer has come
    bool refused = false;
    bool counted = false; ///< by the checker of the limits
    bool decided = false; ///< its decision came out
    bool body = false;    ///< is there
    bool fails = false;
    bool stubborn = false;
    std::uint8_t ends = 0; ///< outcomes told
    std::int64_t body_ends = never_ns;

    void expect_end(outcome how) noexcept {
        must_end = true;
        must_be = how;
    }
    /// What a request to end must bring about. The first reason counts.
    void ask_to_end(cancel_reason reason) noexcept;
};

/// How a run ends that was asked to, and whose body did not end well.
[[nodiscard]] constexpr outcome outcome_of(cancel_reason why) noexcept {
    if (why == cancel_reason::none) return outcome::failed;
    if (why == cancel_reason::timeout) return outcome::timed_out;
    return why == cancel_reason::shutdown ? outcome::interrupted : outcome::cancelled;
}

inline void sim_run::ask_to_end(cancel_reason reason) noexcept {
    if (cancelled != cancel_reason::none || at == stage::overdue) return;
    cancelled = reason;
    if (at == stage::running) must_tell = true;
    if (at == stage::waiting) expect_end(outcome_of(reason));
}

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_SIM_RUN_HPP
