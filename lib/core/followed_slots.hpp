// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_FOLLOWED_SLOTS_HPP
#define RONDO_CORE_FOLLOWED_SLOTS_HPP

#include <rondo/catch_up.hpp>
#include <rondo/run.hpp>
#include <rondo/time.hpp>
#include <rondo/user.hpp>
#include <rondo/words.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rondo::core {

struct task_record;

/// A slot of a task that follows another, from when the other has ended it.
struct followed_slot {
    wall_time slot{};
    std::int64_t due = 0; ///< monotonic nanoseconds
    bool late = false;    ///< it was due while nobody looked
};

/// Early slots of which there were too many: they are skipped, all together, when their turn comes.
struct surplus_slots {
    wall_time first{};
    wall_time last{};
    std::uint64_t count = 0;
    bool late = false; ///< the last of them is

    void add(wall_time slot, bool is_late) noexcept;
};

/// Those of a task that are not decided.
struct followed_slots {
    std::vector<followed_slot> due;   ///< in order; the first is the slot of the task
    std::vector<followed_slot> early; ///< in order; each waits for the end of a slot before it
    surplus_slots surplus;            ///< in the order of these
    std::vector<wall_time> told;      ///< while it is registered: what has ended since, however it did
    bool fresh = false; ///< nothing was decided yet: its cursor may go back to where the other begins

    /// A slot that is there already stays as it is.
    void add_early(const followed_slot& s);
    /// The earliest of the early ones become surplus, until there are `most`.
    void keep_early(std::size_t most) noexcept;
    /// What is early and before `open` becomes due now; what held it up is no lateness of ours.
    void bring_early(wall_time open, std::int64_t now);
    /// Those before the cursor were decided elsewhere.
    void pass(wall_time cursor) noexcept;
};

/// A run that a task which follows is to be asked for, as the other had one beside its schedule.
struct run_beside {
    task_record* task = nullptr;
    rondo::trigger why = rondo::trigger::manual;
    wall_time scheduled_at{};
    std::vector<user> users;
};

/// How many of the slots are late: all up to the last that is. `seen` and `grace` are in nanoseconds.
[[nodiscard]] std::size_t count_late(std::span<const followed_slot> due, std::int64_t seen,
                                     std::int64_t grace) noexcept;

/// How many of the `late` first slots want to run; they are the last of those. `others`: whether there are slots
/// on time behind them, which stand for them unless each is wanted.
[[nodiscard]] std::size_t count_wanted(const catch_up& policy, std::span<const followed_slot> late,
                                       bool others, std::int64_t now) noexcept;

} // namespace rondo::core

#endif // RONDO_CORE_FOLLOWED_SLOTS_HPP
