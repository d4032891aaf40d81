// SPDX-License-Identifier: BSL-1.0
#include <core/history_reader.hpp>

#include <rondo/record.hpp>

#include <algorithm>
#include <iterator>

namespace rondo::core {

void history_reader::note(const run& r) {
    bool first = takes_slot(r.trigger);
    if (!first && r.trigger != trigger::retry) return;
    attempts& a = slots_[r.scheduled_at];
    a.of_slot = a.of_slot || first;
    if (r.attempt < a.latest || (r.attempt == a.latest && a.over)) return;
    a.latest = r.attempt;
    a.over = r.outcome.has_value() && r.finished_at.has_value();
    if (!a.over) return;
    a.how = *r.outcome;
    a.at = *r.finished_at;
}

void history_reader::read(std::span<const run> page, const told& otherwise) {
    for (const run& r : page) note(r);
    if (slots_.size() > 2 * most_) let_go(otherwise);
}

// Of a slot whose first attempt was read no other is to come, as they began later. First of what nobody wants.
void history_reader::let_go(const told& otherwise) {
    std::size_t kept = 0;
    for (auto s = slots_.begin(); s != slots_.end();) {
        const auto& [slot, a] = *s;
        bool counts = a.complete() && slot >= from_ && !otherwise(slot);
        bool keep = !a.complete() || (counts && wanted_.contains(a.how));
        if (a.complete()) latest_ = std::max(slot, latest_.value_or(slot));
        kept += keep && a.complete() ? 1 : 0;
        s = keep ? std::next(s) : slots_.erase(s);
    }
    for (auto s = slots_.begin(); kept > most_; --kept) {
        while (!s->second.complete()) ++s;
        surplus_.add(s->first, true);
        s = slots_.erase(s);
    }
}

std::vector<ended_slot> history_reader::ended() const {
    std::vector<ended_slot> found;
    for (const auto& [slot, a] : slots_)
        if (a.complete() && wanted_.contains(a.how) && slot >= from_) found.push_back({slot, a.at});
    return found;
}

moment history_reader::latest() const noexcept {
    auto last =
        std::find_if(slots_.rbegin(), slots_.rend(), [](const auto& s) { return s.second.complete(); });
    if (last == slots_.rend()) return latest_;
    return std::max(last->first, latest_.value_or(last->first));
}

} // namespace rondo::core
