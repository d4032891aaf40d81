// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CALENDAR_INTERVAL_HPP
#define RONDO_CALENDAR_INTERVAL_HPP

#include <rondo/cron_options.hpp>
#include <rondo/schedule.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rondo {

/// Each so many days, weeks (from Monday on), months or years of the calendar, at times of the clock there:
///
///     rondo::every_weeks(2).on(std::chrono::Monday).at(9h).zone("Europe/Brussels")
///     rondo::every_months(1).on_last_working_day().at(17h + 30min)
///
/// Converts to `schedule`. Without a day: each day, Mondays, the first of the month, the first of January.
/// Without a time: midnight. Times that the clocks jump over or that come twice follow the rules of cron.
class calendar_interval {
public:
    enum class unit : std::uint8_t { days, weeks, months, years };

    /// `n`: 1 to 1,000; others make it invalid.
    calendar_interval(unit u, int n) noexcept : n_(n), unit_(u) {}

    /// Of weeks, months and years: on that day of the week.
    calendar_interval& on(std::chrono::weekday day);
    /// Of months and years: on the first, second, … fifth such day of the month.
    calendar_interval& on(std::chrono::weekday_indexed day);
    /// Of months and years: on the last such day of the month.
    calendar_interval& on(std::chrono::weekday_last day);
    /// Of months and years: on that day of the month; a month that is too short is left out.
    calendar_interval& on(std::chrono::day day);
    calendar_interval& on_last_day();
    /// Monday to Friday. For holidays see `except`.
    calendar_interval& on_last_working_day();
    /// Of years: in that month, instead of January.
    calendar_interval& in(std::chrono::month month);
    /// Since midnight, 0 to before 24 h, whole seconds; may be said more than once.
    calendar_interval& at(std::chrono::seconds time_of_day) { return times_.push_back(time_of_day), *this; }
    /// A day in the first of the days, weeks, months or years that count. Earlier ones count as well. Default:
    /// 1970-01-05, a Monday; of months and years 1970-01-01.
    calendar_interval& from(std::chrono::year_month_day day) noexcept { return from_ = day, *this; }
    calendar_interval& zone(std::string name) { return zone_ = std::move(name), *this; }
    calendar_interval& gap(gap_rule rule) noexcept { return gap_ = rule, *this; }
    calendar_interval& overlap(overlap_rule rule) noexcept { return overlap_ = rule, *this; }

    operator schedule() const;

private:
    [[nodiscard]] std::string expression(std::chrono::seconds time_of_day) const;
    [[nodiscard]] std::string problem() const;

    std::string zone_ = "UTC";
    std::vector<std::chrono::seconds> times_;
    std::string days_;     // as in cron's day of the month
    std::string weekdays_; // as in cron's day of the week
    std::string months_;
    std::chrono::year_month_day from_ = std::chrono::year(1970) / 1 / 5;
    int n_;
    unit unit_;
    gap_rule gap_ = gap_rule::run_at_end;
    overlap_rule overlap_ = overlap_rule::first;
};

[[nodiscard]] inline calendar_interval every_days(int n) noexcept {
    return {calendar_interval::unit::days, n};
}
[[nodiscard]] inline calendar_interval every_weeks(int n) noexcept {
    return {calendar_interval::unit::weeks, n};
}
[[nodiscard]] inline calendar_interval every_months(int n) noexcept {
    return {calendar_interval::unit::months, n};
}
[[nodiscard]] inline calendar_interval every_years(int n) noexcept {
    return {calendar_interval::unit::years, n};
}

} // namespace rondo

#endif // RONDO_CALENDAR_INTERVAL_HPP
