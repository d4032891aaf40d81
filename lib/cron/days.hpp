// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_DAYS_HPP
#define RONDO_CRON_DAYS_HPP

#include <rondo/detail/cron_fields.hpp>

#include <cstdint>

namespace rondo::crontab {

using detail::cron_fields;

/// All that decides which days of a month match.
struct month_shape {
    int month;         ///< 1-12
    int length;        ///< in days
    int first_weekday; ///< of its first day; 0 is Sunday
};

[[nodiscard]] bool is_leap(int year) noexcept;
[[nodiscard]] int month_length(int year, int month) noexcept;
/// Days from 1970-01-01 to that day (proleptic Gregorian).
[[nodiscard]] std::int64_t days_to(int year, int month, int day) noexcept;
/// Of a day so many days after 1970-01-01; 0 is Sunday.
[[nodiscard]] int weekday_of(std::int64_t day) noexcept;
[[nodiscard]] month_shape shape_of(int year, int month) noexcept;

/// The days that match in such a month, whichever the year: bit d for day d.
[[nodiscard]] std::uint32_t matching_days(const cron_fields& f, const month_shape& m) noexcept;

} // namespace rondo::crontab

#endif // RONDO_CRON_DAYS_HPP
