// SPDX-License-Identifier: BSL-1.0
#include <core/catch_up_slots.hpp>

#include <rondo/words.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace rondo {

std::string_view to_string(coalesce c) noexcept {
    constexpr std::array<std::string_view, 3> words{"latest", "all", "none"};
    auto index = static_cast<std::size_t>(c);
    return index < words.size() ? words[index] : std::string_view("unknown");
}

} // namespace rondo

namespace rondo::core {
namespace {

// In the unit of a task's keys; no key is further from another than that of the longest window.
std::int64_t in_keys(std::chrono::microseconds d, bool of_rule) noexcept {
    constexpr std::chrono::microseconds far = std::chrono::years(150);
    d = std::min(d, far);
    return of_rule ? d.count() : std::chrono::nanoseconds(d).count();
}

caught_up last_only(slot_due from, const due_slots& found) noexcept {
    return {found.before, found.before_last, 1, found.before == 0 ? from.slot : found.latest.slot};
}

caught_up none(const due_slots& found) noexcept {
    return {found.before + 1, found.latest.slot, 0, {}};
}

// Those of a rule that are not older than `oldest`.
caught_up rest_of_rule(const schedule& when, slot_due from, const due_slots& found, wall_time oldest,
                       wall_time anchor) {
    constexpr std::chrono::microseconds tick(1);
    if (from.slot >= oldest) return {0, {}, found.before + 1, from.slot};
    std::uint64_t missed = 1 + when.count(from.slot, oldest - tick, anchor);
    moment first = when.next_after(oldest - tick, anchor);
    // A rule of somebody's own may contradict itself: then the one that is known to be due is wanted.
    if (!first || *first > found.latest.slot || missed > found.before) return last_only(from, found);
    moment last = when.previous_before(*first, anchor);
    return {missed, last && *last > from.slot ? *last : from.slot, found.before + 1 - missed, *first};
}

} // namespace

caught_up catch_up_slots(const catch_up& policy, const schedule& when, slot_due from, const due_slots& found,
                         bool on_time, std::int64_t now, wall_time anchor) {
    bool by_wall = when.type() == schedule::kind::rule || when.type() == schedule::kind::at;
    std::int64_t window = in_keys(policy.window, by_wall);
    bool limited = policy.window != std::chrono::microseconds::max();
    bool too_old = limited && !on_time && now - found.latest.due > window;
    if (too_old || (policy.coalesce == coalesce::none && !on_time)) return none(found);
    if (policy.coalesce != coalesce::all || found.before == 0) return last_only(from, found);
    if (!limited || now - from.due <= window) return {0, {}, found.before + 1, from.slot};
    if (now - found.latest.due > window) return last_only(from, found); // that one is on time
    if (when.type() == schedule::kind::rule)
        return rest_of_rule(when, from, found, wall_time(std::chrono::microseconds(now - window)), anchor);
    auto interval = *when.interval(); // else there is but one slot
    auto wanted = (window - (now - found.latest.due)) / std::chrono::nanoseconds(interval).count() + 1;
    wall_time first = found.latest.slot - (wanted - 1) * interval;
    return {found.before + 1 - static_cast<std::uint64_t>(wanted), first - interval,
            static_cast<std::uint64_t>(wanted), first};
}

} // namespace rondo::core
