// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_CATCH_UP_SLOTS_HPP
#define RONDO_CORE_CATCH_UP_SLOTS_HPP

#include <rondo/catch_up.hpp>
#include <rondo/schedule.hpp>
#include <rondo/time.hpp>

#include <core/due_slots.hpp>

#include <cstdint>

namespace rondo::core {

/// What becomes of the slots that are due: the first of them are missed, the others want to run.
struct caught_up {
    std::uint64_t missed = 0;
    wall_time last_missed{}; ///< if any
    std::uint64_t wanted = 0;
    wall_time first_wanted{}; ///< if any
};

/// `found` are the slots from `from` to `now`, which is in the unit of `from.due`. `on_time`: whether the
/// latest of them is. By arithmetic, as `count_due`.
[[nodiscard]] caught_up catch_up_slots(const catch_up& policy, const schedule& when, slot_due from,
                                       const due_slots& found, bool on_time, std::int64_t now,
                                       wall_time anchor);

} // namespace rondo::core

#endif // RONDO_CORE_CATCH_UP_SLOTS_HPP
