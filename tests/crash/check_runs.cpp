// SPDX-License-Identifier: BSL-1.0
#include <crash/checker.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace rondo::crash {
namespace {

// Whether another attempt may follow.
bool calls_for_another(const recorded_run& r, const plan& p) {
    return r.outcome == "failed" || r.outcome == "timed_out" || (p.reruns && r.outcome == "abandoned");
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
        if ((r.attempt == 1) == (r.trigger == "retry") || r.attempt > p.attempts_max())
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
        const auto wanted = [&](const recorded_run* b) { return calls_for_another(*b, p); };
        const auto failed = before == attempts.end() ? 0 : std::ranges::count_if(before->second, wanted);
        if (std::cmp_greater(runs.size(), failed))
            out.complain(out.doubled, fmt::format("{} is attempt {}, but {} before it failed",
                                                  name_of(task, last), key.second, failed));
    }
}

namespace {

/// The attempts of a slot.
struct slot_story {
    bool takes_slot = false;
    const recorded_run* last = nullptr;
    bool ran_again = false; // after its process had died
};

std::map<std::int64_t, slot_story> stories_of(const recorded_task& task) {
    std::map<std::int64_t, slot_story> stories;
    std::map<std::int64_t, std::vector<const recorded_run*>> by_slot;
    for (const recorded_run& r : task.runs)
        if (r.takes_slot() || r.trigger == "retry") by_slot[r.slot].push_back(&r);
    for (auto& [slot, runs] : by_slot) {
        slot_story& s = stories[slot];
        std::ranges::sort(runs, {}, [](const recorded_run* r) { return r->attempt; });
        for (const recorded_run* r : runs) {
            s.takes_slot = s.takes_slot || r->takes_slot();
            s.ran_again = s.ran_again || (s.last != nullptr && s.last->outcome == "abandoned");
            s.last = r;
        }
    }
    return stories;
}

} // namespace

// The latest of the slots that are left as they are, though they may run again: a later one was run in its place.
void check_reruns(const recorded_task& task, const plan& p, const tolerance& t, findings& out) {
    // Under `cancel_other` a later slot may have taken its place before it began.
    if (!p.reruns || p.window >= 0 || p.overlap == overlap::cancel_other) return;
    const auto stories = stories_of(task);
    for (auto s = stories.rbegin(); s != stories.rend(); ++s) {
        const slot_story& story = s->second;
        if (story.takes_slot && story.ran_again) return;
        if (!story.takes_slot || story.last->outcome != "abandoned") continue;
        if (story.last->attempt >= p.attempts_max()) continue;
        // Its time had not come again by the end, or nobody had looked: that is done once a second.
        constexpr std::int64_t second = 1'000'000;
        if (t.clock_shifts && p.rule == rule::seconds && s->first > t.ended_at - second) return;
        out.complain(out.lost, name_of(task, *story.last) + " is abandoned, and was not run again");
        return;
    }
}

namespace {

/// Nothing runs again of those that were paused when the last life began.
std::set<std::string> paused_at_last(const std::vector<entry>& journal) {
    std::set<std::string> paused;
    for (const entry& e : journal) {
        if (e.kind == entry_kind::life) paused.clear();
        if (e.kind == entry_kind::paused) paused.insert(e.uid);
    }
    return paused;
}

} // namespace

findings check(const record& r, const std::vector<entry>& journal, const std::vector<plan>& plans,
               const tolerance& t) {
    findings out;
    const auto paused = paused_at_last(journal);
    if (r.integrity != "ok") out.complain(out.unexplained, "integrity_check: " + r.integrity);
    for (const plan& p : plans) {
        const auto task = r.tasks.find(p.uid);
        if (task == r.tasks.end()) {
            out.complain(out.lost, p.uid + ": the task is not on record");
            continue;
        }
        check_runs(task->second, p, out);
        if (!paused.contains(p.uid)) check_reruns(task->second, p, t, out);
        check_slots(task->second, p, t, out);
    }
    check_journal(r, journal, t, out);
    return out;
}

} // namespace rondo::crash
