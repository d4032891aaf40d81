// SPDX-License-Identifier: BSL-1.0
#include <cron/days.hpp>
#include <cron/period.hpp>

#include <chrono>

namespace rondo::crontab {
namespace {

std::int64_t floor_mod(std::int64_t a, std::int64_t b) noexcept {
    auto r = a % b;
    return r < 0 ? r + b : r;
}

std::int64_t monday_before(std::int64_t day) noexcept {
    return day - (weekday_of(day) + 6) % 7;
}

} // namespace

std::uint32_t period::days_of(int year, int month) const noexcept {
    constexpr std::uint32_t every_day = 0xfffffffe;
    if (all()) return every_day;
    std::chrono::year_month_day first{std::chrono::sys_days(std::chrono::days(from))};
    int first_year = int(first.year());
    if (of == unit::years) return floor_mod(year - first_year, n) == 0 ? every_day : 0;
    if (of == unit::months) {
        auto months =
            std::int64_t(year - first_year) * 12 + month - static_cast<int>(unsigned(first.month()));
        return floor_mod(months, n) == 0 ? every_day : 0;
    }
    std::uint32_t mask = 0;
    std::int64_t begin = of == unit::weeks ? monday_before(from) : from;
    int length = of == unit::weeks ? 7 : 1;
    for (int day = 1; day <= month_length(year, month); ++day)
        if (floor_mod(days_to(year, month, day) - begin, std::int64_t(n) * length) < length)
            mask |= std::uint32_t(1) << day;
    return mask;
}

} // namespace rondo::crontab
