// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_OUTCOMES_HPP
#define RONDO_TESTS_SIMULATION_CHECK_OUTCOMES_HPP

#include <core/actions.hpp>

#include <simulation/findings.hpp>
#include <simulation/sim_run.hpp>
#include <simulation/store.hpp>

#include <fmt/format.h>

#include <vector>

namespace rondo::simulation {

/// Invariant 6: a run is decided, then on record (unless the store fails), then its body starts, and it gets
/// exactly one outcome: that which its story asks for, when it asks for it.
class check_outcomes {
public:
    explicit check_outcomes(findings& out) : out_(out) {}

    void started(const sim_run& r, bool recorded, store& s) {
        if (!r.decided || !r.answered || r.refused)
            complain(r, "a body starts before its decision is answered");
        if (r.ends != 0 || r.body) complain(r, "a body starts twice, or after its outcome");
        if (recorded && !s.in_flight(r.task, r.id))
            complain(r, "a body starts, and its run is not on record");
    }
    void told_to_end(sim_run& r) {
        if (!r.must_tell) complain(r, "a body is cancelled for no reason");
        if (r.record->cancelled != r.cancelled) complain(r, "a body is cancelled for another reason");
        r.must_tell = false;
    }
    void overruns(sim_run& r) {
        if (!r.must_warn) complain(r, "it is said to overrun out of time");
        r.must_warn = false;
    }
    void ended(sim_run& r, rondo::outcome how, bool last) {
        if (++r.ends != 1) complain(r, "a second outcome");
        if (!r.must_end) complain(r, "an outcome out of time");
        if (r.must_end && last != r.must_be_last) complain(r, "whether it is the last is wrong");
        if (r.must_end && how != r.must_be)
            complain(r, fmt::format("the outcome is {}, not {}", to_string(how), to_string(r.must_be)));
        r.must_end = false;
    }
    void released(const sim_run& r) {
        bool never_was = r.refused || r.at == sim_run::stage::dropped;
        if (r.ends != (never_was ? 0 : 1)) complain(r, "let go without exactly one outcome");
        if (r.body) complain(r, "let go while its body is there");
    }
    void after_input(const std::vector<sim_run*>& runs) {
        for (const sim_run* r : runs) {
            if (r->must_end)
                complain(*r, fmt::format("no outcome, which should be {}", to_string(r->must_be)));
            if (r->must_tell) complain(*r, "its body is not told to end");
            if (r->must_warn) complain(*r, "nobody says that it overruns");
        }
    }

private:
    void complain(const sim_run& r, std::string what) { out_.report("outcomes", r.task, std::move(what)); }

    findings& out_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_OUTCOMES_HPP
