// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTING_RUN_OBSERVER_HPP
#define RONDO_TESTING_RUN_OBSERVER_HPP

#include <rondo/event.hpp>
#include <rondo/run.hpp>
#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rondo {
class manager;
}

namespace rondo::testing {

/// A stretch of the wall clock, from `from` on and before `to`; by default all of it.
struct period {
    wall_time from = wall_time_first;
    wall_time to = wall_time_last;

    [[nodiscard]] bool holds(wall_time t) const noexcept { return from <= t && t < to; }
};

/// A run as it was seen: when its body began and, once that is so, how it ended.
struct observed_run {
    run_id id;
    rondo::trigger trigger = rondo::trigger::schedule;
    wall_time scheduled_at{};
    wall_time started_at{};
    moment ended_at;                       ///< nothing while it is in flight
    std::optional<rondo::outcome> outcome; ///< likewise
    std::string message;                   ///< why it did not succeed, or empty
};

/// Watches the runs of a manager for assertions such as "ran 24 times in a day". It sees what happens
/// from its construction on, so make it before you add tasks; it keeps all it saw, and may outlive
/// the manager. A run belongs to the period in which it started, a skip to that in which it was
/// decided. A run that ended before its body began is none here. Of a uid that was never seen there is
/// nothing: counts are 0, lists empty.
///
/// Works with any test framework: it only returns values. Single-threaded.
class run_observer {
public:
    explicit run_observer(manager& tasks);

    /// Runs of `uid` that started in `when`, in the order in which they did.
    [[nodiscard]] std::vector<observed_run> runs(std::string_view uid, period when = {});
    /// When they started, in that order.
    [[nodiscard]] std::vector<wall_time> started(std::string_view uid, period when = {});
    /// How many started, in flight or ended.
    [[nodiscard]] std::size_t count(std::string_view uid, period when = {});
    /// How many of those ended with `how`.
    [[nodiscard]] std::size_t count(std::string_view uid, outcome how, period when = {});
    /// How many of those were started by `why`.
    [[nodiscard]] std::size_t count(std::string_view uid, trigger why, period when = {});
    /// Slots of `uid` that did not become runs, for whatever reason.
    [[nodiscard]] std::uint64_t skipped(std::string_view uid, period when = {});
    /// Slots that did not become runs for this reason.
    [[nodiscard]] std::uint64_t skipped(std::string_view uid, skip_reason why, period when = {});

private:
    struct skip {
        wall_time at{};
        skip_reason reason = skip_reason::overlap;
        std::uint64_t slots = 0;
    };
    struct seen {
        std::vector<observed_run> runs;
        std::unordered_map<run_id, std::size_t> in_flight; // where it is in `runs`
        std::vector<skip> skips;
    };

    const seen& look(std::string_view uid);
    void take(event e);

    event_stream events_;
    std::map<std::string, seen, std::less<>> tasks_;
};

} // namespace rondo::testing

#endif // RONDO_TESTING_RUN_OBSERVER_HPP
