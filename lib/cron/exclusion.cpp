// SPDX-License-Identifier: BSL-1.0
#include <cron/describe.hpp>
#include <cron/exclusion.hpp>
#include <cron/explain.hpp>
#include <cron/walk.hpp>
#include <rondo/detail/cron_parser.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rondo::crontab {

/// An instant as the clocks of the zone show it. Between two changes of the clocks local time runs as real
/// time does, and beyond them nothing is concluded.
struct exclusion::local {
    wall_time t;
    local_seconds now;
    local_seconds midnight;
    std::int64_t day;
    wall_time since; // the change before
    wall_time until; // the change after

    [[nodiscard]] wall_time to_wall(local_seconds l) const noexcept {
        auto whole = std::chrono::floor<std::chrono::seconds>(t);
        return wall_time(whole + std::chrono::seconds(l - now));
    }
};

exclusion::exclusion(calendar c)
    : calendar_(std::move(c)), zone_(find_zone(calendar_.zone())), dates_(calendar_.all_dates()) {
    if (zone_ == nullptr) zone_ = utc_zone();
}

exclusion::local exclusion::look_at(wall_time t) const {
    utc_seconds utc = std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
    local here{t,
               zone_->to_local(utc),
               0,
               0,
               wall_time_first - std::chrono::days(2),
               wall_time_last + std::chrono::days(2)};
    here.day = here.now / seconds_a_day - (here.now % seconds_a_day < 0 ? 1 : 0);
    here.midnight = here.day * seconds_a_day;
    if (auto c = zone_->previous_change(utc)) here.since = wall_time(std::chrono::seconds(c->at));
    if (auto c = zone_->next_change(utc)) here.until = wall_time(std::chrono::seconds(c->at));
    return here;
}

exclusion::span exclusion::between(const local& here, local_seconds from, local_seconds to) const {
    return {std::max(here.to_wall(from), here.since), std::min(here.to_wall(to), here.until)};
}

// The dates in a row around `day`, which is one of them: as long as they follow each other, date and index
// grow alike.
exclusion::row exclusion::row_of(std::int64_t day) const {
    auto minus_index = [this](const std::chrono::sys_days& d) {
        return d.time_since_epoch().count() - (&d - dates_.data());
    };
    auto here = std::ranges::lower_bound(dates_, std::chrono::sys_days(std::chrono::days(day)));
    auto offset = minus_index(*here);
    auto first = std::ranges::lower_bound(dates_, offset, {}, minus_index);
    auto after = std::ranges::upper_bound(dates_, offset, {}, minus_index);
    return {day - (here - first), day + (after - here)};
}

exclusion::by exclusion::excludes_day(const local& here, std::string* why) const {
    if (std::ranges::binary_search(dates_, std::chrono::sys_days(std::chrono::days(here.day)))) {
        if (why != nullptr) *why = "the calendar excludes the date " + show_local(here.now).substr(0, 10);
        return by::date;
    }
    int weekday = weekday_of(here.day);
    if ((calendar_.weekdays() >> weekday & 1) == 0) return by::nothing;
    if (why != nullptr) *why = fmt::format("the calendar excludes each {}", weekday_name(weekday));
    return by::weekday;
}

std::optional<exclusion::span> exclusion::at(wall_time t, wall_time anchor, std::string* why) const {
    local here = look_at(t);
    switch (excludes_day(here, why)) {
    case by::nothing: break;
    case by::weekday: return between(here, here.midnight, here.midnight + seconds_a_day);
    case by::date:
        row days = row_of(here.day);
        return between(here, days.first * seconds_a_day, days.after * seconds_a_day);
    }
    for (const auto& h : calendar_.all_hours()) {
        auto from = h.from.count();
        auto to = h.to.count();
        auto time = here.now - here.midnight;
        bool over_midnight = to <= from;
        if (over_midnight ? time < from && time >= to : time < from || time >= to) continue;
        if (why != nullptr)
            *why = "the calendar excludes that time of day: it is " + show_local(here.now).substr(11);
        if (over_midnight && time >= from) to += seconds_a_day;
        if (over_midnight && time < from) from -= seconds_a_day;
        return between(here, here.midnight + from, here.midnight + to);
    }
    for (const auto& r : calendar_.all_ranges()) {
        if (t < r.from || t >= r.to) continue;
        if (why != nullptr)
            *why = "the calendar excludes " + rondo::to_string(r.from) + " to " + rondo::to_string(r.to);
        return span{r.from, r.to};
    }
    for (const schedule& s : calendar_.all_slots()) {
        if (s.count(t - one_tick, t, anchor) == 0) continue;
        if (why != nullptr) *why = "the calendar excludes the slots of " + s.text();
        return span{t, t + one_tick};
    }
    return std::nullopt;
}

wall_time exclusion::open_until(wall_time t, wall_time anchor) const {
    local here = look_at(t);
    wall_time end = between(here, here.now, here.midnight + seconds_a_day).end;
    for (const auto& h : calendar_.all_hours()) {
        wall_time from = here.to_wall(here.midnight + h.from.count());
        if (from > t) end = std::min(end, from);
    }
    for (const auto& r : calendar_.all_ranges())
        if (r.from > t) end = std::min(end, r.from);
    for (const schedule& s : calendar_.all_slots())
        if (moment next = s.next_after(t, anchor)) end = std::min(end, *next);
    return std::max(end, t + one_tick);
}

std::string exclusion::text() const {
    // A million dates are told by their number and a hash.
    constexpr std::size_t listed_max = 16;
    std::string dates;
    for (auto d : dates_) dates += rondo::to_string(wall_time(d), 0).substr(0, 10) + " ";
    if (dates_.size() > listed_max)
        dates = fmt::format("{} dates {:016x} ", dates_.size(), detail::stable_hash(dates));
    std::string text = "calendar(" + dates;
    if (calendar_.weekdays() != 0) text += fmt::format("weekdays={:02x} ", calendar_.weekdays());
    for (const auto& h : calendar_.all_hours())
        text += fmt::format("hours={}-{} ", h.from.count(), h.to.count());
    for (const auto& r : calendar_.all_ranges())
        text += rondo::to_string(r.from, 6) + "/" + rondo::to_string(r.to, 6) + " ";
    for (const auto& s : calendar_.all_slots()) text += "slots=" + s.text() + " ";
    return text + "zone=" + calendar_.zone() + ")";
}

std::string exclusion::describe() const {
    std::vector<std::string> parts;
    if (auto n = dates_.size(); n != 0) parts.push_back(fmt::format("{} date{}", n, n == 1 ? "" : "s"));
    for (int d = 1; d <= 7; ++d)
        if ((calendar_.weekdays() >> (d % 7) & 1) != 0)
            parts.push_back(fmt::format("each {}", weekday_name(d % 7)));
    for (const auto& h : calendar_.all_hours())
        parts.push_back(show_local(h.from.count()).substr(11, 5) + " to " +
                        show_local(h.to.count()).substr(11, 5));
    for (const auto& r : calendar_.all_ranges())
        parts.push_back(rondo::to_string(r.from) + " to " + rondo::to_string(r.to));
    for (const auto& s : calendar_.all_slots()) parts.push_back(s.describe());
    return fmt::format("{}", fmt::join(parts, ", "));
}

} // namespace rondo::crontab
