// SPDX-License-Identifier: BSL-1.0
#include <rondo/calendar_interval.hpp>
#include <rondo/combine.hpp>

#include <cron/cron_rule.hpp>

#include <fmt/format.h>

#include <string_view>

namespace rondo {
namespace {

void append(std::string& list, const std::string& item) {
    if (!list.empty()) list += ',';
    list += item;
}

unsigned number_of(std::chrono::weekday day) noexcept {
    return day.ok() ? day.c_encoding() : 9; // which no expression allows
}

std::string_view or_any(const std::string& list) noexcept {
    return list.empty() ? std::string_view("*") : std::string_view(list);
}

} // namespace

calendar_interval& calendar_interval::on(std::chrono::weekday day) {
    append(weekdays_, fmt::format("{}", number_of(day)));
    return *this;
}

calendar_interval& calendar_interval::on(std::chrono::weekday_indexed day) {
    append(weekdays_, fmt::format("{}#{}", number_of(day.weekday()), day.index()));
    return *this;
}

calendar_interval& calendar_interval::on(std::chrono::weekday_last day) {
    append(weekdays_, fmt::format("{}L", number_of(day.weekday())));
    return *this;
}

calendar_interval& calendar_interval::on(std::chrono::day day) {
    append(days_, fmt::format("{}", unsigned(day)));
    return *this;
}

calendar_interval& calendar_interval::on_last_day() {
    append(days_, "L");
    return *this;
}

calendar_interval& calendar_interval::on_last_working_day() {
    append(days_, "LW");
    return *this;
}

calendar_interval& calendar_interval::in(std::chrono::month month) {
    append(months_, fmt::format("{}", unsigned(month)));
    return *this;
}

std::string calendar_interval::problem() const {
    if (n_ < 1 || n_ > 1'000) return fmt::format("an interval of {}: 1 to 1000 are allowed", n_);
    if (!from_.ok() || int(from_.year()) < 1 || int(from_.year()) > 9999) return "a start that is no date";
    for (auto t : times_)
        if (t.count() < 0 || t >= std::chrono::hours(24)) return "a time of day outside 0 to 24 h";
    if (unit_ == unit::days && !(days_.empty() && weekdays_.empty()))
        return "every_days takes no day of its own";
    bool plain_weekdays = weekdays_.find_first_of("#L") == std::string::npos;
    if (unit_ == unit::weeks && !(days_.empty() && plain_weekdays))
        return "every_weeks takes days of the week alone";
    if (unit_ != unit::years && !months_.empty()) return "only every_years takes months";
    return {};
}

// Six fields of the extended dialect.
std::string calendar_interval::expression(std::chrono::seconds t) const {
    bool none = days_.empty() && weekdays_.empty();
    bool monthly = unit_ == unit::months || unit_ == unit::years;
    std::string_view day = none ? (monthly ? "1" : "*") : or_any(days_);
    std::string_view weekday = none ? (unit_ == unit::weeks ? "1" : "*") : or_any(weekdays_);
    std::string_view month = unit_ != unit::years ? "*" : months_.empty() ? "1" : std::string_view(months_);
    auto s = t.count();
    return fmt::format("{} {} {} {} {} {}", s % 60, s / 60 % 60, s / 3'600, day, month, weekday);
}

calendar_interval::operator schedule() const {
    std::vector<std::chrono::seconds> times = times_;
    if (times.empty()) times.emplace_back(0);
    std::vector<schedule> rules;
    for (auto t : times) {
        crontab::cron_spec spec{"", zone_, cron_dialect::extended, gap_, overlap_};
        spec.also_wrong = problem();
        if (spec.also_wrong.empty()) {
            spec.text = expression(t);
            spec.period.of = static_cast<crontab::period::unit>(unit_);
            spec.period.n = n_;
            spec.period.from = std::chrono::sys_days(from_).time_since_epoch().count();
        }
        rules.emplace_back(crontab::make_cron_rule(std::move(spec)));
    }
    return rules.size() == 1 ? rules.front() : either(std::move(rules));
}

} // namespace rondo
