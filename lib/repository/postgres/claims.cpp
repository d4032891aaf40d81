// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/claims.hpp>

#include <repository/postgres/failure.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace rondo::postgres::detail {
namespace {

[[noreturn]] void throw_not_asked_for() {
    throw failure(errc::store_corrupt, "PostgreSQL gave a row that was not asked for");
}

} // namespace

bool is_claim(const begin_request& r) noexcept {
    return r.moves_cursor && !r.force && !r.asked && r.expected && r.started && !r.skipped &&
           r.started->users.empty() && r.started->attempt == 1 && takes_slot(r.started->trigger) &&
           r.started->scheduled_at == *r.expected;
}

parameters claim_parameters(const std::vector<const begin_request*>& requests, const leases* shared) {
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
    p.add(std::int64_t{std::chrono::microseconds(shared->ttl).count()});
    return p;
}

parameters claim_parameters(const std::vector<const begin_request*>& requests, const leases* shared,
                            bool may_wait) {
    parameters p = claim_parameters(requests, shared);
    if (shared != nullptr) p.add(may_wait);
    return p;
}

open_claims read_claims(const rows& r, const std::vector<const begin_request*>& requests,
                        std::vector<begin_answer>& answers) {
    open_claims open;
    std::vector<bool> seen(requests.size());
    for (std::size_t i = 0; i != r.size(); ++i) {
        const std::uint64_t place = r.count(i, 0) - 1;
        if (place >= seen.size() || seen[place]) throw_not_asked_for();
        seen[place] = true;
        begin_answer& a = answers[place];
        const std::string_view word = r.word(i, 1);
        if (word == "recorded") {
            a = {begin_state::recorded, requests[place]->next, r.count(i, 2), steady_time::max()};
        } else if (word == "conflict") {
            a = {begin_state::conflict, r.time_or_never(i, 3), 0, steady_time::max()};
            open.lost = true;
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

open_claims read_optimistic_claims(const rows& r, const std::vector<const begin_request*>& requests,
                                   std::vector<begin_answer>& answers) {
    std::unordered_map<run_id, std::size_t> wanted;
    wanted.reserve(requests.size());
    for (std::size_t place = 0; place != requests.size(); ++place)
        wanted.emplace(requests[place]->started->id, place);
    for (std::size_t i = 0; i != r.size(); ++i) {
        const auto had = wanted.find(r.id(i, 0));
        if (had == wanted.end()) throw_not_asked_for();
        answers[had->second] = {begin_state::recorded, requests[had->second]->next, r.count(i, 1),
                                steady_time::max()};
        wanted.erase(had);
    }
    open_claims open;
    open.again = !wanted.empty();
    for (const auto& [id, place] : wanted) open.places.push_back(place);
    std::ranges::sort(open.places);
    for (const std::size_t place : open.places) answers[place].state = begin_state::conflict;
    return open;
}

} // namespace rondo::postgres::detail
