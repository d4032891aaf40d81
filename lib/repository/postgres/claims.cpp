// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/claims.hpp>

#include <repository/postgres/failure.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace rondo::postgres::detail {

bool is_claim(const begin_request& r) noexcept {
    return r.moves_cursor && !r.force && !r.asked && r.expected && r.started && !r.skipped &&
           r.started->users.empty() && r.started->attempt == 1 && takes_slot(r.started->trigger) &&
           r.started->scheduled_at == *r.expected;
}

parameters claim_parameters(const std::vector<const begin_request*>& requests, const leases* shared,
                            bool may_wait) {
    parameters p;
    p.add_array(requests, [](const auto* r) { return r->uid.view(); });
    p.add_array(requests, [](const auto* r) { return *r->expected; });
    p.add_array(requests, [](const auto* r) { return r->next; });
    p.add_array(requests, [](const auto* r) { return r->started->id; });
    p.add_array(requests, [](const auto* r) { return plain_text{to_string(r->started->trigger)}; });
    p.add_array(requests, [](const auto* r) { return r->started->started_at; });
    if (shared == nullptr) return p;
    p.add_array(requests, [](const auto* r) { return r->exclusive; });
    p.add_array(requests, [&](const auto* r) { return shared->schedule_of(r->uid); });
    p.add_array(requests, [](const auto* r) { return std::int64_t{r->attempts_max}; });
    p.add(plain_text{shared->node});
    p.add(std::int64_t{std::chrono::microseconds(shared->ttl).count()}).add(may_wait);
    return p;
}

open_claims read_claims(const rows& r, const std::vector<const begin_request*>& requests,
                        std::vector<begin_answer>& answers) {
    open_claims open;
    std::vector<bool> seen(requests.size());
    for (std::size_t i = 0; i != r.size(); ++i) {
        const std::uint64_t place = r.count(i, 0) - 1;
        if (place >= seen.size() || seen[place])
            throw failure(errc::store_corrupt, "PostgreSQL gave a row that was not asked for");
        seen[place] = true;
        begin_answer& a = answers[place];
        const std::string_view word = r.word(i, 1);
        if (word == "recorded") {
            a = {begin_state::recorded, requests[place]->next, r.count(i, 2), steady_time::max()};
        } else if (word == "conflict") {
            a = {begin_state::conflict, r.time_or_never(i, 3), 0, steady_time::max()};
        } else {
            a.state = begin_state::conflict; // until it is decided
            open.places.push_back(place);
            open.later = open.later || word == "later";
            open.again = open.again || word == "again";
        }
    }
    if (r.size() != seen.size())
        throw failure(errc::store_corrupt, "PostgreSQL gave fewer rows than were asked for");
    return open;
}

} // namespace rondo::postgres::detail
