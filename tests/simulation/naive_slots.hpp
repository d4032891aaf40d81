// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_NAIVE_SLOTS_HPP
#define RONDO_TESTS_SIMULATION_NAIVE_SLOTS_HPP

#include <rondo/schedule.hpp>
#include <rondo/time.hpp>

#include <cstdint>
#include <vector>

namespace rondo::simulation {

/// Slots in a row, and the one after them.
struct naive_slots {
    wall_time first{};
    wall_time before_last{}; ///< if there are two or more
    wall_time last{};
    std::uint64_t count = 1;
    moment next;
};

/// The schedule of a task, from slot to slot, as schedules are defined.
class naive_schedule {
public:
    naive_schedule() : when_(once()) {}
    naive_schedule(schedule when, wall_time anchor) : when_(std::move(when)), anchor_(anchor) {}

    [[nodiscard]] schedule::kind kind() const noexcept { return when_.type(); }
    [[nodiscard]] bool fixed_delay() const noexcept { return kind() == schedule::kind::every_after; }
    [[nodiscard]] bool by_wall() const noexcept {
        return kind() == schedule::kind::at || kind() == schedule::kind::rule;
    }
    [[nodiscard]] std::chrono::microseconds interval() const {
        return when_.interval().value_or(std::chrono::microseconds(0));
    }
    [[nodiscard]] const schedule& when() const noexcept { return when_; }
    [[nodiscard]] wall_time anchor() const noexcept { return anchor_; }

    /// The slot after `slot`, which is one.
    [[nodiscard]] moment after(wall_time slot) const;
    /// Whether it has this slot, the first of a task perhaps; always, if it has no times of its own.
    [[nodiscard]] bool has(wall_time slot) const;
    /// The slots from `first` until `end`, which is not earlier.
    [[nodiscard]] naive_slots until(wall_time first, wall_time end) const;
    /// All that it has, or would have had, from `from` to before `to`.
    [[nodiscard]] std::vector<wall_time> between(wall_time from, wall_time to) const;

private:
    schedule when_;
    wall_time anchor_{};
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_NAIVE_SLOTS_HPP
