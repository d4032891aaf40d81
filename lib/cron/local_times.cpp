// SPDX-License-Identifier: BSL-1.0
#include <cron/local_times.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>

namespace rondo::crontab {
namespace {

struct local_day {
    int year;
    int month;
    int day;
    int second; // of the day
};

local_day split(local_seconds t) noexcept {
    using namespace std::chrono;
    auto whole = floor<days>(local_time<seconds>(seconds(t)));
    year_month_day ymd(whole);
    return {int(ymd.year()), int(unsigned(ymd.month())), int(unsigned(ymd.day())),
            static_cast<int>(t - whole.time_since_epoch().count() * seconds_a_day)};
}

local_seconds join(int year, int month, int day, int second) noexcept {
    return days_to(year, month, day) * seconds_a_day + second;
}

template <class Bits>
int lowest_from(Bits bits, int from) noexcept {
    bits = from >= int(sizeof(Bits) * 8) ? Bits(0) : Bits(bits >> from);
    return bits == 0 ? -1 : from + std::countr_zero(bits);
}

template <class Bits>
int highest_until(Bits bits, int until) noexcept {
    if (until < 0) return -1;
    constexpr int top = int(sizeof(Bits) * 8) - 1;
    bits = Bits(bits << (top - until));
    return bits == 0 ? -1 : until - std::countl_zero(bits);
}

constexpr local_seconds first_second = -62'135'596'800; // 0001-01-01T00:00:00
constexpr local_seconds last_second = 253'402'300'799;  // 9999-12-31T23:59:59

} // namespace

local_times::local_times(const cron_fields& f, const period& p) noexcept : fields_(f), period_(p) {
    auto all = std::popcount(f.hours) * std::popcount(f.minutes) * std::popcount(f.seconds);
    times_a_day_ = static_cast<std::uint32_t>(all);
    first_time_ = all == 0 ? 0
                           : std::countr_zero(f.hours) * 3'600 + std::countr_zero(f.minutes) * 60 +
                                 std::countr_zero(f.seconds);
    last_time_ = all == 0 ? 0
                          : (31 - std::countl_zero(f.hours)) * 3'600 +
                                (63 - std::countl_zero(f.minutes)) * 60 + (63 - std::countl_zero(f.seconds));
    empty_ = all == 0 || !has_day();
    // Which days remain of a period has no short answer, so look for one.
    if (!empty_ && !period_.all()) empty_ = !first_from(first_second);
}

std::uint32_t local_times::days_of(int year, int month) const noexcept {
    auto days = matching_days(fields_, shape_of(year, month));
    return days == 0 || period_.all() ? days : days & period_.days_of(year, month);
}

// There are 14 kinds of years: leap or not, and seven days to begin on. All come within 40 years.
bool local_times::has_day() const noexcept {
    std::array<int, 14> known{}; // 1: has a day, -1: has none
    int from = fields_.year_given ? detail::cron_year_first : 1970;
    int to = fields_.year_given ? detail::cron_year_last : 1970 + 399;
    for (int year = from; year <= to; ++year) {
        if (!year_allowed(year)) continue;
        int& kind = known[std::size_t((is_leap(year) ? 7 : 0) + weekday_of(days_to(year, 1, 1)))];
        if (kind != 0) continue;
        for (int month = 1; month <= 12 && kind != 1; ++month)
            kind = matching_days(fields_, shape_of(year, month)) != 0 ? 1 : -1;
        if (kind == 1) return true;
        if (std::ranges::find(known, 0) == known.end()) return false;
    }
    return false;
}

bool local_times::year_allowed(int year) const noexcept {
    if (!fields_.year_given) return true;
    return year >= detail::cron_year_first && year <= detail::cron_year_last &&
           fields_.years.has(year - detail::cron_year_first);
}

int local_times::next_year(int year) const noexcept {
    if (!fields_.year_given) return year + 1;
    for (year = std::max(year + 1, detail::cron_year_first); year <= detail::cron_year_last; ++year)
        if (year_allowed(year)) return year;
    return year_last + 1;
}

int local_times::previous_year(int year) const noexcept {
    if (!fields_.year_given) return year - 1;
    for (year = std::min(year - 1, detail::cron_year_last); year >= detail::cron_year_first; --year)
        if (year_allowed(year)) return year;
    return year_first - 1;
}

bool local_times::contains(local_seconds t) const noexcept {
    if (empty_ || t < first_second || t > last_second) return false;
    local_day d = split(t);
    if ((fields_.hours >> (d.second / 3'600) & 1) == 0 ||
        (fields_.minutes >> (d.second / 60 % 60) & 1) == 0 || (fields_.seconds >> (d.second % 60) & 1) == 0)
        return false;
    return year_allowed(d.year) && (days_of(d.year, d.month) >> d.day & 1) != 0;
}

std::optional<int> local_times::time_from(int s) const noexcept {
    int hour = lowest_from(fields_.hours, s / 3'600);
    if (hour < 0) return std::nullopt;
    if (hour != s / 3'600) return hour * 3'600 + first_time_ % 3'600;
    int minute = lowest_from(fields_.minutes, s / 60 % 60);
    if (minute == s / 60 % 60) {
        int second = lowest_from(fields_.seconds, s % 60);
        if (second >= 0) return hour * 3'600 + minute * 60 + second;
        minute = lowest_from(fields_.minutes, minute + 1);
    }
    if (minute >= 0) return hour * 3'600 + minute * 60 + first_time_ % 60;
    hour = lowest_from(fields_.hours, hour + 1);
    if (hour < 0) return std::nullopt;
    return hour * 3'600 + first_time_ % 3'600;
}

std::optional<int> local_times::time_until(int s) const noexcept {
    int hour = highest_until(fields_.hours, s / 3'600);
    if (hour < 0) return std::nullopt;
    if (hour != s / 3'600) return hour * 3'600 + last_time_ % 3'600;
    int minute = highest_until(fields_.minutes, s / 60 % 60);
    if (minute == s / 60 % 60) {
        int second = highest_until(fields_.seconds, s % 60);
        if (second >= 0) return hour * 3'600 + minute * 60 + second;
        minute = highest_until(fields_.minutes, minute - 1);
    }
    if (minute >= 0) return hour * 3'600 + minute * 60 + last_time_ % 60;
    hour = highest_until(fields_.hours, hour - 1);
    if (hour < 0) return std::nullopt;
    return hour * 3'600 + last_time_ % 3'600;
}

std::optional<local_seconds> local_times::first_from(local_seconds t) const noexcept {
    if (empty_ || t > last_second) return std::nullopt;
    local_day at = split(std::max(t, first_second));
    if (!year_allowed(at.year)) at = {next_year(at.year), 1, 1, 0};
    while (at.year <= year_last) {
        while (at.month <= 12) {
            int month = lowest_from(fields_.months, at.month);
            if (month < 0 || month > 12) break;
            if (month != at.month) at = {at.year, month, 1, 0};
            auto days = days_of(at.year, month);
            int day = lowest_from(days, at.day);
            if (day == at.day) {
                if (auto time = time_from(at.second)) return join(at.year, month, day, *time);
                day = lowest_from(days, day + 1);
            }
            if (day > 0) return join(at.year, month, day, first_time_);
            at = {at.year, month + 1, 1, 0};
        }
        at = {next_year(at.year), 1, 1, 0};
    }
    return std::nullopt;
}

std::optional<local_seconds> local_times::last_until(local_seconds t) const noexcept {
    if (empty_ || t < first_second) return std::nullopt;
    constexpr int day_end = int(seconds_a_day) - 1;
    local_day at = split(std::min(t, last_second));
    if (!year_allowed(at.year)) at = {previous_year(at.year), 12, 31, day_end};
    while (at.year >= year_first) {
        while (at.month >= 1) {
            int month = highest_until(fields_.months, at.month);
            if (month < 1) break;
            if (month != at.month) at = {at.year, month, 31, day_end};
            auto days = days_of(at.year, month);
            int day = highest_until(days, at.day);
            if (day == at.day) {
                if (auto time = time_until(at.second)) return join(at.year, month, day, *time);
                day = highest_until(days, day - 1);
            }
            if (day > 0) return join(at.year, month, day, last_time_);
            at = {at.year, month - 1, 31, day_end};
        }
        at = {previous_year(at.year), 12, 31, day_end};
    }
    return std::nullopt;
}

std::uint64_t local_times::count(local_seconds from, local_seconds to) const noexcept {
    if (empty_ || from > to) return 0;
    from = std::clamp(from, first_second, last_second + 1);
    to = std::clamp(to, first_second - 1, last_second);
    if (from > to) return 0;
    // Month by month between the two, from the first month of the range on.
    local_day a = split(from);
    local_day b = split(to);
    std::uint64_t days = 0;
    std::uint32_t mask = 0;
    for (int year = a.year; year <= b.year; year = next_year(year)) {
        if (!year_allowed(year)) continue;
        int month_to = year == b.year ? b.month : 12;
        for (int month = year == a.year ? a.month : 1; month <= month_to; ++month) {
            mask = days_of(year, month);
            if (year == a.year && month == a.month) mask &= ~std::uint32_t(0) << a.day;
            if (year == b.year && month == b.month)
                mask &= static_cast<std::uint32_t>((std::uint64_t(2) << b.day) - 1);
            days += static_cast<std::uint64_t>(std::popcount(mask));
        }
    }
    std::uint64_t n = days * times_a_day_;
    auto on = [&](const local_day& d) {
        return year_allowed(d.year) && (days_of(d.year, d.month) >> d.day & 1) != 0;
    };
    if (on(a)) n -= times_until(a.second - 1);
    if (on(b)) n -= times_a_day_ - times_until(b.second);
    return n;
}

// How many times of a day are at `s` or earlier.
std::uint64_t local_times::times_until(int s) const noexcept {
    if (s < 0) return 0;
    auto below = [](auto bits, int n) {
        return std::uint64_t(std::popcount(bits & ((decltype(bits)(1) << n) - 1)));
    };
    auto minutes = std::uint64_t(std::popcount(fields_.minutes));
    auto seconds = std::uint64_t(std::popcount(fields_.seconds));
    int hour = s / 3'600;
    int minute = s / 60 % 60;
    std::uint64_t n = below(fields_.hours, hour) * minutes * seconds;
    if ((fields_.hours >> hour & 1) == 0) return n;
    n += below(fields_.minutes, minute) * seconds;
    if ((fields_.minutes >> minute & 1) == 0) return n;
    return n + below(fields_.seconds, s % 60 + 1);
}

} // namespace rondo::crontab
