// SPDX-License-Identifier: BSL-1.0
#include <cron/zoned_times.hpp>

#include <algorithm>
#include <utility>

namespace rondo::crontab {
namespace {

using kind = placed::kind;

// Local times of the change: of a gap those that are left out, of an overlap those that come twice.
struct span {
    local_seconds begin;
    local_seconds end;
};

span span_of(const placed& p, const zone& z) noexcept {
    local_seconds after = z.to_local(p.change);
    return p.what == kind::gap ? span{after - p.span(), after} : span{after, after + p.span()};
}

bool made_up_over(std::int64_t gap_seconds) noexcept {
    return gap_seconds <= gap_seconds_max;
}

} // namespace

// What is frequent follows real time: nothing to make up in a gap, both passes of an overlap.
zoned_times::zoned_times(const cron_fields& f, std::shared_ptr<const zone> z, gap_rule gap,
                         overlap_rule overlap, const period& p) noexcept
    : times_(f, p), zone_(std::move(z)), gap_(f.frequent ? gap_rule::skip : gap),
      overlap_(f.frequent ? overlap_rule::both : overlap) {}

std::optional<utc_seconds> zoned_times::next_after(utc_seconds t) const {
    if (times_.empty()) return std::nullopt;
    auto found = ordinary_after(t);
    if (gap_ != gap_rule::shift) return found;
    auto shifted = shifted_after(t, found);
    return shifted ? shifted : found;
}

std::optional<utc_seconds> zoned_times::previous_before(utc_seconds t) const {
    if (times_.empty()) return std::nullopt;
    auto found = ordinary_before(t);
    if (gap_ != gap_rule::shift) return found;
    auto shifted = shifted_before(t, found);
    return shifted ? shifted : found;
}

// Local times in their order give instants in their order, but where both passes of an overlap count: there
// the way goes through the first pass, and then once more through the second.
std::optional<utc_seconds> zoned_times::ordinary_after(utc_seconds t) const {
    local_seconds from = zone_->to_local(t) + 1;
    bool second_pass = false;
    placed here = zone_->look_up(from - 1);
    if (here.what == kind::overlap) {
        auto [begin, end] = span_of(here, *zone_);
        second_pass = t >= here.change;
        if (second_pass && overlap_ == overlap_rule::first) from = end;
        if (!second_pass && overlap_ == overlap_rule::last) from = begin;
        if (!second_pass && overlap_ == overlap_rule::both) {
            auto local = times_.first_from(from);
            if (local && *local < end) return zone_->look_up(*local).first;
            from = begin;
            second_pass = true;
        }
    }
    while (auto local = times_.first_from(from)) {
        placed p = zone_->look_up(*local);
        if (p.what == kind::unique) return p.first;
        if (p.what == kind::overlap) {
            bool take_second = overlap_ == overlap_rule::last || (second_pass && p.change == here.change);
            return take_second ? p.second : p.first;
        }
        if (gap_ == gap_rule::run_at_end && made_up_over(p.span())) return p.change;
        from = span_of(p, *zone_).end;
    }
    return std::nullopt;
}

std::optional<utc_seconds> zoned_times::ordinary_before(utc_seconds t) const {
    local_seconds until = zone_->to_local(t - 1);
    bool first_pass = false;
    placed here = zone_->look_up(until);
    if (here.what == kind::overlap) {
        auto [begin, end] = span_of(here, *zone_);
        first_pass = t - 1 < here.change;
        if (!first_pass && overlap_ == overlap_rule::first) until = end - 1;
        if (first_pass && overlap_ == overlap_rule::last) until = begin - 1;
        if (!first_pass && overlap_ == overlap_rule::both) {
            auto local = times_.last_until(until);
            if (local && *local >= begin) return zone_->look_up(*local).second;
            until = end - 1;
            first_pass = true;
        }
    }
    while (auto local = times_.last_until(until)) {
        placed p = zone_->look_up(*local);
        if (p.what == kind::unique) return p.first;
        if (p.what == kind::overlap) {
            bool take_first = overlap_ == overlap_rule::first || (first_pass && p.change == here.change);
            return take_first ? p.first : p.second;
        }
        if (gap_ == gap_rule::run_at_end && made_up_over(p.span())) return p.change;
        until = span_of(p, *zone_).begin - 1;
    }
    return std::nullopt;
}

// What a gap moves on lies within the length of the gap after it. Looks at the gaps from that before `t` on.
std::optional<utc_seconds> zoned_times::shifted_after(utc_seconds t, std::optional<utc_seconds> limit) const {
    // In a cycle of 400 years there are no more changes than that.
    constexpr int changes_max = 1'000;
    auto c = zone_->next_change(t - gap_seconds_max - 1);
    for (int i = 0; c && i != changes_max; ++i, c = zone_->next_change(c->at)) {
        if (limit && c->at >= *limit) return std::nullopt;
        if (c->after <= c->before || !made_up_over(c->after - c->before)) continue;
        // Local time `c->before` becomes the instant `c->at`.
        auto local = times_.first_from(std::max(c->before, c->before + (t + 1 - c->at)));
        if (!local || *local >= c->after) continue;
        utc_seconds shifted = c->at + (*local - c->before);
        if (!limit || shifted < *limit) return shifted;
        return std::nullopt;
    }
    return std::nullopt;
}

std::optional<utc_seconds> zoned_times::shifted_before(utc_seconds t,
                                                       std::optional<utc_seconds> limit) const {
    constexpr int changes_max = 1'000;
    auto c = zone_->previous_change(t - 1);
    for (int i = 0; c && i != changes_max; ++i, c = zone_->previous_change(c->at - 1)) {
        if (limit && c->at + gap_seconds_max <= *limit) return std::nullopt;
        if (c->after <= c->before || !made_up_over(c->after - c->before)) continue;
        auto local = times_.last_until(std::min(c->after - 1, c->before + (t - 1 - c->at)));
        if (!local || *local < c->before) continue;
        utc_seconds shifted = c->at + (*local - c->before);
        if (!limit || shifted > *limit) return shifted;
        return std::nullopt;
    }
    return std::nullopt;
}

// Real time from change to change, then what the rules add at gaps and leave out at overlaps.
std::uint64_t zoned_times::count(utc_seconds from, utc_seconds to) const {
    if (times_.empty() || from >= to) return 0;
    std::uint64_t n = 0;
    utc_seconds begin = from + 1;
    for (auto c = zone_->next_change(from); c && c->at <= to; c = zone_->next_change(c->at)) {
        // At the change itself the local time is that of after it.
        if (begin < c->at) n += times_.count(zone_->to_local(begin), c->before - 1);
        begin = c->at;
    }
    n += times_.count(zone_->to_local(begin), zone_->to_local(begin) + (to - begin));
    // A change before the range reaches into it by the length of its overlap or gap, less than two days.
    constexpr std::int64_t reach = 2 * seconds_a_day;
    for (auto c = zone_->next_change(from - reach); c && c->at <= to + reach; c = zone_->next_change(c->at)) {
        n += made_up(*c, from, to);
        n -= not_taken(*c, from, to);
    }
    return n;
}

std::uint64_t zoned_times::made_up(const clock_change& c, utc_seconds from, utc_seconds to) const {
    auto gap = c.after - c.before;
    if (gap <= 0 || !made_up_over(gap) || gap_ == gap_rule::skip) return 0;
    auto local = times_.first_from(c.before);
    if (gap_ == gap_rule::run_at_end)
        return c.at > from && c.at <= to && local && *local < c.after && !times_.contains(c.after) ? 1 : 0;
    std::uint64_t n = 0;
    for (; local && *local < c.after; local = times_.first_from(*local + 1)) {
        utc_seconds shifted = c.at + (*local - c.before);
        if (shifted > from && shifted <= to && !times_.contains(*local + gap)) ++n;
    }
    return n;
}

std::uint64_t zoned_times::not_taken(const clock_change& c, utc_seconds from, utc_seconds to) const {
    auto overlap = c.before - c.after;
    if (overlap <= 0 || overlap_ == overlap_rule::both) return 0;
    // The pass that does not count, as instants, and its local times.
    utc_seconds begin = overlap_ == overlap_rule::first ? c.at : c.at - overlap;
    utc_seconds low = std::max(begin, from + 1);
    utc_seconds high = std::min(begin + overlap - 1, to);
    if (low > high) return 0;
    return times_.count(c.after + (low - begin), c.after + (high - begin));
}

} // namespace rondo::crontab
