// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_LIMITS_HPP
#define RONDO_TESTS_SIMULATION_CHECK_LIMITS_HPP

#include <simulation/findings.hpp>
#include <simulation/model.hpp>
#include <simulation/sim_run.hpp>
#include <simulation/swarm.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace rondo::simulation {

/// Invariant 4: never more runs of a task, of a group, or in all, than their limits say, at any instant. A run
/// counts from the decision to start it until its body is gone; for its task also from one attempt to the next.
class check_limits {
public:
    check_limits(const swarm& s, const model& m, findings& out) : swarm_(s), model_(m), out_(out) {}

    /// The policy of a task, before it is updated: what is due already is decided by it.
    void updates(int task) {
        updated_ = task;
        before_ = model_.of(task).plan;
    }
    /// The limits of a group. Those that are in flight stay.
    void changes(std::size_t group, const group_plan& limits) {
        groups_[group].limits = limits;
        ++groups_[group].changes;
        groups_[group].starts.clear();
    }
    /// A body starts. What began under other limits may do so beside them.
    void started(const sim_run& r, instant now) {
        limited& g = groups_[r.group];
        if (g.limits.starts_max == 0 || r.group_no != g.changes) return;
        while (!g.starts.empty() && ns_of(now) - g.starts.front() >= g.limits.per.count())
            g.starts.pop_front();
        g.starts.push_back(ns_of(now));
        if (g.starts.size() > g.limits.starts_max)
            out_.report("limits", r.task, "more runs of a group start in a time than allowed");
    }
    void restarted() { groups_ = {}; }
    void after_input(const std::vector<sim_run*>& runs) {
        check_groups(runs);
        std::size_t all = 0;
        for (sim_run* r : runs) {
            if (!in_flight(*r)) continue;
            all += r->record->state != core::run_state_kind::backing_off ? 1 : 0;
            // Another attempt takes the place of the one before.
            if (r->counted || r->why == trigger::retry) continue;
            const task_plan& plan = model_.of(r->task).plan;
            if (may_start(*r, runs, plan)) continue;
            if (r->task == updated_ && r->for_slot && may_start(*r, runs, before_)) continue;
            out_.report("limits", r->task, "a run starts beside others, which its overlap forbids");
        }
        updated_ = findings::no_task;
        for (sim_run* r : runs) r->counted = in_flight(*r);
        std::size_t most = swarm_.core.runs_in_flight_max;
        if (most != 0 && all > most)
            out_.report("limits", findings::no_task, "more runs in all than allowed");
    }

private:
    struct limited {
        group_plan limits;
        std::uint32_t changes = 0;
        std::deque<std::int64_t> starts;
    };
    void check_groups(const std::vector<sim_run*>& runs) {
        std::array<std::size_t, groups_max> sums{};
        std::array<bool, groups_max> grew{};
        for (const sim_run* r : runs) {
            bool there = in_flight(*r) && r->record->state != core::run_state_kind::backing_off;
            if (!there || r->group == groups_max) continue;
            ++sums[r->group];
            if (r->group_no == groups_[r->group].changes) grew[r->group] = true;
        }
        for (std::size_t i = 0; i != groups_max; ++i) {
            std::size_t most = groups_[i].limits.runs_max;
            if (most != 0 && grew[i] && sums[i] > most)
                out_.report("limits", findings::no_task, "more runs of a group than allowed");
        }
    }
    static bool in_flight(const sim_run& r) noexcept {
        return r.record->state != core::run_state_kind::waiting;
    }
    // One that wants to be alone may find others only if they came after it, to be beside it.
    static bool may_start(const sim_run& r, const std::vector<sim_run*>& runs, const task_plan& plan) {
        auto alone = [&](const sim_run& one) {
            return (one.for_slot ? plan.overlap : one.overlap) != overlap::allow_all;
        };
        std::uint32_t of_task = 0;
        for (const sim_run* other : runs) {
            if (other->task != r.task || !in_flight(*other)) continue;
            ++of_task;
            bool later = !other->counted && !alone(*other);
            if (alone(r) && other != &r && !later) return false;
        }
        return alone(r) || plan.in_flight_max == 0 || of_task <= plan.in_flight_max;
    }

    const swarm& swarm_;
    const model& model_;              // for the policy in force
    int updated_ = findings::no_task; // by the input at hand
    task_plan before_;
    std::array<limited, groups_max + 1> groups_;
    findings& out_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_LIMITS_HPP
