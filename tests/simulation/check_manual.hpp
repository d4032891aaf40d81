// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_MANUAL_HPP
#define RONDO_TESTS_SIMULATION_CHECK_MANUAL_HPP

#include <rondo/record.hpp>
#include <rondo/stat.hpp>

#include <simulation/findings.hpp>
#include <simulation/sim_run.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace rondo::simulation {

/// Invariant 7: a manual run never takes, delays or changes a slot, and no run takes another's users.
class check_manual {
public:
    explicit check_manual(findings& out) : out_(out) {}

    [[nodiscard]] static std::string name_of(std::uint64_t user) { return std::to_string(user); }

    /// `delay` is that of a task with a fixed one, else 0.
    /// `served`: its slot waited, and had a place by then. `early`: so did this one, before which the clock was set
    /// back.
    void triggered(int task, const stat& before, const stat& after, std::chrono::microseconds delay,
                   wall_time now, bool served, moment early) {
        bool paused = after.paused && !before.paused; // by the failure that it put an end to
        // It may have taken the place of the attempt from whose end the delay was to count.
        bool ended = delay.count() != 0 && !before.next_run && after.runs_retrying < before.runs_retrying &&
                     after.next_run == moment(now + delay);
        bool back = early && after.next_run == early;
        if (!paused && !ended && !served && !back && !(before.next_run == after.next_run))
            complain(task, "a manual run moves the next slot");
    }
    void decided(const sim_run& r, const begin_request& d) {
        bool beside = !takes_slot(r.why);
        if (d.moves_cursor == beside) complain(r.task, "a manual run moves the cursor, or a slot's does not");
        if (beside && d.skipped) complain(r.task, "a manual run skips slots");
        if (!d.started || d.started->id != r.id) return complain(r.task, "a decision about another run");
        if (d.started->attempt != r.attempt) complain(r.task, "the record miscounts its attempts");
        if (!asked(d.started->users, r.users)) complain(r.task, "the record names users who did not ask");
    }
    /// Somebody asked for a run, and got one that waits: it is the first, and for both.
    void merged(sim_run& r, const std::vector<sim_run*>& waiting, const std::vector<std::uint64_t>& who) {
        if (waiting.empty() || &r != waiting.front()) complain(r.task, "merged into another run");
        if (who.empty() || r.users.empty())
            r.users.clear(); // for all
        else
            for (std::uint64_t one : who)
                if (std::ranges::find(r.users, one) == r.users.end()) r.users.push_back(one);
        if (!asked(r.record->users, r.users)) complain(r.task, "a merged run is not for those who asked");
    }
    void started(const sim_run& r) {
        if (!asked(r.record->users, r.users)) complain(r.task, "a body starts for users who did not ask");
    }

private:
    static bool asked(const std::vector<user>& users, const std::vector<std::uint64_t>& who) {
        return std::ranges::equal(users, who,
                                  [](const user& u, std::uint64_t one) { return u.id() == name_of(one); });
    }
    void complain(int task, const char* what) { out_.report("manual runs", task, what); }

    findings& out_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_MANUAL_HPP
