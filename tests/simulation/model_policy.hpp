// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_MODEL_POLICY_HPP
#define RONDO_TESTS_SIMULATION_MODEL_POLICY_HPP

#include <rondo/catch_up.hpp>
#include <rondo/retry.hpp>
#include <rondo/words.hpp>

#include <simulation/naive_slots.hpp>
#include <simulation/verdict.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace rondo::simulation {

/// What a slot, or a manual run, does that finds others of its task in its way.
enum class fate : std::uint8_t { starts, skipped, waits, dropped, replaces };

/// Who is there: runs in flight, others of its kind that wait, and the limits of both (0: none of the first).
struct company {
    std::uint64_t in_flight = 0;
    std::uint64_t waiting = 0;
    std::uint32_t in_flight_max = 0;
    std::uint32_t waiting_max = 0;
};

/// Whether a run may start beside those in flight: the meaning of `overlap`, a row for each policy.
[[nodiscard]] bool may_start(rondo::overlap policy, std::uint64_t in_flight, std::uint32_t in_flight_max);
[[nodiscard]] fate fate_under(rondo::overlap policy, const company& c);

/// A task whose slots are due, as catching up sees it. Times are in the unit of the clock that it follows.
struct late_task {
    const naive_schedule& when;
    naive_slots due;
    std::int64_t first_due = 0;
    std::int64_t seen = 0; ///< when somebody first saw that they are due
    std::int64_t now = 0;
    wall_time nobody_looked_before{}; ///< slots before this fell due while nobody did
    std::chrono::microseconds tolerance{0};

    [[nodiscard]] std::int64_t due_of(wall_time slot) const;
    /// How late that is, at `at`, in microseconds rounded up.
    [[nodiscard]] std::int64_t late_us(wall_time slot, std::int64_t at) const;
    [[nodiscard]] bool on_time(const catch_up& policy) const;
};

/// How much later than `slot` such a task may be looked at, in microseconds.
[[nodiscard]] std::int64_t tolerance_us(const naive_schedule& when, wall_time slot,
                                        std::chrono::microseconds tolerance);

/// Those of the due slots that want to run, in order; the others, all before them, are missed.
[[nodiscard]] std::vector<wall_time> wanted_of(const catch_up& policy, const late_task& t);

/// How long a task of this uid is held before it catches up, in microseconds.
[[nodiscard]] std::int64_t held_for(std::string_view uid, const catch_up& policy);

/// From the end of the attempt `failed` to the next one, in microseconds.
[[nodiscard]] std::int64_t wait_after(std::uint32_t failed, std::string_view uid, wall_time slot,
                                      const retry& policy);

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_MODEL_POLICY_HPP
