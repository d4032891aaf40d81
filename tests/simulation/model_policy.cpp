// SPDX-License-Identifier: BSL-1.0
#include <simulation/model_policy.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace rondo::simulation {
namespace {

bool alone(std::uint64_t in_flight, std::uint32_t) {
    return in_flight == 0;
}
bool beside(std::uint64_t in_flight, std::uint32_t most) {
    return most == 0 || in_flight < most;
}

struct overlap_rule_row {
    rondo::overlap policy;
    bool (*may_start)(std::uint64_t in_flight, std::uint32_t in_flight_max);
    fate (*in_the_way)(const company& c); ///< somebody is there
};

constexpr std::array<overlap_rule_row, 5> overlap_rules{{
    {overlap::skip, alone, [](const company&) { return fate::skipped; }},
    {overlap::allow_all, beside,
     [](const company& c) {
         if (!beside(c.in_flight + c.waiting, c.in_flight_max)) return fate::skipped;
         return c.waiting > 0 ? fate::waits : fate::starts;
     }},
    {overlap::buffer_one, alone,
     [](const company& c) { return c.waiting > 0 ? fate::dropped : fate::waits; }},
    {overlap::buffer_all, alone,
     [](const company& c) { return c.waiting >= c.waiting_max ? fate::dropped : fate::waits; }},
    {overlap::cancel_other, alone, [](const company&) { return fate::replaces; }},
}};

const overlap_rule_row& row_of(rondo::overlap policy) {
    std::size_t i = 0;
    while (overlap_rules[i].policy != policy) ++i;
    return overlap_rules[i];
}

// FNV-1a, mixed as SplitMix64 does.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
    std::uint64_t h = 14'695'981'039'346'656'037u ^ seed;
    for (char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1'099'511'628'211u;
    h = (h ^ h >> 30) * 0xbf58'476d'1ce4'e5b9;
    h = (h ^ h >> 27) * 0x94d0'49bb'1331'11eb;
    return h ^ h >> 31;
}

} // namespace

bool may_start(rondo::overlap policy, std::uint64_t in_flight, std::uint32_t in_flight_max) {
    return row_of(policy).may_start(in_flight, in_flight_max);
}

fate fate_under(rondo::overlap policy, const company& c) {
    if (c.in_flight + c.waiting == 0) return fate::starts;
    return row_of(policy).in_the_way(c);
}

std::int64_t late_task::due_of(wall_time slot) const {
    if (when.by_wall()) return slot.time_since_epoch().count();
    return first_due + (slot - due.first).count() * 1000;
}

std::int64_t late_task::late_us(wall_time slot, std::int64_t at) const {
    std::int64_t late = at - due_of(slot);
    if (when.by_wall()) return late;
    return late <= 0 ? 0 : (late + 999) / 1000;
}

bool late_task::on_time(const catch_up& policy) const {
    return due.last >= nobody_looked_before &&
           late_us(due.last, seen) - tolerance_us(when, due.last, tolerance) <= policy.grace.count();
}

// Of a fixed delay there is no next slot yet.
std::int64_t tolerance_us(const naive_schedule& when, wall_time slot, std::chrono::microseconds tolerance) {
    if (tolerance.count() == 0 || when.fixed_delay()) return tolerance.count();
    const moment next = when.after(slot);
    return next ? std::min(tolerance.count(), (*next - slot).count() / 2) : tolerance.count();
}

// From slot to slot, the last first. Before the window there may be a million of them.
std::vector<wall_time> wanted_of(const catch_up& policy, const late_task& t) {
    auto young = [&](wall_time slot) { return t.late_us(slot, t.now) <= policy.window.count(); };
    bool on_time = t.on_time(policy);
    std::vector<wall_time> wanted;
    if (on_time || (young(t.due.last) && policy.coalesce != coalesce::none)) wanted.push_back(t.due.last);
    if (policy.coalesce != coalesce::all || wanted.empty()) return wanted;
    if (t.when.kind() == schedule::kind::every) {
        auto interval = t.when.interval();
        for (wall_time slot = t.due.last - interval; slot >= t.due.first && young(slot); slot -= interval)
            wanted.push_back(slot);
        std::ranges::reverse(wanted);
        return wanted;
    }
    wanted.clear();
    for (moment slot = t.due.first; slot && *slot <= t.due.last; slot = t.when.after(*slot))
        if (young(*slot) || (*slot == t.due.last && on_time)) wanted.push_back(*slot);
    return wanted;
}

std::int64_t held_for(std::string_view uid, const catch_up& policy) {
    if (policy.spread.count() == 0) return 0;
    return static_cast<std::int64_t>(hash_of(uid, 0) % static_cast<std::uint64_t>(policy.spread.count()));
}

// The factors of a world are such that their powers are exact.
std::int64_t wait_after(std::uint32_t failed, std::string_view uid, wall_time slot, const retry& policy) {
    double wait = static_cast<double>(policy.backoff.count()) * std::pow(policy.factor, failed - 1);
    wait = std::min(wait, static_cast<double>(policy.max.count()));
    auto key = static_cast<std::uint64_t>(slot.time_since_epoch().count()) * 0x9e37'79b9'7f4a'7c15 + failed;
    double share = std::ldexp(static_cast<double>(hash_of(uid, key) >> 32), -32);
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(wait - wait * policy.jitter * share));
}

} // namespace rondo::simulation
