// SPDX-License-Identifier: BSL-1.0
#include <simulation/model_policy.hpp>

#include <array>
#include <utility>

namespace rondo::simulation {
namespace {

struct overlap_rule_row {
    rondo::overlap policy;
    bool (*may_start)(std::uint32_t in_flight, std::uint32_t in_flight_max);
    skip_reason otherwise; ///< what a slot becomes that may not
};

constexpr std::array<overlap_rule_row, 2> overlap_rules{{
    {overlap::skip, [](std::uint32_t in_flight, std::uint32_t) { return in_flight == 0; },
     skip_reason::overlap},
    {overlap::allow_all,
     [](std::uint32_t in_flight, std::uint32_t most) { return most == 0 || in_flight < most; },
     skip_reason::overlap},
}};

const overlap_rule_row& row_of(rondo::overlap policy) {
    std::size_t i = 0;
    while (overlap_rules[i].policy != policy) ++i;
    return overlap_rules[i];
}

// Catch-up as it is today: the latest due slot stands for those before it, which were missed.
void coalesce_to_latest(const policy_question& q, std::vector<verdict>& out) {
    if (q.due.count > 1)
        out.push_back(skip_of(skip_reason::missed, q.due.first, q.due.before_last, q.due.count - 1));
    const overlap_rule_row& rule = row_of(q.overlap);
    wall_time slot = q.due.last;
    if (!rule.may_start(q.in_flight, q.in_flight_max)) {
        out.push_back(skip_of(rule.otherwise, slot, slot, 1));
        return;
    }
    bool late = q.due.count > 1 || slot < q.catch_up_before;
    out.push_back(run_of(slot, late ? trigger::catch_up : trigger::schedule));
}

} // namespace

bool may_start(rondo::overlap policy, std::uint32_t in_flight, std::uint32_t in_flight_max) {
    return row_of(policy).may_start(in_flight, in_flight_max);
}

void decide_due(const policy_question& q, std::vector<verdict>& out) {
    coalesce_to_latest(q, out);
}

void decide_paused(const naive_slots& due, std::vector<verdict>& out) {
    out.push_back(skip_of(skip_reason::paused, due.first, due.last, due.count));
}

} // namespace rondo::simulation
