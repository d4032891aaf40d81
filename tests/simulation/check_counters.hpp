// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_COUNTERS_HPP
#define RONDO_TESTS_SIMULATION_CHECK_COUNTERS_HPP

#include <rondo/stat.hpp>

#include <simulation/findings.hpp>
#include <simulation/swarm.hpp>

#include <array>
#include <cstdint>

namespace rondo::simulation {

/// Invariant 1, second half: what `stat` counts is what was told.
class check_counters {
public:
    explicit check_counters(findings& out) : out_(out) {}

    void activated(int task) { told_of(task) = {}; }
    void begun(int task) { ++told_of(task).runs; }
    void retried(int task) { ++told_of(task).retries; }
    void refused(int task) { --told_of(task).runs; }
    void ended(int task, outcome how) {
        counters& c = told_of(task);
        switch (how) {
        case outcome::success: ++c.succeeded; break;
        case outcome::failed: ++c.failed; break;
        case outcome::timed_out: ++c.timed_out; break;
        case outcome::cancelled: ++c.cancelled; break;
        case outcome::interrupted: ++c.interrupted; break;
        case outcome::abandoned: ++c.abandoned; break;
        }
    }
    void skipped(int task, skip_reason why, std::uint64_t n) { count_of(task, why) += n; }
    /// The store took it for nothing.
    void taken_back(int task, skip_reason why, std::uint64_t n) { count_of(task, why) -= n; }
    void after_input(int task, const counters& counted) {
        if (counted != told_of(task)) out_.report("counters", task, "its counters are not what was told");
    }
    /// Of slots: runs and skips, but those of other managers.
    [[nodiscard]] const counters& told(int task) { return told_of(task); }

private:
    std::uint64_t& count_of(int task, skip_reason why) {
        counters& c = told_of(task);
        if (why == skip_reason::overlap) return c.skipped_overlap;
        if (why == skip_reason::missed) return c.skipped_missed;
        if (why == skip_reason::paused) return c.skipped_paused;
        return why == skip_reason::not_owner ? c.skipped_not_owner : c.skipped_buffer_full;
    }
    counters& told_of(int task) { return told_[static_cast<std::size_t>(task)]; }

    findings& out_;
    std::array<counters, tasks_max> told_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_COUNTERS_HPP
