// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_EXPLAIN_HPP
#define RONDO_CRON_EXPLAIN_HPP

#include <rondo/time.hpp>

#include <cron/zoned_times.hpp>

#include <string>
#include <string_view>

namespace rondo::crontab {

/// Why that instant is a slot, or why not: the fields that exclude it, a gap, an overlap.
[[nodiscard]] std::string explain(const zoned_times& t, std::string_view zone_name, wall_time at);

/// "2025-03-30 02:30:00".
[[nodiscard]] std::string show_local(local_seconds t);

} // namespace rondo::crontab

#endif // RONDO_CRON_EXPLAIN_HPP
