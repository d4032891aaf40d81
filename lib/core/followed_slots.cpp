// SPDX-License-Identifier: BSL-1.0
#include <core/followed_slots.hpp>

#include <rondo/record.hpp>

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

void history_reader::read(std::span<const run> page) {
    for (const run& r : page) {
        bool first = takes_slot(r.trigger);
        if (!first && r.trigger != trigger::retry) continue;
        attempts& a = slots_[r.scheduled_at];
        a.of_slot = a.of_slot || first;
        if (r.attempt < a.latest) continue;
        a.latest = r.attempt;
        a.over = r.outcome.has_value() && r.finished_at.has_value();
        if (!a.over) continue;
        a.how = *r.outcome;
        a.at = *r.finished_at;
    }
}

std::vector<ended_slot> history_reader::ended(outcome_set wanted, moment& latest) const {
    std::vector<ended_slot> found;
    for (const auto& [slot, a] : slots_) {
        if (!a.of_slot || !a.over) continue;
        latest = slot;
        if (wanted.contains(a.how)) found.push_back({slot, a.at});
    }
    return found;
}

} // namespace rondo::core
