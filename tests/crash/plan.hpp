// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_PLAN_HPP
#define RONDO_TESTS_CRASH_PLAN_HPP

#include <rondo/catch_up.hpp>
#include <rondo/words.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rondo::crash {

/// When a task is due: the words of the checker, which knows nothing of `rondo::schedule`.
enum class rule : std::uint8_t {
    grid,    ///< anchor + n * interval
    delay,   ///< the end of a run + interval
    seconds, ///< a cron rule: each second of the minute that the interval divides
    single,  ///< once
};

/// One task: what the worker adds, and what the checker holds it to. All durations are microseconds.
struct plan {
    std::string uid;
    crash::rule rule = rule::grid;
    std::int64_t interval = 0;
    bool first_after_interval = false;
    rondo::overlap overlap = rondo::overlap::skip;
    rondo::coalesce coalesce = rondo::coalesce::latest;
    std::int64_t window = -1; ///< -1: without end
    std::int64_t spread = 0;
    std::uint32_t buffer_max = 0; ///< 0: as it comes
    std::uint32_t in_flight_max = 0;
    std::uint32_t attempts = 1;
    bool reruns = false;      ///< slots whose process died run again
    std::int64_t timeout = 0; ///< 0: none
    std::int64_t body = 0;    ///< how long it takes; 0: it does not even suspend
    std::uint64_t fails_one_in = 0;

    /// How many attempts of a slot there may be.
    [[nodiscard]] std::uint32_t attempts_max() const noexcept {
        return reruns && attempts < 2 ? 2 : attempts;
    }
    /// Whether this attempt fails, the same in each life.
    [[nodiscard]] bool fails(std::int64_t slot, std::uint32_t attempt) const noexcept;
};

/// So many tasks of all kinds, the same for a seed.
[[nodiscard]] std::vector<plan> make_plans(std::uint64_t seed, std::size_t count);

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_PLAN_HPP
