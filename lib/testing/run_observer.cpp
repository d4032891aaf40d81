// SPDX-License-Identifier: BSL-1.0
#include <rondo/testing/run_observer.hpp>

#include <rondo/manager.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace rondo::testing {

run_observer::run_observer(manager& tasks)
    : events_(tasks.subscribe(std::numeric_limits<std::size_t>::max())) {}

// Read when somebody asks, so that observing costs a manager nothing but its queue.
const run_observer::seen& run_observer::look(std::string_view uid) {
    static const seen nothing;
    while (auto e = events_.try_next()) take(std::move(*e));
    auto found = tasks_.find(uid);
    return found == tasks_.end() ? nothing : found->second;
}

void run_observer::take(event e) {
    if (e.kind == event_kind::run_started) {
        seen& task = tasks_[std::string(e.uid.view())];
        task.in_flight[e.id] = task.runs.size();
        task.runs.push_back({e.id, e.trigger, e.scheduled_at, e.at, {}, {}, {}});
    } else if (e.kind == event_kind::run_ended) {
        seen& task = tasks_[std::string(e.uid.view())];
        auto began = task.in_flight.extract(e.id);
        if (!began) return; // cancelled before it started, or started before we looked
        observed_run& run = task.runs[began.mapped()];
        run.ended_at = e.at;
        run.outcome = e.outcome;
        run.message = std::move(e.message);
    } else if (e.kind == event_kind::slots_skipped) {
        tasks_[std::string(e.uid.view())].skips.push_back({e.at, e.reason, e.count});
    }
}

std::vector<observed_run> run_observer::runs(std::string_view uid, period when) {
    std::vector<observed_run> found;
    std::ranges::copy_if(look(uid).runs, std::back_inserter(found),
                         [&](const observed_run& run) { return when.holds(run.started_at); });
    return found;
}

std::vector<wall_time> run_observer::started(std::string_view uid, period when) {
    std::vector<wall_time> found;
    for (const observed_run& run : look(uid).runs)
        if (when.holds(run.started_at)) found.push_back(run.started_at);
    return found;
}

std::size_t run_observer::count(std::string_view uid, period when) {
    return static_cast<std::size_t>(std::ranges::count_if(
        look(uid).runs, [&](const observed_run& run) { return when.holds(run.started_at); }));
}

std::size_t run_observer::count(std::string_view uid, outcome how, period when) {
    return static_cast<std::size_t>(std::ranges::count_if(look(uid).runs, [&](const observed_run& run) {
        return run.outcome == how && when.holds(run.started_at);
    }));
}

std::size_t run_observer::count(std::string_view uid, trigger why, period when) {
    return static_cast<std::size_t>(std::ranges::count_if(look(uid).runs, [&](const observed_run& run) {
        return run.trigger == why && when.holds(run.started_at);
    }));
}

std::uint64_t run_observer::skipped(std::string_view uid, period when) {
    std::uint64_t slots = 0;
    for (const skip& s : look(uid).skips)
        if (when.holds(s.at)) slots += s.slots;
    return slots;
}

std::uint64_t run_observer::skipped(std::string_view uid, skip_reason why, period when) {
    std::uint64_t slots = 0;
    for (const skip& s : look(uid).skips)
        if (s.reason == why && when.holds(s.at)) slots += s.slots;
    return slots;
}

} // namespace rondo::testing
