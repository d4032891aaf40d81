// SPDX-License-Identifier: BSL-1.0
#include <cron/cron_message.hpp>
#include <cron/local_times.hpp>
#include <rondo/detail/cron_scanner.hpp>

#include <fmt/format.h>

#include <array>
#include <bit>
#include <chrono>

namespace rondo::crontab {

using detail::cron_field;
using detail::cron_problem;

std::string_view name_of(cron_field f) noexcept {
    switch (f) {
    case cron_field::second: return "second";
    case cron_field::minute: return "minute";
    case cron_field::hour: return "hour";
    case cron_field::day: return "day of month";
    case cron_field::month: return "month";
    case cron_field::weekday: return "day of week";
    case cron_field::year: return "year";
    case cron_field::none: break;
    }
    return "";
}

namespace {

std::string reason(const detail::cron_error& e) {
    switch (e.problem) {
    case cron_problem::none: break;
    case cron_problem::too_long: return fmt::format("longer than {} bytes", e.high);
    case cron_problem::empty: return "empty";
    case cron_problem::field_count:
        return fmt::format("{} field{} instead of {}{}", e.value, e.value == 1 ? "" : "s",
                           e.low == e.high ? fmt::format("{}", e.low)
                                           : fmt::format("{} to {}", e.low, e.high),
                           e.high == 5 && (e.value == 6 || e.value == 7)
                               ? "; the dialects seconds, extended and quartz have more"
                               : "");
    case cron_problem::nickname:
        return "not one of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @reboot";
    case cron_problem::interval: return "@every wants an interval, as in '@every 1h30m', and a task";
    case cron_problem::value_missing: return "a value is missing";
    case cron_problem::number_needed: return "a number is needed here";
    case cron_problem::name_unknown: return "not a name of three letters";
    case cron_problem::out_of_range: return fmt::format("{} is out of range {}-{}", e.value, e.low, e.high);
    case cron_problem::step_range:
        return fmt::format("step {} is out of range {}-{}", e.value, e.low, e.high);
    case cron_problem::reversed: return fmt::format("the range from {} to {} is reversed", e.value, e.high);
    case cron_problem::unexpected: return "unexpected character";
    case cron_problem::not_here:
        return "not allowed here; extended and quartz have ? L W # in the day fields";
    case cron_problem::not_alone: return "? must be the whole field";
    case cron_problem::one_question: return "exactly one of the two day fields must be ?";
    case cron_problem::hash_unknown: return "H needs the uid of a task";
    }
    return "";
}

// Whether one of its months has none of its days in any year.
bool misses_months(const cron_fields& f) noexcept {
    if (!f.any_weekday || f.any_day || f.days_from_last != 0 || f.near_from_last != 0 || f.near_days != 0)
        return false;
    int first = f.days == 0 ? 0 : std::countr_zero(f.days);
    for (int month = 1; month <= 12; ++month)
        if ((f.months >> month & 1) != 0 && first > (month == 2 ? 29 : month_length(2001, month)))
            return true;
    return false;
}

std::string_view name_of(cron_dialect d) noexcept {
    switch (d) {
    case cron_dialect::unix_: return "unix";
    case cron_dialect::seconds: return "seconds";
    case cron_dialect::extended: return "extended";
    case cron_dialect::quartz: return "quartz";
    }
    return "";
}

} // namespace

std::string to_string(const detail::cron_error& e) {
    if (e.problem == cron_problem::none) return {};
    if (e.field == cron_field::none) return fmt::format("column {}: {}", e.column, reason(e));
    return fmt::format("field '{}', column {}: {}", name_of(e.field), e.column, reason(e));
}

std::vector<std::string> warnings_of(const detail::cron_fields& f) {
    std::vector<std::string> found;
    if (f.reboot) found.emplace_back("@reboot never fires: there is no time of day in it");
    bool both = !f.any_day && !f.any_weekday && !f.reboot;
    if (both && (f.step_in_day || f.step_in_weekday))
        found.emplace_back(
            "both day fields restrict: a day that either allows will do, also where one is */n");
    if (!f.reboot && local_times(f).empty())
        found.emplace_back("it never fires: no year has such a day");
    else if (misses_months(f))
        found.emplace_back("some of its months are too short for its days and are left out");
    return found;
}

namespace {

// One blank between fields and capitals, so that two ways to write the same are the same schedule.
std::string canonical(std::string_view text) {
    std::string out;
    bool nickname = text.find('@') != std::string_view::npos;
    for (char c : text) {
        bool blank = c == ' ' || c == '\t';
        if (blank && (out.empty() || out.back() == ' ')) continue;
        out += blank ? ' ' : nickname ? c : detail::to_upper(c);
    }
    while (out.ends_with(' ')) out.pop_back();
    return out;
}

} // namespace

std::string text_of(const cron_spec& spec) {
    std::string text = "cron " + canonical(spec.text);
    if (spec.dialect != cron_dialect::unix_) text += fmt::format(" dialect={}", name_of(spec.dialect));
    if (spec.zone != "UTC") text += " zone=" + spec.zone;
    if (spec.gap == gap_rule::skip) text += " gap=skip";
    if (spec.gap == gap_rule::shift) text += " gap=shift";
    if (spec.overlap == overlap_rule::last) text += " overlap=last";
    if (spec.overlap == overlap_rule::both) text += " overlap=both";
    return text + show_period(spec.period);
}

std::string show_period(const period& p) {
    if (p.all()) return {};
    constexpr std::array<std::string_view, 4> units = {"days", "weeks", "months", "years"};
    std::string day =
        rondo::to_string(wall_time(std::chrono::sys_days(std::chrono::days(p.from))), 0).substr(0, 10);
    return fmt::format(", each {} {} from {}", p.n, units[std::size_t(p.of)], day);
}

std::string printable(std::string_view text) {
    constexpr std::size_t size_max = 80;
    std::string shown(text.substr(0, size_max));
    for (char& c : shown)
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
    if (text.size() > size_max) shown += "...";
    return shown;
}

} // namespace rondo::crontab
