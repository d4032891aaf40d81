// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_ATTEMPTS_HPP
#define RONDO_TESTS_SIMULATION_CHECK_ATTEMPTS_HPP

#include <core/actions.hpp>

#include <simulation/findings.hpp>
#include <simulation/model.hpp>
#include <simulation/sim_run.hpp>

#include <vector>

namespace rondo::simulation {

/// The attempts of a slot, or of a manual run, are numbered from 1 in order. Each is over before the next is
/// planned, which begins at the end of its wait, not before, and is for the same slot and the same users.
class check_attempts {
public:
    explicit check_attempts(findings& out) : out_(out) {}

    void planned(sim_run& r, const sim_run& next) {
        if (!r.must_retry) complain(r, "an attempt is planned that nobody wants");
        r.must_retry = false;
        if (next.follows) complain(r, "an attempt follows two others");
        if (r.body || !is_failure(r.outcome) || r.last)
            complain(r, "an attempt follows a run that may not fail");
        if (next.slot != r.slot || next.why != trigger::retry) complain(r, "an attempt for something else");
        if (next.record->attempt != r.attempt + 1) complain(r, "the attempts are miscounted");
        if (next.record->users != r.record->users) complain(r, "an attempt for other users");
    }
    void given_up(sim_run& r) {
        if (!r.must_give_up) complain(r, "an attempt is given up for no reason");
        r.must_give_up = false;
    }
    void begun(const sim_run& r, instant now) {
        if (ns_of(now) < r.retry_at) complain(r, "an attempt begins before its wait is over");
        // Once it has begun it may be cancelled by what comes later in the same input: a slot that has its turn,
        // the end of a grace. One that was given up before is `dropped`, and is looked for after each input.
        if (!r.follows) complain(r, "an attempt begins that follows nothing");
    }
    void released(const sim_run& r) {
        if (r.must_retry) complain(r, "no other attempt is planned");
        if (r.must_give_up) complain(r, "nobody is told that no attempt follows");
    }
    void after_input(const std::vector<sim_run*>& runs) {
        for (const sim_run* r : runs) {
            if (r->why == trigger::retry && !r->follows) complain(*r, "an attempt follows nothing");
            if (r->at != sim_run::stage::dropped) continue;
            bool begins = r->why == trigger::retry && r->record->state != core::run_state_kind::backing_off;
            complain(*r, begins ? "an attempt begins that is given up" : "what was given up is still there");
        }
    }

private:
    void complain(const sim_run& r, const char* what) { out_.report("attempts", r.task, what); }

    findings& out_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_ATTEMPTS_HPP
