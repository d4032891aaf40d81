// SPDX-License-Identifier: BSL-1.0
#include <repository/lease_keeper.hpp>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace rondo::repository_detail {

lease_keeper::lease_keeper(std::chrono::nanoseconds ttl) : ttl_(ttl) {
    assert(ttl.count() > 0);
}

void lease_keeper::took(const run_id& id, std::uint64_t token, steady_time asked_at) {
    const auto known = known_.find(id);
    if (known != known_.end()) {
        known->second->run.token = token;
        put(known->second, std::max(asked_at, known->second->asked_at));
        return;
    }
    list one;
    one.push_back({{id, token}, asked_at, false});
    known_.emplace(id, one.begin()); // the last that may throw
    leases_.splice(leases_.end(), one);
    put(std::prev(leases_.end()), asked_at);
}

void lease_keeper::let_go(const run_id& id) noexcept {
    const auto known = known_.find(id);
    if (known == known_.end()) return;
    leases_.erase(known->second);
    known_.erase(known);
}

void lease_keeper::let_all_go() noexcept {
    known_.clear();
    leases_.clear();
}

// Most are the latest, so their place is near the end.
void lease_keeper::put(list::iterator at, steady_time asked_at) noexcept {
    at->asked_at = asked_at;
    auto before = leases_.end();
    while (before != leases_.begin()) {
        const auto previous = std::prev(before);
        if (previous != at && previous->asked_at <= asked_at) break;
        before = previous;
    }
    if (before != at) leases_.splice(before, leases_, at);
}

std::vector<lease_keeper::held_run> lease_keeper::begin_renewal(steady_time now) {
    assert(!renewing_);
    std::vector<held_run> all;
    all.reserve(leases_.size());
    for (lease& l : leases_) {
        l.asked = true;
        all.push_back(l.run);
    }
    renewing_ = true;
    renewal_sent_at_ = now;
    return all;
}

void lease_keeper::renewed(std::span<const run_id> still_held) {
    assert(renewing_);
    std::size_t missing = 0;
    for (const lease& l : leases_) missing += l.asked ? 1 : 0;
    lost_.reserve(lost_.size() + missing); // first, as it may throw
    renewing_ = false;
    not_before_ = steady_time::min();
    for (const run_id& id : still_held) {
        const auto known = known_.find(id);
        if (known == known_.end() || !known->second->asked) continue; // it has ended since
        known->second->asked = false;
        put(known->second, std::max(renewal_sent_at_, known->second->asked_at));
    }
    for (auto at = leases_.begin(); at != leases_.end();) {
        const auto next = std::next(at);
        if (at->asked) lose(at, loss::refused);
        at = next;
    }
}

// A renewal that failed may have been done or not: what is trusted is what was acknowledged before.
void lease_keeper::not_renewed(steady_time now) noexcept {
    assert(renewing_);
    renewing_ = false;
    for (lease& l : leases_) l.asked = false;
    not_before_ = now + ttl_ / 20;
}

void lease_keeper::on_time(steady_time now) {
    while (!leases_.empty() && trusted_until(leases_.front().asked_at) <= now) {
        lost_.reserve(lost_.size() + 1); // first, as it may throw
        lose(leases_.begin(), loss::too_late);
    }
}

void lease_keeper::lose(list::iterator at, loss why) {
    lost_.push_back({at->run.id, why});
    known_.erase(at->run.id);
    leases_.erase(at);
}

steady_time lease_keeper::next_renewal() const noexcept {
    if (renewing_ || leases_.empty()) return steady_time::max();
    return std::max(leases_.front().asked_at + ttl_ / 3, not_before_);
}

steady_time lease_keeper::next_expiry() const noexcept {
    return leases_.empty() ? steady_time::max() : trusted_until(leases_.front().asked_at);
}

std::vector<lease_keeper::lost_run> lease_keeper::take_lost() {
    return std::exchange(lost_, {});
}

} // namespace rondo::repository_detail
