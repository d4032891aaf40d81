// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_SUMMARY_HPP
#define RONDO_SUMMARY_HPP

#include <rondo/run.hpp>
#include <rondo/shared_string.hpp>
#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace rondo {

/// Which runs to sum up. Members left alone do not restrict.
struct summary_filter {
    summary_filter() noexcept {
    } // no aggregate, which g++ 12 would destroy twice in an expression that awaits

    std::optional<std::string> uid;
    moment from; ///< started at or after
    moment to;   ///< started before
};

/// The runs of one task in a stretch of time. Each attempt is a run.
///
/// A run took as long as from its start to its end, by the wall clock: 0 if that was set back meanwhile. How long
/// runs in flight and abandoned ones took nobody knows, so they have no duration; all others have.
///
/// Percentiles are by nearest rank: of n durations in ascending order, p50 is the one at place ⌈0.50 n⌉, p95 the one
/// at place ⌈0.95 n⌉, so each is one that was seen. That is exact up to `durations_exact_max` different durations
/// of a task; of more, each may be too long, by less than 1 %, and never longer than the longest.
struct task_summary {
    shared_string uid;
    std::uint64_t runs = 0; ///< the sum of the next
    std::uint64_t in_flight = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t interrupted = 0;
    std::uint64_t abandoned = 0;
    std::optional<std::chrono::microseconds> duration_p50; ///< nothing without a run that has a duration,
    std::optional<std::chrono::microseconds> duration_p95; ///< as are the next
    std::optional<std::chrono::microseconds> duration_max; ///< always exact

    /// From 0 to 1: how many succeeded of those that succeeded, failed or timed out. Nothing if there are none: a run
    /// that somebody or something else stopped says nothing of its task.
    [[nodiscard]] std::optional<double> success_rate() const noexcept;

    friend bool operator==(const task_summary&, const task_summary&) = default;
};

inline constexpr std::size_t durations_exact_max = 4096;

/// Works out a `task_summary` from the runs of a task, for a repository. What it holds is bounded, however many runs
/// it takes. Not thread-safe.
class run_tally {
public:
    /// The runs may come in any order. Nothing for `how`: it is in flight.
    void take(std::optional<outcome> how, wall_time started_at, moment finished_at);
    void take(const run& r) { take(r.outcome, r.started_at, r.finished_at); }

    [[nodiscard]] bool empty() const noexcept { return counts_.runs == 0; }
    [[nodiscard]] task_summary summary(shared_string uid) const;

private:
    void add(std::int64_t duration);
    void coarsen();
    [[nodiscard]] std::chrono::microseconds percentile(std::uint64_t percent) const;

    task_summary counts_;                             // without the durations but the longest
    std::map<std::int64_t, std::uint64_t> durations_; // in microseconds, and how often each
    std::uint64_t durations_count_ = 0;               // of all
    bool coarse_ = false;                             // there were too many different ones
};

} // namespace rondo

#endif // RONDO_SUMMARY_HPP
