// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_VERDICT_HPP
#define RONDO_TESTS_SIMULATION_VERDICT_HPP

#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace rondo::simulation {

/// What became, or must become, of slots in a row: one run, or skips of one reason.
struct verdict {
    bool runs = false;
    rondo::trigger why = trigger::schedule; ///< of a run
    skip_reason reason = skip_reason::missed;
    wall_time first{};
    wall_time last{}; ///< of a run: `first`
    std::uint64_t count = 1;
    bool before_update = false; ///< of the schedule that the task had before

    friend bool operator==(const verdict& a, const verdict& b) noexcept {
        if (a.runs != b.runs || a.first != b.first || a.last != b.last || a.count != b.count) return false;
        return a.runs ? a.why == b.why : a.reason == b.reason;
    }
};

inline verdict run_of(wall_time slot, rondo::trigger why) noexcept {
    return {true, why, skip_reason::missed, slot, slot, 1, false};
}

inline verdict skip_of(skip_reason reason, wall_time first, wall_time last, std::uint64_t count) noexcept {
    return {false, trigger::schedule, reason, first, last, count, false};
}

inline std::string to_string(const verdict& v) {
    if (v.runs) return fmt::format("run {} ({})", rondo::to_string(v.first, 6), rondo::to_string(v.why));
    return fmt::format("skip {} {} from {} to {}", v.count, rondo::to_string(v.reason),
                       rondo::to_string(v.first, 6), rondo::to_string(v.last, 6));
}

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_VERDICT_HPP
