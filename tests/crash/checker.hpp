// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_CHECKER_HPP
#define RONDO_TESTS_CRASH_CHECKER_HPP

#include <crash/findings.hpp>
#include <crash/journal.hpp>
#include <crash/plan.hpp>
#include <crash/record.hpp>

#include <cstdint>
#include <vector>

namespace rondo::crash {

/// What may be found, besides a record without a flaw.
struct tolerance {
    bool lost_tail = false;    ///< a loss of power may take the last commits of a life
    bool clock_shifts = false; ///< the wall clock was set between lives
    std::int64_t ended_at = 0; ///< the wall clock after the last life; those before it may have been ahead
};

/// Each slot of the schedule is decided once: from the first to the cursor, runs and skips lie side by side,
/// on the grid of the schedule.
void check_slots(const recorded_task& task, const plan& p, const tolerance& t, findings& out);

/// Each run has one outcome; each attempt has one before it that failed; tokens count the runs.
void check_runs(const recorded_task& task, const plan& p, findings& out);

/// Slots whose process died run again, where the plan says so.
void check_reruns(const recorded_task& task, const plan& p, const tolerance& t, findings& out);

/// What bodies wrote of themselves is on record, and the other way round.
void check_journal(const record& r, const std::vector<entry>& journal, const tolerance& t, findings& out);

/// All of it, after an orderly end of the last life.
[[nodiscard]] findings check(const record& r, const std::vector<entry>& journal,
                             const std::vector<plan>& plans, const tolerance& t);

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_CHECKER_HPP
