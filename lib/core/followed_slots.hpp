// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_FOLLOWED_SLOTS_HPP
#define RONDO_CORE_FOLLOWED_SLOTS_HPP

#include <rondo/catch_up.hpp>
#include <rondo/outcome_set.hpp>
#include <rondo/run.hpp>
#include <rondo/time.hpp>
#include <rondo/user.hpp>
#include <rondo/words.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
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

/// Those of a task that are not decided.
struct followed_slots {
    std::vector<followed_slot> due;   ///< in order; the first is the slot of the task
    std::vector<followed_slot> early; ///< in order; each waits for the end of a slot before it
    bool reading = false;             ///< those on record are being read, so nothing is decided yet
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

/// How a slot ended.
struct ended_slot {
    wall_time slot{};
    wall_time at{};
};

/// Finds in the history of a task how its slots ended, page by page.
class history_reader {
public:
    /// What is not a slot's, or not over, does not count.
    void read(std::span<const run> page);
    /// The slots whose last attempt ended so, in order. `latest` becomes the last slot of all that ended.
    [[nodiscard]] std::vector<ended_slot> ended(outcome_set wanted, moment& latest) const;

private:
    struct attempts {
        bool of_slot = false; ///< the first took the slot
        std::uint32_t latest = 0;
        bool over = false;
        outcome how{};
        wall_time at{};
    };

    std::map<wall_time, attempts> slots_;
};

} // namespace rondo::core

#endif // RONDO_CORE_FOLLOWED_SLOTS_HPP
