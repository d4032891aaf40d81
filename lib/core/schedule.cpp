// SPDX-License-Identifier: BSL-1.0
#include <rondo/schedule.hpp>

#include <rondo/task_limits.hpp>
#include <rondo/time.hpp>

#include <core/after_rule.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rondo {

std::string schedule::problem() const {
    switch (kind_) {
    case kind::once: return {};
    case kind::at:
        return wall() >= wall_time_first && wall() <= wall_time_last
                   ? ""
                   : "an instant outside the years 1 to 9999";
    case kind::after:
    case kind::rule:
        if (rule_ == nullptr) return "a null rule";
        try {
            return rule_->problem();
        } catch (...) {
            return "a rule that throws";
        }
    case kind::every:
    case kind::every_after: break;
    }
    return span_.count() > 0 && span_ <= interval_max ? "" : "an interval must be 1 us to 100 years";
}

namespace {

constexpr std::chrono::microseconds one_tick(1);

// Just beyond the range there is nothing more, and a tick more or less does not overflow.
wall_time within_reach(wall_time t) noexcept {
    return std::clamp(t, wall_time_first - one_tick, wall_time_last + one_tick);
}

// A rule may be anybody's. What it throws must not leave a manager half-changed.
template <class Ask, class Answer>
Answer guarded(Answer otherwise, const Ask& ask) noexcept {
    try {
        return ask();
    } catch (...) {
        return otherwise;
    }
}

} // namespace

moment schedule::next_after(wall_time t, wall_time anchor) const {
    t = within_reach(t);
    switch (kind_) {
    case kind::once: return t < anchor ? moment(anchor) : moment();
    case kind::at: return t < wall() ? moment(wall()) : moment();
    case kind::after:
    case kind::every_after: return {};
    case kind::rule:
        return guarded(moment(), [&] {
            moment next = rule_ != nullptr ? rule_->next_after(t, anchor) : moment();
            return next && *next > t && *next <= wall_time_last ? next : moment();
        });
    case kind::every: break;
    }
    if (span_.count() <= 0) return {};
    if (t < anchor) return anchor;
    // Instants stay within the years 1 to 9999 (checked where they enter), so nothing overflows.
    auto whole_intervals = (t - anchor) / span_;
    wall_time next = anchor + (whole_intervals + 1) * span_;
    return next <= wall_time_last ? moment(next) : moment();
}

moment schedule::previous_before(wall_time t, wall_time anchor) const {
    t = within_reach(t);
    switch (kind_) {
    case kind::once: return t > anchor ? moment(anchor) : moment();
    case kind::at: return t > wall() ? moment(wall()) : moment();
    case kind::after:
    case kind::every_after: return {};
    case kind::rule:
        return guarded(moment(),
                       [&] { return rule_ != nullptr ? rule_->previous_before(t, anchor) : moment(); });
    case kind::every: break;
    }
    if (t <= anchor || span_.count() <= 0) return {};
    auto whole_intervals = (t - anchor - one_tick) / span_;
    return anchor + whole_intervals * span_;
}

std::uint64_t schedule::count(wall_time after, wall_time until, wall_time anchor) const {
    after = within_reach(after);
    until = within_reach(until);
    if (after >= until || !has_times()) return 0;
    if (kind_ == kind::rule)
        return guarded(std::uint64_t(0),
                       [&] { return rule_ != nullptr ? rule_->count(after, until, anchor) : 0; });
    if (kind_ != kind::every) {
        auto slot = next_after(after, anchor);
        return slot && *slot <= until ? 1 : 0;
    }
    if (span_.count() <= 0) return 0;
    auto up_to = [&](wall_time t) { return t < anchor ? 0 : (t - anchor) / span_ + 1; };
    return static_cast<std::uint64_t>(up_to(until) - up_to(after));
}

std::vector<std::string> schedule::warnings() const {
    return guarded(std::vector<std::string>(),
                   [&] { return rule_ != nullptr ? rule_->warnings() : std::vector<std::string>(); });
}

std::string schedule::text() const {
    switch (kind_) {
    case kind::once: return "once";
    case kind::at: return "at " + to_string(wall(), 6);
    case kind::every: return "every " + to_string(span_);
    case kind::every_after: return "every_after " + to_string(span_);
    case kind::after:
    case kind::rule:
        return guarded(std::string(), [&] { return rule_ != nullptr ? rule_->text() : std::string("null"); });
    }
    return "unknown";
}

std::string schedule::describe() const {
    switch (kind_) {
    case kind::once: return "once";
    case kind::at: return "once, at " + to_string(wall());
    case kind::every: return "every " + to_string(span_);
    case kind::every_after: return to_string(span_) + " after the end of each run";
    case kind::after:
    case kind::rule: return rule_ != nullptr ? rule_->describe() : problem();
    }
    return "unknown";
}

std::string schedule::explain(wall_time t, wall_time anchor) const {
    if (auto bad = problem(); !bad.empty()) return bad;
    t = within_reach(t);
    if (kind_ == kind::rule || kind_ == kind::after) return rule_->explain(t, anchor);
    if (kind_ == kind::every_after)
        return "it has no times of its own: each run counts from the end of the one before";
    if (count(t - one_tick, t, anchor) != 0) return "it fires: " + text();
    if (kind_ != kind::every)
        return "it does not fire: its only time is " + to_string(kind_ == kind::at ? wall() : anchor);
    if (t < anchor) return "it does not fire: its first time is " + to_string(anchor);
    return "it does not fire: the times before and after are " + to_string(previous_before(t, anchor)) +
           " and " + to_string(next_after(t, anchor));
}

std::string_view schedule::followed() const noexcept {
    if (kind_ != kind::after || rule_ == nullptr) return {};
    return static_cast<const core::after_rule&>(*rule_).uid();
}

outcome_set schedule::outcomes() const noexcept {
    if (kind_ != kind::after || rule_ == nullptr) return {};
    return static_cast<const core::after_rule&>(*rule_).outcomes();
}

schedule after(std::string uid, outcome_set when) {
    schedule s(schedule::kind::after, std::chrono::microseconds(0));
    s.rule_ = std::make_shared<core::after_rule>(std::move(uid), when);
    return s;
}

schedule schedule::for_uid(std::string_view uid) const {
    if (rule_ == nullptr) return *this;
    auto bound = rule_->for_uid(uid);
    return bound != nullptr ? schedule(std::move(bound)) : *this;
}

} // namespace rondo
