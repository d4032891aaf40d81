// SPDX-License-Identifier: BSL-1.0
#include <core/due_slots.hpp>

#include <cassert>
#include <chrono>

namespace rondo::core {

due_slots count_due(const schedule& when, slot_due from, std::int64_t now) noexcept {
    assert(from.due <= now);
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

} // namespace rondo::core
