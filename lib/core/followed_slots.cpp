// SPDX-License-Identifier: BSL-1.0
#include <core/followed_slots.hpp>
#include <core/make_room.hpp>

#include <algorithm>
#include <chrono>

namespace rondo::core {

std::size_t count_late(std::span<const followed_slot> due, std::int64_t seen, std::int64_t grace) noexcept {
    std::size_t late = due.size();
    while (late > 0 && !due[late - 1].late && seen - due[late - 1].due <= grace) --late;
    return late;
}

std::size_t count_wanted(const catch_up& policy, std::span<const followed_slot> late, bool others,
                         std::int64_t now) noexcept {
    if (late.empty() || policy.coalesce == coalesce::none) return 0;
    if (policy.coalesce == coalesce::latest && others) return 0;
    constexpr std::chrono::microseconds far = std::chrono::years(150);
    std::int64_t window = std::chrono::nanoseconds(std::min(policy.window, far)).count();
    std::size_t wanted = 0;
    while (wanted != late.size() && now - late[late.size() - 1 - wanted].due <= window) ++wanted;
    return policy.coalesce == coalesce::latest ? std::min<std::size_t>(wanted, 1) : wanted;
}

namespace {

void insert(std::vector<followed_slot>& slots, const followed_slot& s) {
    auto place = std::ranges::lower_bound(slots, s.slot, {}, &followed_slot::slot);
    if (place == slots.end() || place->slot != s.slot) slots.insert(place, s);
}

} // namespace

void surplus_slots::add(wall_time slot, bool is_late) noexcept {
    bool latest = count == 0 || slot > last;
    first = count == 0 ? slot : std::min(first, slot);
    if (latest) last = slot, late = is_late;
    ++count;
}

void followed_slots::add_early(const followed_slot& s) {
    bool among = surplus.count > 0 && s.slot >= surplus.first && s.slot <= surplus.last;
    if (among)
        ++surplus.count;
    else
        insert(early, s);
}

void followed_slots::keep_early(std::size_t most) noexcept {
    if (early.size() <= most) return;
    auto end = early.end() - static_cast<std::ptrdiff_t>(most);
    for (auto s = early.begin(); s != end; ++s) surplus.add(s->slot, s->late);
    early.erase(early.begin(), end);
}

void followed_slots::bring_early(wall_time open, std::int64_t now) {
    auto end = std::ranges::lower_bound(early, open, {}, &followed_slot::slot);
    make_room(due, static_cast<std::size_t>(end - early.begin())); // so that all come, or none
    for (auto s = early.begin(); s != end; ++s) {
        if (!s->late) s->due = now;
        if (!due.empty()) s->due = std::max(s->due, due.back().due); // so that they are in order of both
        insert(due, *s);
    }
    early.erase(early.begin(), end);
}

void followed_slots::pass(wall_time cursor) noexcept {
    auto passed = [&](const followed_slot& s) { return s.slot < cursor; };
    std::erase_if(early, passed);
    std::erase_if(due, passed);
    if (surplus.last < cursor) surplus = {};
    surplus.first = std::max(surplus.first, cursor); // how many of them are left nobody knows
}

} // namespace rondo::core
