// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_SCHEDULE_RULE_HPP
#define RONDO_SCHEDULE_RULE_HPP

#include <rondo/time.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rondo {

/// A rule that says which instants are slots: behind `cron_schedule` and all that is built from schedules.
/// What it throws is taken as never, or as no slots. Immutable and stateless: the answers depend on the arguments alone, so any thread may ask, and a
/// preview says what will be. `anchor` is when the uid of the task was first added; most rules ignore it.
class schedule_rule {
public:
    virtual ~schedule_rule() = default;

    /// The first slot later than `t`.
    [[nodiscard]] virtual moment next_after(wall_time t, wall_time anchor) const = 0;
    /// The last slot earlier than `t`.
    [[nodiscard]] virtual moment previous_before(wall_time t, wall_time anchor) const = 0;
    /// How many slots are later than `after` and not later than `until`.
    [[nodiscard]] virtual std::uint64_t count(wall_time after, wall_time until, wall_time anchor) const = 0;
    /// Canonical: two rules are the same exactly if their texts are.
    [[nodiscard]] virtual std::string text() const = 0;
    /// In English: "at 03:00 every day, Europe/Brussels time".
    [[nodiscard]] virtual std::string describe() const = 0;
    /// Why `t` is a slot, or why not, in a sentence.
    [[nodiscard]] virtual std::string explain(wall_time t, wall_time anchor) const = 0;
    /// Why it cannot be obeyed; empty if it can.
    [[nodiscard]] virtual std::string problem() const { return {}; }
    /// Whether `count` needs no slot-by-slot walk of unknown length, so that `max_runs` may build on it.
    [[nodiscard]] virtual bool countable() const { return true; }
    /// What is valid but hardly meant. Logged when a task is added.
    [[nodiscard]] virtual std::vector<std::string> warnings() const { return {}; }
    /// The same rule for the task of that uid, if it draws anything from that; null if it does not.
    [[nodiscard]] virtual std::shared_ptr<const schedule_rule> for_uid(std::string_view) const {
        return nullptr;
    }
};

} // namespace rondo

#endif // RONDO_SCHEDULE_RULE_HPP
