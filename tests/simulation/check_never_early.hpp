// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_NEVER_EARLY_HPP
#define RONDO_TESTS_SIMULATION_CHECK_NEVER_EARLY_HPP

#include <simulation/findings.hpp>
#include <simulation/model.hpp>

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace rondo::simulation {

/// Invariant 2: no run starts before its slot, on the clock that its task follows. For intervals the
/// clocks are compared once, when the task is activated or its store moves it; from then on only the
/// monotonic one counts. So it is for a fixed delay and the slot that it has from its store, perhaps by the end
/// of another manager's run and another delay; each other of its slots counts from an end.
class check_never_early {
public:
    explicit check_never_early(findings& out) : out_(out) {}

    void activated(int task, const naive_schedule& when, moment slot, instant now) {
        phase& p = phase_of(task);
        p = {when, now.wall, ns_of(now), slot, 0, {}};
        auto interval = when.interval();
        bool set_back =
            slot && when.kind() == schedule::kind::every && *slot - now.wall > interval + interval / 2;
        if (set_back &&
            *slot > when.anchor()) { // it keeps its phase, and waits for half an interval at least
            const auto phase = (*slot - now.wall) % interval;
            p.wall = *slot;
            p.ns += (phase < interval / 2 ? phase + interval : phase) / std::chrono::nanoseconds(1);
        }
    }
    /// What waits by now is due already, by the clock that the task followed before.
    void updated(int task, const naive_schedule& when, const std::vector<verdict>& waiting, instant now) {
        phase& p = phase_of(task);
        std::int64_t end_ns = when.fixed_delay() ? p.end_ns : 0;
        std::vector<wall_time> due = std::move(p.due);
        for (const verdict& v : waiting)
            if (v.runs) due.push_back(v.first);
        p = {when, now.wall, ns_of(now), {}, end_ns, std::move(due)};
    }
    void resynced(int task, moment slot, instant now) {
        phase& p = phase_of(task);
        p.wall = now.wall;
        p.ns = ns_of(now);
        p.of_store = slot;
    }
    void ended(int task, instant now) {
        phase_of(task).of_store.reset();
        phase_of(task).end_ns = ns_of(now);
    }

    void begun(int task, wall_time slot, instant now) {
        phase& p = phase_of(task);
        if (std::erase(p.due, slot) != 0) return;
        if (p.when.by_wall()) {
            if (slot > now.wall) complain(task);
        } else if (p.when.fixed_delay() && !(p.of_store == moment(slot))) {
            if (p.end_ns != 0 && ns_of(now) < p.end_ns + p.when.interval().count() * 1000) complain(task);
        } else if (ns_of(now) < p.ns + (slot - p.wall) / std::chrono::nanoseconds(1)) {
            complain(task);
        }
    }

private:
    struct phase {
        naive_schedule when;
        wall_time wall{};           // and
        std::int64_t ns = 0;        // are the same instant
        moment of_store;            // the slot that the task had then
        std::int64_t end_ns = 0;    // of the run from which a fixed delay counts
        std::vector<wall_time> due; // under the schedule before
    };
    phase& phase_of(int task) { return phases_[static_cast<std::size_t>(task)]; }
    void complain(int task) { out_.report("never early", task, "a run starts before its slot"); }

    findings& out_;
    std::array<phase, tasks_max> phases_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_NEVER_EARLY_HPP
