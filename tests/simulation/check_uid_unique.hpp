// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_UID_UNIQUE_HPP
#define RONDO_TESTS_SIMULATION_CHECK_UID_UNIQUE_HPP

#include <rondo/error.hpp>

#include <simulation/findings.hpp>
#include <simulation/swarm.hpp>

#include <array>

namespace rondo::simulation {

/// Invariant 3: a uid is one task, from when it is reserved until the last of it is gone.
class check_uid_unique {
public:
    explicit check_uid_unique(findings& out) : out_(out) {}

    void reserved(int task, const error_code& answer, bool shutting_down) {
        bool& taken = taken_[static_cast<std::size_t>(task)];
        error_code wanted;
        if (taken) wanted = errc::task_exists;
        if (shutting_down) wanted = errc::shutting_down;
        if (answer != wanted)
            out_.report("uid unique", task,
                        "adding it says " + answer.message() + ", not " + wanted.message());
        taken = taken || !answer;
    }
    void gone(int task) { taken_[static_cast<std::size_t>(task)] = false; }
    void restarted() { taken_.fill(false); }

private:
    findings& out_;
    std::array<bool, tasks_max> taken_{};
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_UID_UNIQUE_HPP
