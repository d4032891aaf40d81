// SPDX-License-Identifier: BSL-1.0
#include <cron/days.hpp>

#include <algorithm>
#include <bit>
#include <chrono>

namespace rondo::crontab {
namespace {

constexpr std::uint32_t bit(int n) noexcept {
    return std::uint32_t(1) << n;
}

// The days of the month that fall on these days of the week.
std::uint32_t on_weekdays(std::uint8_t weekdays, const month_shape& m) noexcept {
    std::uint64_t week = weekdays;
    week |= week << 7 | week << 14 | week << 21 | week << 28 | week << 35;
    return static_cast<std::uint32_t>(week >> m.first_weekday << 1);
}

// The nearest of Monday to Friday within the month.
int nearest_workday(int day, const month_shape& m) noexcept {
    int weekday = (m.first_weekday + day - 1) % 7;
    if (weekday == 6) return day > 1 ? day - 1 : day + 2;
    if (weekday == 0) return day < m.length ? day + 1 : day - 2;
    return day;
}

std::uint32_t by_day(const cron_fields& f, const month_shape& m) noexcept {
    std::uint32_t days = f.days;
    for (auto left = f.days_from_last; left != 0; left &= left - 1)
        if (int day = m.length - std::countr_zero(left); day >= 1) days |= bit(day);
    for (auto left = f.near_from_last; left != 0; left &= left - 1)
        if (int day = m.length - std::countr_zero(left); day >= 1) days |= bit(nearest_workday(day, m));
    for (auto left = f.near_days; left != 0; left &= left - 1)
        if (int day = std::countr_zero(left); day <= m.length) days |= bit(nearest_workday(day, m));
    return days;
}

std::uint32_t by_weekday(const cron_fields& f, const month_shape& m) noexcept {
    std::uint32_t days = on_weekdays(f.weekdays, m);
    if (f.last_weekdays != 0) days |= on_weekdays(f.last_weekdays, m) & ~(bit(m.length - 6) - 1);
    for (int n = 1; n <= 5; ++n) {
        if (f.nth_weekdays[std::size_t(n)] == 0) continue;
        std::uint64_t week = std::uint64_t(0x7f) << (7 * (n - 1) + 1);
        days |= on_weekdays(f.nth_weekdays[std::size_t(n)], m) & static_cast<std::uint32_t>(week);
    }
    return days;
}

} // namespace

bool is_leap(int year) noexcept {
    return std::chrono::year(year).is_leap();
}

int month_length(int year, int month) noexcept {
    if (month == 2) return is_leap(year) ? 29 : 28;
    return 30 + ((month + month / 8) & 1);
}

std::int64_t days_to(int year, int month, int day) noexcept {
    using namespace std::chrono;
    return sys_days(std::chrono::year(year) / month / day).time_since_epoch().count();
}

int weekday_of(std::int64_t day) noexcept {
    auto w = (day + 4) % 7; // 1970-01-01 was a Thursday
    return static_cast<int>(w < 0 ? w + 7 : w);
}

month_shape shape_of(int year, int month) noexcept {
    return {month, month_length(year, month), weekday_of(days_to(year, month, 1))};
}

std::uint32_t matching_days(const cron_fields& f, const month_shape& m) noexcept {
    if (f.reboot || (f.months >> m.month & 1) == 0) return 0;
    std::uint32_t all = (bit(m.length) - 1) << 1;
    if (f.any_day && f.any_weekday) return all;
    if (f.any_day) return by_weekday(f, m) & all;
    if (f.any_weekday) return by_day(f, m) & all;
    return (by_day(f, m) | by_weekday(f, m)) & all;
}

} // namespace rondo::crontab
