// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TIME_HPP
#define RONDO_TIME_HPP

#include <chrono>
#include <optional>
#include <string>

namespace rondo {

/// An instant of the wall clock in UTC, to the microsecond. This is what repositories store.
using wall_time = std::chrono::sys_time<std::chrono::microseconds>;

/// The range of instants that schedules accept: the years 1 to 9999.
inline constexpr wall_time wall_time_first = std::chrono::sys_days(std::chrono::year(1) / 1 / 1);
inline constexpr wall_time wall_time_last = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

/// An instant of the monotonic clock, which no setting of the wall clock moves. On Linux it goes on while
/// the machine sleeps, unlike `std::chrono::steady_clock`; until the first sleep in the life of the process
/// the two are the same, so ask `clock::now` or `context::now` for one to add to.
using steady_time = std::chrono::steady_clock::time_point;

/// One instant, read from both clocks together. Intervals and timeouts follow `steady`, which no
/// setting of the clock moves; `at` and what is shown to people follow `wall`.
struct instant {
    steady_time steady{};
    wall_time wall{};

    friend bool operator==(const instant&, const instant&) = default;
};

/// An instant of the wall clock, or none. Formats as ISO 8601 in UTC, or as "never".
struct moment : std::optional<wall_time> {
    using std::optional<wall_time>::optional;
    using std::optional<wall_time>::operator=;

    friend constexpr bool operator==(const moment& a, const moment& b) noexcept {
        return a.has_value() == b.has_value() && (!a.has_value() || *a == *b);
    }
};

/// `t` as ISO 8601 in UTC with `digits` (0, 3 or 6) decimals: "2025-03-30T01:00:00.250Z". Instants
/// outside the years 1 to 9999 are shown as the first or last of that range.
[[nodiscard]] std::string to_string(wall_time t, int digits = 3);

/// As above, or "never".
[[nodiscard]] std::string to_string(const moment& t);

/// `d` in the largest unit that shows it whole: "250us", "90s", "6h".
[[nodiscard]] std::string to_string(std::chrono::microseconds d);

} // namespace rondo

#endif // RONDO_TIME_HPP
