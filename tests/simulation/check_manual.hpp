// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_MANUAL_HPP
#define RONDO_TESTS_SIMULATION_CHECK_MANUAL_HPP

#include <rondo/record.hpp>
#include <rondo/stat.hpp>

#include <simulation/findings.hpp>
#include <simulation/sim_run.hpp>

#include <string>
#include <vector>

namespace rondo::simulation {

/// Invariant 7: a manual run never takes, delays or changes a slot, and no run takes another's users.
class check_manual {
public:
    explicit check_manual(findings& out) : out_(out) {}

    [[nodiscard]] static std::string name_of(std::uint64_t user) { return std::to_string(user); }

    void triggered(int task, const stat& before, const stat& after) {
        if (!(before.next_run == after.next_run)) complain(task, "a manual run moves the next slot");
    }
    void decided(const sim_run& r, const begin_request& d) {
        bool manual = r.why == trigger::manual;
        if (d.moves_cursor == manual) complain(r.task, "a manual run moves the cursor, or a slot's does not");
        if (manual && d.skipped) complain(r.task, "a manual run skips slots");
        if (!d.started || d.started->id != r.id) return complain(r.task, "a decision about another run");
        if (!asked(d.started->users, r.user)) complain(r.task, "the record names users who did not ask");
    }
    void started(const sim_run& r) {
        if (!asked(r.record->users, r.user)) complain(r.task, "a body starts for users who did not ask");
    }

private:
    static bool asked(const std::vector<user>& users, std::uint64_t user) {
        return user == 0 ? users.empty() : users.size() == 1 && users[0].id() == name_of(user);
    }
    void complain(int task, const char* what) { out_.report("manual runs", task, what); }

    findings& out_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_MANUAL_HPP
