// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_INSTANT_HPP
#define RONDO_TOOLS_RONDO_INSTANT_HPP

#include <rondo/time.hpp>

#include <cron/zone.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rondo::command {

/// `2025-03-29T00:00:00Z`, also without the seconds, or `2025-03-29` for its midnight in UTC; of the
/// years 1 to 9999. In seconds since 1970.
[[nodiscard]] std::optional<crontab::utc_seconds> parse_instant(std::string_view text) noexcept;

/// As above; throws `usage_error`, which names the option.
[[nodiscard]] wall_time read_instant(std::string_view option, std::string_view text);

/// `2025-03-30T01:00:00Z`; of the years 0 to 9999.
void append_instant(std::string& out, crontab::utc_seconds t);

/// `2025-03-30T01:00:00Z`, with decimals where it has a fraction.
[[nodiscard]] std::string show(wall_time t);

/// `2025-03-30T03:00:00+02:00`: the clock on the wall there.
[[nodiscard]] std::string show_local(wall_time t, const crontab::zone& z);

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_INSTANT_HPP
