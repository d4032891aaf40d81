// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_NOTHING_AFTER_HPP
#define RONDO_TESTS_SIMULATION_CHECK_NOTHING_AFTER_HPP

#include <simulation/findings.hpp>
#include <simulation/swarm.hpp>

#include <array>

namespace rondo::simulation {

/// Invariant 5: no run of a task begins once it is removed or the manager shuts down, and when it is gone,
/// or the shutdown done, nothing more is heard of it.
class check_nothing_after {
public:
    explicit check_nothing_after(findings& out) : out_(out) {}

    void removed(int task) { state_of(task) = state::removed; }
    void gone(int task) { state_of(task) = state::gone; }
    void added(int task) { state_of(task) = state::there; }
    void shutting_down() { shutting_down_ = true; }
    void shutdown_done() {
        if (done_) complain(findings::no_task, "the shutdown is done twice");
        done_ = true;
    }
    void restarted() {
        shutting_down_ = done_ = false;
        states_.fill(state::gone);
    }

    /// A run was decided on.
    void begun(int task) {
        if (shutting_down_) complain(task, "a run begins after the shutdown");
        if (state_of(task) != state::there) complain(task, "a run begins after the removal");
    }
    /// A body starts.
    void started(int task) {
        if (done_) complain(task, "a body starts after the end of the shutdown");
        if (state_of(task) != state::there) complain(task, "a body starts after the removal");
    }
    /// Anything is told of a task.
    void told(int task) {
        if (state_of(task) == state::gone) complain(task, "something is told of a task that is gone");
    }

private:
    enum class state { gone, there, removed };
    state& state_of(int task) { return states_[static_cast<std::size_t>(task)]; }
    void complain(int task, const char* what) { out_.report("nothing after", task, what); }

    findings& out_;
    std::array<state, tasks_max> states_{};
    bool shutting_down_ = false;
    bool done_ = false;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_NOTHING_AFTER_HPP
