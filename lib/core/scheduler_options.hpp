// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_SCHEDULER_OPTIONS_HPP
#define RONDO_CORE_SCHEDULER_OPTIONS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace rondo::core {

struct scheduler_options {
    std::chrono::nanoseconds resolution{0};
    std::size_t runs_in_flight_max = 0;
    std::size_t runs_waiting_max = 10'000;
    std::chrono::nanoseconds cancel_grace = std::chrono::seconds(1);
    std::chrono::nanoseconds wall_clock_check = std::chrono::seconds(1);
    /// How many slots, deadlines and waiting runs, of each so many, one input looks at, at least 1, and how many
    /// tasks where all are meant; for the others `on_time` is wanted again at once. However many tasks there are,
    /// no call takes long.
    std::size_t work_max = 1000;
    std::chrono::nanoseconds priority_ageing = std::chrono::seconds(10);
    std::uint64_t seed = 1;
    bool shared = false; ///< with other managers, which run the same tasks
};

} // namespace rondo::core

#endif // RONDO_CORE_SCHEDULER_OPTIONS_HPP
