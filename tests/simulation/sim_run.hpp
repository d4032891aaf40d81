// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_SIM_RUN_HPP
#define RONDO_TESTS_SIMULATION_SIM_RUN_HPP

#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <core/records.hpp>

#include <simulation/swarm.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace rondo::simulation {

inline constexpr std::int64_t never_ns = std::numeric_limits<std::int64_t>::max();

/// A run as the world sees it, from when the core first shows it until it lets go of it. What is in
/// here comes from what the core was told and has told, not from its record.
struct sim_run {
    enum class stage : std::uint8_t {
        waiting,
        backing_off, ///< the attempt after one that failed
        dropped,     ///< it never begins after all
        beginning,
        running,
        overdue
    };

    core::run_record* record = nullptr;
    run_id id;
    int task = 0;
    stage at = stage::beginning;
    rondo::trigger why = trigger::schedule;
    wall_time slot{};
    wall_time started_at{};
    std::uint64_t arrival = 0; ///< of one that waits: when it came to wait for a place; 0: it does not
    std::uint64_t kept_at = 0; ///< likewise: when it had its turn for nothing, and kept it
    rondo::overlap overlap = overlap::skip; ///< of a manual run: the policy under which it was asked for
    std::uint64_t ask = 0;                  ///< of a manual run: the number of its trigger
    std::vector<std::uint64_t> users;       ///< who asked for it; empty: nobody in particular
    std::uint64_t token = 0;

    std::uint32_t attempt = 1;
    std::uint64_t successes = 0; ///< of its task, when it ended, or the attempt before did
    bool for_slot = false;       ///< it, or the first attempt before it, stands for its slot
    bool of_backfill = false;    ///< likewise, for one of a backfill
    std::int64_t retry_at =
        0; ///< when the attempt after this one may begin, if `must_retry`; its own, of one
    std::int64_t give_up_at = 0;    ///< when the time of all attempts is over; 0: never
    bool must_retry = false;        ///< the core must tell of another attempt now
    bool must_give_up = false;      ///< the core must tell now that there is none after all
    bool follows = false;           ///< the core has told which run it comes after
    bool last = true;               ///< of its end: no other attempt may follow
    std::size_t group = groups_max; ///< whose place it has, since it began; the last: no group
    std::uint32_t group_no = 0;     ///< how often that was changed before
    bool end_moves = false;         ///< the cursor waits for its end, or that of an attempt after it
    bool failure_counted = false;
    std::size_t told = 0; ///< where its end, or that no attempt follows, is among what was told just now
    bool must_be_last = true;
    rondo::outcome outcome = outcome::success; ///< once it was told

    std::int64_t deadline = 0; ///< 0: none
    bool must_warn = false;    ///< the core must tell that its body is overrunning

    cancel_reason cancelled = cancel_reason::none; ///< asked of the core, or by its own rules
    bool must_tell = false;                        ///< the core must tell the body now
    bool cancel_told = false;                      ///< the body knows
    bool must_end = false;                         ///< the core must tell the outcome now
    rondo::outcome must_be = outcome::success;     ///< which is this
    bool answered = false;                         ///< the store's answer has come
    bool refused = false;
    bool explained = false; ///< the model knows why it is there
    bool counted = false;   ///< by the checker of the limits
    bool decided = false;   ///< its decision came out
    bool body = false;      ///< is there
    bool fails = false;
    bool for_good = false;
    bool stubborn = false;
    std::uint8_t ends = 0; ///< outcomes told
    std::int64_t body_ends = never_ns;

    void expect_end(rondo::outcome how, bool last_one = true) noexcept {
        must_end = true;
        must_be = how;
        must_be_last = last_one;
    }
};

/// How a run ends that was asked to, and whose body did not end well.
[[nodiscard]] constexpr outcome outcome_of(cancel_reason why) noexcept {
    if (why == cancel_reason::none) return outcome::failed;
    if (why == cancel_reason::timeout) return outcome::timed_out;
    return why == cancel_reason::shutdown ? outcome::interrupted : outcome::cancelled;
}

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_SIM_RUN_HPP
