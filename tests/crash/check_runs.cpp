// SPDX-License-Identifier: BSL-1.0
#include <crash/checker.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace rondo::crash {
namespace {

bool has_failed(const recorded_run* r) {
    return r->outcome == "failed" || r->outcome == "timed_out";
}

std::string name_of(const recorded_task& task, const recorded_run& r) {
    return fmt::format("{}: run {} of slot {}", task.uid, r.id, r.slot);
}

} // namespace

void check_runs(const recorded_task& task, const plan& p, findings& out) {
    std::int64_t token = 0;
    // A manual run has the instant at which it was asked for, which may be that of a slot.
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<const recorded_run*>> attempts;
    for (const recorded_run& r : task.runs) {
        ++out.runs;
        out.abandoned += r.outcome == "abandoned" ? 1 : 0;
        out.attempts += r.attempt > 1 ? 1 : 0;
        const std::string name = name_of(task, r);
        if (r.outcome.empty() || !r.finished_at) out.complain(out.lost, name + " has no outcome");
        if (r.token != ++token)
            out.complain(out.lost,
                         fmt::format("{} has token {}, not {}: a run is gone", name, r.token, token));
        token = r.token;
        if ((r.attempt == 1) == (r.trigger == "retry") || r.attempt > p.attempts)
            out.complain(out.unexplained,
                         fmt::format("{} is attempt {} of trigger {}", name, r.attempt, r.trigger));
        attempts[{r.slot, r.attempt}].push_back(&r);
    }
    if (task.token != token)
        out.complain(out.lost, fmt::format("{}: {} runs were begun, the last on record is number {}",
                                           task.uid, task.token, token));
    for (const auto& [key, runs] : attempts) {
        const recorded_run& last = *runs.back();
        const auto slots = std::ranges::count_if(runs, &recorded_run::takes_slot);
        if (slots > 1) out.complain(out.doubled, name_of(task, last) + " has run before");
        if (key.second == 1) continue;
        const auto before = attempts.find({key.first, key.second - 1});
        const auto failed = before == attempts.end() ? 0 : std::ranges::count_if(before->second, has_failed);
        if (std::cmp_greater(runs.size(), failed))
            out.complain(out.doubled, fmt::format("{} is attempt {}, but {} before it failed",
                                                  name_of(task, last), key.second, failed));
    }
}

findings check(const record& r, const std::vector<entry>& journal, const std::vector<plan>& plans,
               const tolerance& t) {
    findings out;
    if (r.integrity != "ok") out.complain(out.unexplained, "integrity_check: " + r.integrity);
    for (const plan& p : plans) {
        const auto task = r.tasks.find(p.uid);
        if (task == r.tasks.end()) {
            out.complain(out.lost, p.uid + ": the task is not on record");
            continue;
        }
        check_runs(task->second, p, out);
        check_slots(task->second, p, t, out);
    }
    check_journal(r, journal, t, out);
    return out;
}

} // namespace rondo::crash
