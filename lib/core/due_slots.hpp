// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_DUE_SLOTS_HPP
#define RONDO_CORE_DUE_SLOTS_HPP

#include <rondo/schedule.hpp>
#include <rondo/time.hpp>

#include <cstdint>

namespace rondo::core {

/// A slot, and the key of its heap when it is due: nanoseconds of the monotonic clock, or microseconds
/// of the wall clock for `at` and rules.
struct slot_due {
    wall_time slot{};
    std::int64_t due = 0;
};

/// The slots of a task from one that is due up to now.
struct due_slots {
    slot_due latest;          ///< the last of them
    std::uint64_t before = 0; ///< how many are earlier than that
    wall_time before_last{};  ///< the last of those
    bool more = false;        ///< whether there is a slot after now
    slot_due next;            ///< that slot
};

/// Counts by arithmetic, not slot by slot: a million missed slots of `every` or a cron expression cost what
/// one costs. `from.due <= now` must hold. `now` is in the unit of `from.due`; `schedule` must be valid.
[[nodiscard]] due_slots count_due(const schedule& when, slot_due from, std::int64_t now, wall_time anchor);

/// Whether the schedule has this slot; of a rule, the anchor is one too (`first_run`). Always, if it has no
/// times of its own.
[[nodiscard]] bool is_slot(const schedule& when, wall_time slot, wall_time anchor);

} // namespace rondo::core

#endif // RONDO_CORE_DUE_SLOTS_HPP
