// SPDX-License-Identifier: BSL-1.0
#include <rondo/calendar.hpp>

#include <cron/cron_message.hpp>
#include <cron/zone.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rondo {
namespace {

using std::chrono::year_month_day;

constexpr std::size_t text_size_max = std::size_t(16) << 20;
constexpr std::int64_t days_max = 1'000'000;

bool in_range(year_month_day day) noexcept {
    return day.ok() && int(day.year()) >= 1 && int(day.year()) <= 9999;
}

// "2025-12-25": exactly ten characters.
bool take_date(std::string_view& text, year_month_day& day) noexcept {
    constexpr std::string_view form = "dddd-dd-dd";
    if (text.size() < form.size()) return false;
    int parts[3] = {};
    for (std::size_t i = 0, part = 0; i != form.size(); ++i) {
        char c = text[i];
        if (form[i] == '-' ? c != '-' : c < '0' || c > '9') return false;
        if (c == '-')
            ++part;
        else
            parts[part] = parts[part] * 10 + (c - '0');
    }
    day = std::chrono::year(parts[0]) / parts[1] / parts[2];
    text.remove_prefix(form.size());
    return in_range(day);
}

} // namespace

void calendar::fail(std::string why) {
    if (problem_.empty()) problem_ = std::move(why);
}

calendar& calendar::date(year_month_day day) {
    return dates(day, day);
}

calendar& calendar::dates(year_month_day first, year_month_day last) {
    if (!in_range(first) || !in_range(last)) return fail("a day that is no date"), *this;
    auto length = (std::chrono::sys_days(last) - std::chrono::sys_days(first)).count() + 1;
    if (length < 1) return fail("a range of days that ends before it begins"), *this;
    if (length + static_cast<std::int64_t>(dates_.size()) > days_max)
        return fail("more than 1000000 days"), *this;
    for (auto day = std::chrono::sys_days(first); day <= std::chrono::sys_days(last);
         day += std::chrono::days(1))
        dates_.push_back(day);
    return *this;
}

calendar& calendar::weekday(std::chrono::weekday day) {
    if (day.ok())
        weekdays_ |= static_cast<std::uint8_t>(1U << day.c_encoding());
    else
        fail("a day of the week that is none");
    return *this;
}

calendar& calendar::hours(std::chrono::seconds from, std::chrono::seconds to) {
    auto sane = [](std::chrono::seconds t) { return t.count() >= 0 && t <= std::chrono::hours(24); };
    if (!sane(from) || !sane(to)) return fail("a time of day outside 0 to 24 h"), *this;
    hours_.push_back({from, to});
    return *this;
}

calendar& calendar::range(wall_time from, wall_time to) {
    if (from < wall_time_first || to > wall_time_last || from >= to)
        return fail("a range that is none"), *this;
    ranges_.push_back({from, to});
    return *this;
}

calendar& calendar::slots(schedule when) {
    if (auto bad = when.problem(); !bad.empty()) return fail(std::move(bad)), *this;
    if (!when.has_times()) return fail(when.text() + " has no times of its own"), *this;
    slots_.push_back(std::move(when));
    return *this;
}

std::string calendar::problem() const {
    if (!problem_.empty()) return problem_;
    if (crontab::find_zone(zone_) == nullptr) return "unknown time zone '" + crontab::printable(zone_) + "'";
    return {};
}

std::vector<std::chrono::sys_days> calendar::all_dates() const {
    std::vector<std::chrono::sys_days> sorted = dates_;
    std::ranges::sort(sorted);
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    return sorted;
}

calendar calendar::for_uid(std::string_view uid) const {
    calendar bound = *this;
    for (schedule& when : bound.slots_) when = when.for_uid(uid);
    return bound;
}

calendar calendar::from_text(std::string_view text) {
    calendar c;
    if (text.size() > text_size_max) return c.fail("a text of more than 16 MiB"), c;
    for (int line = 1; !text.empty() && c.problem_.empty(); ++line) {
        auto end = std::min(text.find('\n'), text.size());
        auto row = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (row.ends_with('\r')) row.remove_suffix(1);
        while (!row.empty() && (row.front() == ' ' || row.front() == '\t')) row.remove_prefix(1);
        if (row.empty() || row.front() == '#') continue;
        auto whole = row;
        year_month_day first{};
        bool read = take_date(row, first);
        year_month_day last = first;
        if (read && row.starts_with('/')) {
            row.remove_prefix(1);
            read = take_date(row, last);
        }
        if (!read || !(row.empty() || row.front() == ' ' || row.front() == '\t'))
            return c.fail(fmt::format("line {}: not a date: '{}'", line, crontab::printable(whole))), c;
        c.dates(first, last);
        if (!c.problem_.empty()) c.problem_ = fmt::format("line {}: {}", line, c.problem_);
    }
    return c;
}

} // namespace rondo
