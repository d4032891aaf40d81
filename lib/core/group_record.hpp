// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_GROUP_RECORD_HPP
#define RONDO_CORE_GROUP_RECORD_HPP

#include <rondo/shared_string.hpp>
#include <rondo/time.hpp>

#include <core/heap.hpp>
#include <core/start_window.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>

namespace rondo::core {

struct group_record;
struct run_record;
struct task_record;

/// Who goes first: what waits for longest, and each step of priority counts as so much of a wait.
struct turn_key {
    std::int64_t since = 0;   ///< monotonic nanoseconds, less what the priority is worth
    std::uint64_t number = 0; ///< in the order in which they came

    friend auto operator<=>(const turn_key&, const turn_key&) = default;
};

/// The turn of something that could start, and waits for a place. It is drawn once: what leaves and comes again
/// has its old one.
struct turn {
    task_record* task = nullptr;
    run_record* run = nullptr; ///< null: a slot
    group_record* group = nullptr;
    instant seen{}; ///< of a slot: when it was first seen to be due
    std::int64_t since = 0;
    std::uint64_t number = 0; ///< 0: not drawn
    std::uint32_t index = not_in_heap;

    [[nodiscard]] bool drawn() const noexcept { return number != 0; }
    [[nodiscard]] bool waits() const noexcept { return index != not_in_heap; }
};

/// Tasks that share limits; there is one for those that share none.
struct group_record {
    shared_string name;
    std::size_t runs_in_flight_max = 0; ///< 0: no limit
    std::size_t runs_in_flight = 0;
    start_window starts;
    heap<turn, &turn::index, turn_key> turns;
    std::uint32_t open_index = not_in_heap;   ///< among those with turns and a place
    std::uint32_t closed_index = not_in_heap; ///< among those whose turns only wait for time

    [[nodiscard]] bool at_limit() const noexcept {
        return runs_in_flight_max != 0 && runs_in_flight >= runs_in_flight_max;
    }
    [[nodiscard]] bool has_place(steady_time now) const noexcept { return !at_limit() && starts.open(now); }
};

} // namespace rondo::core

#endif // RONDO_CORE_GROUP_RECORD_HPP
