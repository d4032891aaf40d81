// SPDX-License-Identifier: BSL-1.0
#include "model.hpp"

#include <algorithm>

namespace rondo::oracle {
namespace {

constexpr std::int64_t made_up_max = 3 * 3'600;
constexpr std::int64_t two_days = 2 * 86'400;
constexpr cctz::civil_second epoch(1970, 1, 1);

int end_of(const field& f, const item& i) {
    if (i.what == item::form::range) return i.to;
    return i.what == item::form::value && i.step == 0 ? i.from : f.high;
}

bool item_matches(const field& f, const item& i, int v) {
    int from = i.what == item::form::star ? f.low : i.from;
    return v >= from && v <= end_of(f, i) && (v - from) % std::max(i.step, 1) == 0;
}

bool any_item_matches(const field& f, int v) {
    return std::any_of(f.items.begin(), f.items.end(), [&](const item& i) { return item_matches(f, i, v); });
}

bool restricts(const field& f) {
    auto free = [](const item& i) { return i.what == item::form::star && i.step <= 1; };
    return !f.question && std::none_of(f.items.begin(), f.items.end(), free);
}

bool starts_with_star(const field& f) {
    return f.items.front().what == item::form::star;
}

// Sunday is 0.
int weekday_of(cctz::civil_day day) {
    return (static_cast<int>(cctz::get_weekday(day)) + 1) % 7;
}

cctz::civil_day last_of_month(cctz::civil_day day) {
    return cctz::civil_day(cctz::civil_month(day) + 1) - 1;
}

// The nearest day from Monday to Friday, in the same month.
cctz::civil_day nearest_workday(cctz::civil_day to, bool leaves_month) {
    for (int distance = 0;; ++distance)
        for (auto day : {to - distance, to + distance}) {
            bool same_month = leaves_month || cctz::civil_month(day) == cctz::civil_month(to);
            int weekday = weekday_of(day);
            if (same_month && weekday >= 1 && weekday <= 5) return day;
        }
}

} // namespace

model::model(const expression& e, const place& p, gap_rule gap, overlap_rule overlap, fault f)
    : e_(e), place_(p), gap_(gap), overlap_(overlap), fault_(f),
      by_real_time_(starts_with_star(e.minute) || starts_with_star(e.hour) ||
                    (e.has_second && starts_with_star(e.second))),
      unit_(e.has_second ? 1 : 60) {
    if (fault_ == fault::both_passes) overlap_ = overlap_rule::both;
    if (fault_ == fault::nothing_made_up) gap_ = gap_rule::skip;
}

bool model::month_day_matches(cctz::civil_day day) const {
    if (any_item_matches(e_.day, day.day())) return true;
    auto last = last_of_month(day);
    bool leaves = fault_ == fault::near_leaves_month;
    return std::any_of(e_.day.marks.begin(), e_.day.marks.end(), [&](const mark& m) {
        if (m.what == mark::form::near_workday)
            return m.n <= last.day() && nearest_workday(day + (m.n - day.day()), leaves) == day;
        if (m.n >= last.day()) return false;
        return m.what == mark::form::last ? day == last - m.n : nearest_workday(last - m.n, leaves) == day;
    });
}

bool model::weekday_matches(cctz::civil_day day) const {
    int weekday = weekday_of(day);
    for (const item& i : e_.weekday.items) {
        if (item_matches(e_.weekday, i, weekday)) return true;
        bool late = weekday == 0 && i.what == item::form::range && fault_ != fault::no_late_sunday;
        if (late && item_matches(e_.weekday, i, 7)) return true;
    }
    return std::any_of(e_.weekday.marks.begin(), e_.weekday.marks.end(), [&](const mark& m) {
        if (m.n != weekday) return false;
        if (m.what == mark::form::last_weekday) return cctz::civil_month(day + 7) != cctz::civil_month(day);
        return (day.day() + 6) / 7 == m.nth;
    });
}

bool model::day_matches(cctz::civil_day day) const {
    if (!any_item_matches(e_.month, day.month())) return false;
    if (e_.has_year && !any_item_matches(e_.year, static_cast<int>(day.year()))) return false;
    bool by_day = restricts(e_.day);
    bool by_weekday = restricts(e_.weekday);
    if (!by_day && !by_weekday) return true;
    if (by_day && !by_weekday) return month_day_matches(day);
    if (!by_day) return weekday_matches(day);
    if (fault_ == fault::both_days_needed) return month_day_matches(day) && weekday_matches(day);
    return month_day_matches(day) || weekday_matches(day);
}

bool model::matches(std::int64_t local) const {
    cctz::civil_second c = epoch + local;
    return (e_.has_second ? any_item_matches(e_.second, c.second()) : c.second() == 0) &&
           any_item_matches(e_.minute, c.minute()) && any_item_matches(e_.hour, c.hour()) &&
           day_matches(cctz::civil_day(c));
}

bool model::shown_before(std::int64_t utc) const {
    std::int64_t local = place_.local(utc);
    for (auto c = place_.first_change_after(utc - two_days); c != place_.changes().end() && c->at <= utc; ++c)
        if (std::int64_t other = local - c->offset_before; other < utc && place_.local(other) == local)
            return true;
    return false;
}

bool model::shown_again(std::int64_t utc) const {
    std::int64_t local = place_.local(utc);
    for (auto c = place_.first_change_after(utc); c != place_.changes().end() && c->at <= utc + two_days; ++c)
        if (std::int64_t other = local - c->offset_after; other > utc && place_.local(other) == local)
            return true;
    return false;
}

bool model::made_up(std::int64_t utc) const {
    auto next = place_.first_change_after(utc);
    if (gap_ == gap_rule::skip || next == place_.changes().begin()) return false;
    const place::change& c = *std::prev(next);
    std::int64_t since = utc - c.at;
    if (c.gap() > made_up_max || since >= c.gap()) return false;
    std::int64_t skipped = c.at + c.offset_before;
    if (gap_ == gap_rule::shift) return matches(skipped + since);
    if (since != 0) return false;
    for (std::int64_t i = 0; i < c.gap(); i += unit_)
        if (matches(skipped + i)) return true;
    return false;
}

bool model::fires(std::int64_t utc) const {
    bool named = matches(place_.local(utc));
    if (by_real_time_) return named;
    if (named) {
        if (overlap_ == overlap_rule::both) return true;
        if (overlap_ == overlap_rule::first && !shown_before(utc)) return true;
        if (overlap_ == overlap_rule::last && !shown_again(utc)) return true;
    }
    return made_up(utc);
}

// The next one of the walk, but over what cannot fire: a day, an hour or a minute that does not match.
// It stops at each change of the clocks, and leaps over nothing soon after one.
std::int64_t model::candidate_after(std::int64_t utc) const {
    auto next = place_.first_change_after(utc);
    if (next != place_.changes().begin() && utc - std::prev(next)->at < made_up_max) return utc + unit_;
    cctz::civil_second c = epoch + place_.local(utc);
    std::int64_t in_day = c.hour() * 3'600 + c.minute() * 60 + c.second();
    std::int64_t leap = unit_;
    if (!day_matches(cctz::civil_day(c)))
        leap = 86'400 - in_day;
    else if (!any_item_matches(e_.hour, c.hour()))
        leap = 3'600 - in_day % 3'600;
    else if (!any_item_matches(e_.minute, c.minute()))
        leap = 60 - in_day % 60;
    return next == place_.changes().end() ? utc + leap : std::min(utc + leap, next->at);
}

std::optional<std::int64_t> model::next_after(std::int64_t t, std::int64_t horizon) const {
    std::int64_t start = fault_ == fault::start_included ? t - 1 : t;
    for (std::int64_t u = (start / unit_ + 1) * unit_; u <= horizon; u = candidate_after(u))
        if (fires(u)) return u;
    return std::nullopt;
}

} // namespace rondo::oracle
