// SPDX-License-Identifier: BSL-1.0
#include <core/due_slots.hpp>

#include <cassert>
#include <chrono>

namespace rondo::core {

namespace {

slot_due on_wall(wall_time slot) noexcept {
    return {slot, slot.time_since_epoch().count()};
}

// The first slot may be none of the rule's own (`first_run`); those after it are.
due_slots count_due_of_rule(const schedule& when, slot_due from, wall_time now, wall_time anchor) {
    due_slots found;
    std::uint64_t later = when.count(from.slot, now, anchor);
    auto next = when.next_after(now, anchor);
    found.more = next.has_value();
    if (next) found.next = on_wall(*next);
    found.latest = from;
    if (later == 0) return found;
    auto latest = when.previous_before(now + std::chrono::microseconds(1), anchor);
    // A rule of somebody's own may contradict itself: then only the slot that is known counts.
    if (!latest || *latest <= from.slot || *latest > now) return found;
    found.latest = on_wall(*latest);
    found.before = later;
    auto before = when.previous_before(*latest, anchor);
    found.before_last = before && *before > from.slot ? *before : from.slot;
    return found;
}

} // namespace

due_slots count_due(const schedule& when, slot_due from, std::int64_t now, wall_time anchor) {
    assert(from.due <= now);
    if (when.type() == schedule::kind::rule)
        return count_due_of_rule(when, from, wall_time(std::chrono::microseconds(now)), anchor);
    if (when.type() != schedule::kind::every) return {from, 0, {}, false, {}};
    auto interval = *when.interval();
    auto interval_ns = std::chrono::nanoseconds(interval).count();
    auto later = (now - from.due) / interval_ns;
    due_slots found;
    found.latest = {from.slot + later * interval, from.due + later * interval_ns};
    found.before = static_cast<std::uint64_t>(later);
    found.before_last = found.latest.slot - interval;
    found.more = true;
    found.next = {found.latest.slot + interval, found.latest.due + interval_ns};
    return found;
}

bool is_slot(const schedule& when, wall_time slot, wall_time anchor) {
    using std::chrono::microseconds;
    switch (when.type()) {
    case schedule::kind::every: return (slot - anchor) % *when.interval() == microseconds(0);
    case schedule::kind::at: return slot == *when.when();
    case schedule::kind::rule:
        return slot == anchor || when.next_after(slot - microseconds(1), anchor) == moment(slot);
    case schedule::kind::once:
    case schedule::kind::every_after:
    case schedule::kind::after: break;
    }
    return true;
}

} // namespace rondo::core
