// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_OVERLAP_DECISION_HPP
#define RONDO_CORE_OVERLAP_DECISION_HPP

#include <rondo/words.hpp>

#include <cstdint>

namespace rondo::core {

enum class overlap_answer : std::uint8_t {
    start,
    skip,
    wait,    ///< behind those of its kind that wait already
    full,    ///< as many as may wait already
    replace, ///< those that wait, and cancel those that run
};

/// What a slot, or a manual run, does while `in_flight` runs of its task are and `waiting` others of its
/// kind wait. `in_flight_max` is the task's limit under `allow_all`, 0 for none; `waiting_max` that under
/// `buffer_all`.
[[nodiscard]] constexpr overlap_answer overlap_decision(overlap policy, std::uint64_t in_flight,
                                                        std::uint64_t waiting, std::uint32_t in_flight_max,
                                                        std::uint32_t waiting_max) noexcept {
    if (in_flight == 0 && waiting == 0) return overlap_answer::start;
    switch (policy) {
    case overlap::skip: break;
    case overlap::allow_all:
        if (in_flight_max != 0 && in_flight + waiting >= in_flight_max) break;
        return waiting == 0 ? overlap_answer::start : overlap_answer::wait;
    case overlap::buffer_one: return waiting == 0 ? overlap_answer::wait : overlap_answer::full;
    case overlap::buffer_all: return waiting < waiting_max ? overlap_answer::wait : overlap_answer::full;
    case overlap::cancel_other: return overlap_answer::replace;
    }
    return overlap_answer::skip;
}

/// Whether what waits may start.
[[nodiscard]] constexpr bool may_start(overlap policy, std::uint64_t in_flight,
                                       std::uint32_t in_flight_max) noexcept {
    if (policy != overlap::allow_all) return in_flight == 0;
    return in_flight_max == 0 || in_flight < in_flight_max;
}

} // namespace rondo::core

#endif // RONDO_CORE_OVERLAP_DECISION_HPP
