// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_DESCRIBE_HPP
#define RONDO_CRON_DESCRIBE_HPP

#include <cron/zoned_times.hpp>

#include <string>
#include <string_view>

namespace rondo::crontab {

/// "at 02:30 on Monday to Friday, Europe/Brussels time".
[[nodiscard]] std::string describe(const zoned_times& t, std::string_view zone_name);

/// The days alone: "every day", "on day 13 of the month or on Friday, in June".
[[nodiscard]] std::string describe_days(const cron_fields& f);

[[nodiscard]] std::string_view weekday_name(int weekday) noexcept;
[[nodiscard]] std::string_view month_name(int month) noexcept;

} // namespace rondo::crontab

#endif // RONDO_CRON_DESCRIBE_HPP
