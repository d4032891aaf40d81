// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_OVERLAP_DECISION_HPP
#define RONDO_CORE_OVERLAP_DECISION_HPP

#include <rondo/words.hpp>

#include <cstdint>

namespace rondo::core {

enum class overlap_answer : std::uint8_t { start, skip };

/// What a slot, or a manual run, does while `in_flight` runs of its task are. `in_flight_max` is the
/// task's limit under `allow_all`, 0 for none.
[[nodiscard]] constexpr overlap_answer overlap_decision(overlap policy, std::uint32_t in_flight,
                                                        std::uint32_t in_flight_max) noexcept {
    if (in_flight == 0) return overlap_answer::start;
    switch (policy) {
    case overlap::skip: return overlap_answer::skip;
    case overlap::allow_all:
        return in_flight_max == 0 || in_flight < in_flight_max ? overlap_answer::start : overlap_answer::skip;
    }
    return overlap_answer::skip;
}

} // namespace rondo::core

#endif // RONDO_CORE_OVERLAP_DECISION_HPP
