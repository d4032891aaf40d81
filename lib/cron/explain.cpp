// SPDX-License-Identifier: BSL-1.0
#include <cron/cron_message.hpp>
#include <cron/days.hpp>
#include <cron/describe.hpp>
#include <cron/explain.hpp>

#include <fmt/format.h>

#include <chrono>
#include <vector>

namespace rondo::crontab {
namespace {

using namespace std::chrono;

struct civil {
    year_month_day date;
    int hour;
    int minute;
    int second;
};

civil split(local_seconds t) {
    auto day = floor<days>(local_time<seconds>(seconds(t)));
    int s = static_cast<int>(t - day.time_since_epoch().count() * seconds_a_day);
    return {year_month_day(day), s / 3'600, s / 60 % 60, s % 60};
}

// The fields that do not allow that local time.
std::string excluded_by(const cron_fields& f, local_seconds local) {
    civil c = split(local);
    std::vector<std::string> why;
    auto field = [&](bool allowed, detail::cron_field name, auto value) {
        if (!allowed) why.push_back(fmt::format("the field '{}' does not allow {}", name_of(name), value));
    };
    field((f.seconds >> c.second & 1) != 0, detail::cron_field::second, c.second);
    field((f.minutes >> c.minute & 1) != 0, detail::cron_field::minute, c.minute);
    field((f.hours >> c.hour & 1) != 0, detail::cron_field::hour, c.hour);
    int y = int(c.date.year());
    auto month = static_cast<int>(unsigned(c.date.month()));
    auto day = static_cast<int>(unsigned(c.date.day()));
    bool month_allowed = (f.months >> month & 1) != 0;
    field(month_allowed, detail::cron_field::month, month_name(month));
    int in_years = y - detail::cron_year_first;
    bool year_allowed =
        !f.year_given || (in_years >= 0 && y <= detail::cron_year_last && f.years.has(in_years));
    field(year_allowed, detail::cron_field::year, y);
    auto weekday = weekday_name(weekday_of(days_to(y, month, day)));
    if (month_allowed && (matching_days(f, shape_of(y, month)) >> day & 1) == 0) {
        if (f.any_weekday)
            field(false, detail::cron_field::day, day);
        else if (f.any_day)
            field(false, detail::cron_field::weekday, weekday);
        else
            why.push_back(fmt::format("neither day field allows {} {}", weekday, day));
    }
    return fmt::format("{}", fmt::join(why, "; "));
}

std::string in_place_of(const zoned_times& t, const placed& p, local_seconds local) {
    return fmt::format("in place of {}, which the clocks jump over (a gap of {}, gap rule {})",
                       show_local(local), rondo::to_string(microseconds(seconds(p.span()))),
                       t.gap() == gap_rule::shift ? "shift" : "run_at_end");
}

} // namespace

std::string show_local(local_seconds t) {
    civil c = split(t);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", int(c.date.year()), unsigned(c.date.month()),
                       unsigned(c.date.day()), c.hour, c.minute, c.second);
}

std::string explain(const zoned_times& t, std::string_view zone_name, wall_time at) {
    const local_times& times = t.times();
    if (times.fields().reboot) return "it does not fire: @reboot names no time";
    if (times.empty()) return "it never fires: no year has such a day";
    auto whole = floor<seconds>(at);
    utc_seconds utc = whole.time_since_epoch().count();
    local_seconds local = t.place()->to_local(utc);
    std::string here = fmt::format("it is {} in {}", show_local(local), zone_name);
    if (whole != at)
        return fmt::format("it does not fire: {} and a fraction, and it fires at whole seconds", here);
    bool named = times.contains(local);
    if (t.next_after(utc - 1) == utc) {
        if (named) return fmt::format("it fires: {}, which the expression names", here);
        // Only a time that a gap has moved can be here.
        local_seconds moved = local;
        if (auto c = t.place()->previous_change(utc); c && c->after > c->before) {
            auto from = t.gap() == gap_rule::shift ? c->before + (utc - c->at) : c->before;
            if (auto first = times.first_from(from)) moved = *first;
        }
        return fmt::format("it fires: {}, {}", here, in_place_of(t, t.place()->look_up(moved), moved));
    }
    if (named)
        return fmt::format(
            "it does not fire: {}, for the {} time that day, and only the {} counts (overlap rule {})", here,
            t.overlap() == overlap_rule::first ? "second" : "first",
            t.overlap() == overlap_rule::first ? "first" : "second",
            t.overlap() == overlap_rule::first ? "first" : "last");
    std::string text = fmt::format("it does not fire: {}, and {}", here, excluded_by(times.fields(), local));
    // Where the local time before a jump was meant, say what became of it.
    auto c = t.place()->previous_change(utc);
    if (c && c->after > c->before && local - c->after < c->after - c->before && local >= c->after) {
        local_seconds unreal = c->before + (utc - c->at);
        bool made_up = t.gap() == gap_rule::run_at_end && c->after - c->before <= gap_seconds_max;
        if (times.contains(unreal))
            text += fmt::format("; {} does not exist there: the clocks jump from {} to {}{}",
                                show_local(unreal), show_local(c->before), show_local(c->after),
                                made_up ? ", when it fires instead" : "");
    }
    return text;
}

} // namespace rondo::crontab
