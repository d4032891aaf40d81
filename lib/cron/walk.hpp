// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_WALK_HPP
#define RONDO_CRON_WALK_HPP

#include <rondo/time.hpp>

#include <chrono>
#include <cstdint>

namespace rondo::crontab {

inline constexpr std::chrono::microseconds one_tick{1};

/// Where nothing but one slot after the other will do, a search stops after so many.
inline constexpr std::uint64_t walk_max = 100'000;
/// And a count after so many: a slot a minute for 19 years.
inline constexpr std::uint64_t count_max = 10'000'000;

/// How many slots `next` gives from after `after` to `until`; at most `count_max`.
template <class Next>
std::uint64_t count_by_walk(const Next& next, wall_time after, wall_time until) {
    std::uint64_t n = 0;
    for (moment t = next(after); t && *t <= until && n != count_max; t = next(*t)) ++n;
    return n;
}

} // namespace rondo::crontab

#endif // RONDO_CRON_WALK_HPP
