// SPDX-License-Identifier: BSL-1.0
#include <simulation/naive_slots.hpp>

#include <rondo/record.hpp>

namespace rondo::simulation {

moment naive_schedule::after(wall_time slot) const {
    switch (kind()) {
    case schedule::kind::every: return slot + interval();
    case schedule::kind::rule: return when_.rule()->next_after(slot, anchor_);
    case schedule::kind::every_after:
    case schedule::kind::after:
    case schedule::kind::once:
    case schedule::kind::at: break;
    }
    return {};
}

bool naive_schedule::has(wall_time slot) const {
    if (slot == cursor_waits_for_end) return fixed_delay();
    if (fixed_delay() || kind() == schedule::kind::once) return true;
    if (kind() == schedule::kind::rule && slot == anchor_) return true;
    if (slot < wall_time_first || slot > wall_time_last) return false;
    return when_.count(slot - std::chrono::microseconds(1), slot, anchor_) == 1 ||
           (kind() == schedule::kind::every && (anchor_ - slot) % interval() == interval() * 0);
}

naive_slots naive_schedule::until(wall_time first, wall_time end) const {
    naive_slots found{first, first, first, 1, after(first)};
    // A loop over a million slots would find less than it costs: leap, and walk the rest.
    if (kind() == schedule::kind::every && end - first > 8 * interval()) {
        std::int64_t leap = (end - first) / interval() - 4;
        found.count += static_cast<std::uint64_t>(leap);
        found.last += leap * interval();
        found.next = after(found.last);
    }
    while (found.next && *found.next <= end) {
        found.before_last = found.last;
        found.last = *found.next;
        ++found.count;
        found.next = after(found.last);
    }
    return found;
}

// The grid of an interval has no beginning.
std::vector<wall_time> naive_schedule::between(wall_time from, wall_time to) const {
    std::vector<wall_time> all;
    moment slot;
    switch (kind()) {
    case schedule::kind::every:
        slot = from + ((anchor_ - from) % interval() + interval()) % interval();
        break;
    case schedule::kind::rule: slot = after(from - std::chrono::microseconds(1)); break;
    case schedule::kind::once: slot = anchor_; break;
    case schedule::kind::at: slot = when_.when(); break;
    case schedule::kind::every_after:
    case schedule::kind::after: break;
    }
    for (; slot && *slot < to; slot = after(*slot))
        if (*slot >= from) all.push_back(*slot);
    return all;
}

} // namespace rondo::simulation
