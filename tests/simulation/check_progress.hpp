// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_PROGRESS_HPP
#define RONDO_TESTS_SIMULATION_CHECK_PROGRESS_HPP

#include <simulation/findings.hpp>
#include <simulation/model.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <vector>

namespace rondo::simulation {

/// Invariant 8: the core says at each instant what it waits for, neither more nor less, and never for what
/// is past; a shutdown is done when there is nothing left that it could wait for.
class check_progress {
public:
    explicit check_progress(findings& out) : out_(out) {}

    void after_input(const model& m, std::int64_t wakeup, input_kind input, instant now,
                     const std::vector<sim_run*>& runs) {
        std::int64_t wanted = m.next_wakeup(now);
        if (!m.wakes_for_group(wakeup, wanted, now))
            complain(
                fmt::format("it is {} ns, and the core waits until {}, not {}", ns_of(now), wakeup, wanted));
        // It may want to be woken once more at the same instant, by a grace of nothing say.
        if (input == input_kind::on_time) in_past_ = wakeup <= ns_of(now) ? in_past_ + 1 : 0;
        if (in_past_ > 3) complain("it waits for what is past, again and again");
        if (m.stage() == model::stopping::no || m.stage() == model::stopping::done) return;
        bool beginning = false;
        for (const sim_run* r : runs) beginning = beginning || r->at == sim_run::stage::beginning;
        if (m.in_flight() == 0 || (m.stage() == model::stopping::giving_up && !beginning))
            complain("nothing is left to wait for, and the shutdown is not done");
    }
    void shutdown_done(const model& m, const std::vector<sim_run*>& runs) {
        for (const sim_run* r : runs)
            if (r->at == sim_run::stage::beginning) complain("the shutdown is done while a run begins");
        if (m.in_flight() != 0 && m.stage() != model::stopping::giving_up)
            complain("the shutdown is done while runs are in flight");
    }

private:
    void complain(std::string what) { out_.report("progress", findings::no_task, std::move(what)); }

    findings& out_;
    int in_past_ = 0; // ticks in a row after which it wanted another at once
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_PROGRESS_HPP
