// SPDX-License-Identifier: BSL-1.0
#include <cron/describe.hpp>

#include <fmt/format.h>

#include <array>
#include <bit>
#include <vector>

namespace rondo::crontab {
namespace {

template <class Name>
void append_names(std::vector<std::string>& to, std::uint64_t bits, Name name) {
    for (int from = 0; from < 64; ++from) {
        if ((bits >> from & 1) == 0) continue;
        int until = from;
        while (until < 63 && (bits >> (until + 1) & 1) != 0) ++until;
        if (until - from < 2) until = from; // two in a row are listed
        to.push_back(until == from ? fmt::format("{}", name(from))
                                   : fmt::format("{} to {}", name(from), name(until)));
        from = until;
    }
}

std::string enumerate(const std::vector<std::string>& parts, std::string_view last_word = "and") {
    std::string text;
    for (std::size_t i = 0; i != parts.size(); ++i) {
        if (i != 0) text += i + 1 == parts.size() ? fmt::format(" {} ", last_word) : ", ";
        text += parts[i];
    }
    return text;
}

template <class Name>
std::string names(std::uint64_t bits, Name name) {
    std::vector<std::string> parts;
    append_names(parts, bits, name);
    return enumerate(parts);
}

std::string numbers(std::uint64_t bits) {
    return names(bits, [](int n) { return n; });
}

// The n of `*/n` over 0 to size - 1; 0 if it is not that, or if the last step is a shorter one.
int step_of(std::uint64_t bits, int size) noexcept {
    if ((bits & 1) == 0) return 0;
    int step = bits == 1 ? size : std::countr_zero(bits & ~std::uint64_t(1));
    if (size % step != 0) return 0;
    for (int n = 0; n < size; ++n)
        if ((bits >> n & 1) != (n % step == 0 ? 1U : 0U)) return 0;
    return step;
}

std::string every(int n, std::string_view unit) {
    return n == 1 ? fmt::format("every {}", unit) : fmt::format("every {} {}s", n, unit);
}

std::string clock_times(const cron_fields& f) {
    std::vector<std::string> parts;
    bool with_seconds = f.seconds != 1;
    for (int h = 0; h < 24; ++h)
        for (int m = 0; m < 60; ++m)
            for (int s = 0; s < 60; ++s) {
                if ((f.hours >> h & 1) == 0 || (f.minutes >> m & 1) == 0 || (f.seconds >> s & 1) == 0)
                    continue;
                parts.push_back(with_seconds ? fmt::format("{:02}:{:02}:{:02}", h, m, s)
                                             : fmt::format("{:02}:{:02}", h, m));
            }
    return "at " + enumerate(parts);
}

std::string every_nth(int n, std::string_view unit) {
    if (n == 1) return fmt::format("every {}", unit);
    return fmt::format("every {}{} {}", n, n == 2 ? "nd" : n == 3 ? "rd" : "th", unit);
}

bool lists_times(const cron_fields& f) noexcept {
    constexpr int listed_max = 6;
    return std::popcount(f.hours) * std::popcount(f.minutes) * std::popcount(f.seconds) <= listed_max;
}

// The seconds and minutes of an hour; empty if they are its beginning alone.
std::string describe_in_hour(const cron_fields& f) {
    int seconds = step_of(f.seconds, 60);
    int minutes = step_of(f.minutes, 60);
    bool on_minute = f.seconds == 1;
    bool each_minute = minutes != 0 && minutes != 60;
    if (on_minute && f.minutes == 1) return {};
    if (on_minute) return each_minute ? every(minutes, "minute") : "at minute " + numbers(f.minutes);
    bool each_second = seconds != 0 && seconds != 60;
    std::string text = each_second ? every(seconds, "second") : "at second " + numbers(f.seconds);
    if (!each_minute) return text + " of minute " + numbers(f.minutes);
    return each_second && minutes == 1 ? text : text + " of " + every_nth(minutes, "minute");
}

std::string describe_time(const cron_fields& f) {
    if (lists_times(f)) return clock_times(f);
    std::string in_hour = describe_in_hour(f);
    int minutes = step_of(f.minutes, 60);
    int hours = step_of(f.hours, 24);
    if (in_hour.empty() && hours != 0) return every(hours, "hour");
    if (hours == 1) return in_hour + (minutes == 0 || minutes == 60 ? " of every hour" : "");
    if (hours != 0 && hours != 24) return in_hour + " of " + every_nth(hours, "hour") + " from 00:00";
    int first = std::countr_zero(f.hours);
    int last = 31 - std::countl_zero(f.hours);
    if (std::popcount(f.hours) != last - first + 1)
        return (in_hour.empty() ? "at minute 0" : in_hour) + " of hour " + numbers(f.hours);
    if (in_hour.empty()) return fmt::format("every hour from {:02}:00 to {:02}:00", first, last);
    return fmt::format("{} from {:02}:00 to {:02}:59", in_hour, first, last);
}

void append_days(std::vector<std::string>& parts, const cron_fields& f) {
    if (f.days != 0) parts.push_back("day " + numbers(f.days) + " of the month");
    for (int n = 0; n <= 30; ++n) {
        std::string last = "the last day";
        if (n == 1) last = "the day before the last day";
        if (n > 1) last = fmt::format("the day {} days before the last day", n);
        if ((f.days_from_last >> n & 1) != 0) parts.push_back(last + " of the month");
        if ((f.near_from_last >> n & 1) == 0) continue;
        parts.push_back(n == 0 ? "the last working day (Monday to Friday) of the month"
                               : "the working day (Monday to Friday) nearest to " + last + " of the month");
    }
    for (int n = 1; n <= 31; ++n)
        if ((f.near_days >> n & 1) != 0)
            parts.push_back(
                fmt::format("the working day (Monday to Friday) nearest to day {} of the month", n));
}

void append_weekdays(std::vector<std::string>& parts, const cron_fields& f) {
    constexpr std::array<std::string_view, 6> ordinals = {"", "first", "second", "third", "fourth", "fifth"};
    // A week of seven days begins on Monday: Saturday and Sunday stand together.
    std::uint64_t from_monday = std::uint64_t(f.weekdays) >> 1 | (std::uint64_t(f.weekdays) & 1) << 6;
    append_names(parts, from_monday, [](int d) { return weekday_name((d + 1) % 7); });
    for (int d = 0; d < 7; ++d) {
        if ((f.last_weekdays >> d & 1) != 0)
            parts.push_back(fmt::format("the last {} of the month", weekday_name(d)));
        for (std::size_t n = 1; n <= 5; ++n)
            if ((f.nth_weekdays[n] >> d & 1) != 0)
                parts.push_back(fmt::format("the {} {} of the month", ordinals[n], weekday_name(d)));
    }
}

} // namespace

std::string_view weekday_name(int weekday) noexcept {
    constexpr std::array<std::string_view, 7> all = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                     "Thursday", "Friday", "Saturday"};
    return all[std::size_t(weekday)];
}

std::string_view month_name(int month) noexcept {
    constexpr std::array<std::string_view, 12> all = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
    return all[std::size_t(month) - 1];
}

std::string describe_days(const cron_fields& f) {
    std::vector<std::string> days;
    std::vector<std::string> either;
    if (!f.any_day) append_days(days, f);
    if (!days.empty()) either.push_back("on " + enumerate(days));
    std::vector<std::string> weekdays;
    if (!f.any_weekday) append_weekdays(weekdays, f);
    if (!weekdays.empty()) either.push_back("on " + enumerate(weekdays));
    std::string text = either.empty() ? "every day" : enumerate(either, "or");
    constexpr std::uint16_t all_months = 0x1ffe;
    if (f.months != all_months) text += ", in " + names(f.months, month_name);
    if (!f.year_given) return text;
    std::vector<std::string> years;
    for (int from = detail::cron_year_first; from <= detail::cron_year_last; ++from) {
        auto has = [&](int y) {
            return y <= detail::cron_year_last && f.years.has(y - detail::cron_year_first);
        };
        if (!has(from)) continue;
        int until = from;
        while (has(until + 1)) ++until;
        years.push_back(until == from ? fmt::format("{}", from) : fmt::format("{} to {}", from, until));
        from = until;
    }
    return text + ", in " + enumerate(years);
}

std::string describe(const zoned_times& t, std::string_view zone_name) {
    const cron_fields& f = t.times().fields();
    if (f.reboot) return "never: @reboot names no time";
    std::string text = describe_time(f);
    std::string days = describe_days(f);
    constexpr std::string_view each_day = "every day";
    bool around_the_clock = !lists_times(f) && step_of(f.hours, 24) != 0 && step_of(f.hours, 24) != 24;
    if (around_the_clock && days.starts_with(each_day))
        text += days.substr(each_day.size());
    else
        text += " " + days;
    text += fmt::format(", {} time", zone_name);
    if (t.times().empty()) text += " (which never comes)";
    return text;
}

} // namespace rondo::crontab
