// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/claims.hpp>

#include <repository/postgres/failure.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace rondo::postgres::detail {

bool is_claim(const begin_request& r) noexcept {
    return r.moves_cursor && !r.force && !r.asked && r.expected && r.started && !r.skipped &&
           r.started->users.empty() && r.started->attempt == 1 && takes_slot(r.started->trigger) &&
           r.started->scheduled_at == *r.expected;
}

parameters claim_parameters(const std::vector<const begin_request*>& requests, const leases* with_others) {
    parameters p;
    p.add_array(requests, [](const auto* r) { return r->uid.view(); });
    p.add_array(requests, [](const auto* r) { return *r->expected; });
    p.add_array(requests, [](const auto* r) { return r->next; });
    p.add_array(requests, [](const auto* r) { return r->started->id; });
    p.add_array(requests, [](const auto* r) { return plain_text{to_string(r->started->trigger)}; });
    p.add_array(requests, [](const auto* r) { return r->started->started_at; });
    if (with_others == nullptr) return p;
    p.add_array(requests, [](const auto* r) { return r->exclusive; });
    p.add_array(requests, [&](const auto* r) { return with_others->schedule_of(r->uid); });
    p.add_array(requests, [](const auto* r) { return std::int64_t{r->attempts_max}; });
    p.add(plain_text{with_others->node});
    p.add(std::int64_t{std::chrono::microseconds(with_others->ttl).count()});
    return p;
}

std::optional<std::vector<begin_answer>> read_claims(const rows& r,
                                                     const std::vector<const begin_request*>& requests) {
    if (r.size() != requests.size())
        throw failure(errc::store_corrupt, "PostgreSQL gave fewer rows than were asked for");
    std::vector<begin_answer> answers(requests.size());
    for (std::size_t i = 0; i != answers.size(); ++i) {
        if (!r.flag(i, 2)) return std::nullopt;
        const bool is_ours = !r.is_null(i, 0);
        answers[i].state = is_ours ? begin_state::recorded : begin_state::conflict;
        answers[i].next_slot = is_ours ? requests[i]->next : r.time_or_never(i, 1);
        if (is_ours) answers[i].token = r.count(i, 0);
    }
    return answers;
}

} // namespace rondo::postgres::detail
