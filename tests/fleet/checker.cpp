// SPDX-License-Identifier: BSL-1.0
#include <fleet/checker.hpp>

#include <rondo/format.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

namespace rondo::fleet {
namespace {

using std::chrono::microseconds;

/// Decided slots in a row.
struct stretch {
    wall_time first;
    wall_time last;
    std::uint64_t count;
    bool run;
};

std::string when(wall_time t) {
    return fmt::format("{}", moment(t));
}

bool of_slot(const run_on_record& r) noexcept {
    return takes_slot(r.trigger) || r.trigger == trigger::retry;
}

class checker {
public:
    checker(const record_of_fleet& record, const std::vector<effect>& effects,
            const std::function<rules(std::string_view)>& rules_of)
        : record_(record), effects_(effects), rules_of_(rules_of) {}

    findings all() {
        for (const run_on_record& r : record_.runs) by_id_[r.id] = &r;
        check_tasks();
        check_bodies();
        check_overlaps();
        return std::move(found_);
    }

private:
    template <class... Parts>
    void report(std::uint64_t& kind, std::uint64_t n, fmt::format_string<Parts...> what, Parts&&... parts) {
        constexpr std::size_t lines_max = 60;
        kind += n;
        if (found_.lines.size() < lines_max)
            found_.lines.push_back(fmt::format(what, std::forward<Parts>(parts)...));
    }

    void check_tasks() {
        auto run = record_.runs.begin();
        auto skip = record_.skips.begin();
        for (const task_on_record& t : record_.tasks) {
            const auto others = [&](const auto& r) { return r.uid != t.uid; };
            const auto runs_end = std::find_if(run, record_.runs.end(), others);
            const auto skips_end = std::find_if(skip, record_.skips.end(), others);
            check_slots(t, {run, runs_end}, {skip, skips_end});
            check_attempts(t, {run, runs_end});
            check_tokens(t, {run, runs_end});
            run = runs_end;
            skip = skips_end;
        }
    }

    // Runs and skips tile the slots up to the cursor.
    void check_slots(const task_on_record& t, std::span<const run_on_record> runs,
                     std::span<const skip_on_record> skips) {
        std::vector<stretch> decided;
        for (const run_on_record& r : runs)
            if (takes_slot(r.trigger)) decided.push_back({r.slot, r.slot, 1, true});
        for (const skip_on_record& s : skips)
            decided.push_back({s.slots.first, s.slots.last, s.slots.count, false});
        std::ranges::sort(decided, {}, &stretch::first);
        const rules must = rules_of_(t.uid);
        wall_time next = t.anchor;
        for (const stretch& s : decided) {
            found_.slots += s.count;
            check_gap(t, must, next, s);
            next = std::max(next, s.last + (must.other.count() > 0 ? microseconds(1) : must.interval));
            const auto whole = static_cast<std::uint64_t>((s.last - s.first) / must.interval) + 1;
            if (must.other.count() == 0 && s.count != whole)
                report(found_.unexplained, 1, "{}: {} slots from {} to {}", t.uid, s.count, when(s.first),
                       when(s.last));
        }
        if (!t.next_slot) return report(found_.stuck, 1, "{}: it has no next slot", t.uid);
        check_gap(t, must, next, {*t.next_slot, *t.next_slot, 0, false});
    }

    void check_gap(const task_on_record& t, const rules& must, wall_time next, const stretch& s) {
        if (s.first < next)
            return report(found_.doubled, 1, "{}: the slot of {} is decided twice", t.uid, when(s.first));
        const microseconds gap = s.first - next;
        // From one grid to the other: the next of the first is given up for the next of the second behind it.
        const microseconds most = must.other.count() > 0 ? must.interval + must.other : microseconds(0);
        if (gap > most)
            report(found_.lost, static_cast<std::uint64_t>(gap / must.interval),
                   "{}: nothing is said of {} to {}", t.uid, when(next), when(s.first));
    }

    // Attempts are numbered without a gap, each but the last did not see its end, and one at most succeeded.
    void check_attempts(const task_on_record& t, std::span<const run_on_record> runs) {
        std::map<wall_time, std::vector<const run_on_record*>> slots;
        for (const run_on_record& r : runs) {
            if (!r.outcome) report(found_.stuck, 1, "{}: run {} is in flight", t.uid, r.id);
            if (r.outcome == outcome::abandoned && r.lease_until && *r.finished < *r.lease_until)
                report(found_.unexplained, 1, "{}: run {} was taken over while its lease held", t.uid, r.id);
            if (of_slot(r)) slots[r.slot].push_back(&r);
        }
        const bool runs_again = rules_of_(t.uid).runs_again;
        for (const auto& [slot, tries] : slots) {
            if (tries.size() > 1) ++found_.again;
            std::size_t successes = 0;
            for (std::size_t i = 0; i != tries.size(); ++i) {
                const run_on_record& r = *tries[i];
                successes += r.outcome == outcome::success ? 1 : 0;
                if (r.attempt != i + 1)
                    report(found_.doubled, 1, "{}: attempt {} of {} is number {}", t.uid, r.attempt,
                           when(slot), i + 1);
                const bool last = i + 1 == tries.size();
                const bool was_lost = r.outcome == outcome::abandoned || r.outcome == outcome::interrupted;
                if (!last && !was_lost)
                    report(found_.doubled, 1, "{}: attempt {} of {} was {}, and another came", t.uid,
                           r.attempt, when(slot), r.outcome ? to_string(*r.outcome) : "in flight");
            }
            if (successes > 1) report(found_.doubled, 1, "{}: {} succeeded twice", t.uid, when(slot));
            if (runs_again && tries.size() == 1 && tries[0]->outcome == outcome::abandoned)
                report(found_.lost, 1, "{}: {} was abandoned, and not run again", t.uid, when(slot));
        }
    }

    void check_tokens(const task_on_record& t, std::span<const run_on_record> runs) {
        std::map<std::uint64_t, const run_on_record*> tokens;
        for (const run_on_record& r : runs)
            if (!tokens.emplace(r.token, &r).second)
                report(found_.doubled, 1, "{}: two runs have token {}", t.uid, r.token);
    }

    // Each body is a run on record that had the right to begin, and began once.
    void check_bodies() {
        constexpr microseconds clocks_apart = std::chrono::milliseconds(50);
        constexpr microseconds tick = std::chrono::milliseconds(1);
        std::uint64_t early = 0;
        std::unordered_map<std::string, const effect*> begun;
        std::unordered_map<std::string, int> goes_on;
        for (const effect& e : effects_) {
            const auto known = by_id_.find(e.run);
            if (known == by_id_.end()) {
                report(found_.unexplained, 1, "{}: run {} of {} is not on record", e.uid, e.run, e.node);
                continue;
            }
            const run_on_record& r = *known->second;
            if (e.what == effect::kind::step) {
                if (r.outcome == outcome::abandoned && e.real > *r.finished) ++goes_on[e.run];
                continue;
            }
            if (e.what != effect::kind::begin) {
                if (e.what == effect::kind::end) ended_.insert({e.run, e.real});
                over_.insert({e.run, e.real});
                continue;
            }
            ++found_.bodies;
            if (r.finished && r.outcome != outcome::abandoned && e.real > *r.finished + clocks_apart)
                report(found_.unexplained, 1, "{}: run {} began when it was over", e.uid, e.run);
            if (!begun.emplace(e.run, &e).second)
                report(found_.doubled, 1, "{}: run {} began twice", e.uid, e.run);
            if (r.token != e.token || r.attempt != e.attempt || r.slot != e.slot || r.uid != e.uid)
                report(found_.unexplained, 1, "{}: run {} has another token, attempt or slot on record",
                       e.uid, e.run);
            early += e.real + tick < e.slot ? 1 : 0;
            if (e.real + clocks_apart < e.slot)
                report(found_.unexplained, 1, "{}: run {} of {} began at {}", e.uid, e.run, when(e.slot),
                       when(e.real));
        }
        // A clock that is wrong by a little is so for a moment: nobody who waits for his slot is early by habit.
        if (early > 5 + found_.bodies / 100)
            report(found_.unexplained, early, "{} of {} bodies began before their slots", early,
                   found_.bodies);
        // Who was stopped, and taken for dead, hears of it at once when it goes on.
        constexpr int steps_max = 3;
        for (const auto& [id, steps] : goes_on)
            if (steps > steps_max)
                report(found_.unexplained, 1, "run {} went on for {} steps after it was abandoned", id,
                       steps);
        for (const run_on_record& r : record_.runs) {
            const bool did = ended_.contains(r.id);
            if (r.outcome == outcome::success && !did)
                report(found_.unexplained, 1, "{}: run {} is a success, and its body did not end", r.uid,
                       r.id);
            if (did && r.outcome && r.outcome != outcome::success && r.outcome != outcome::abandoned)
                report(found_.unexplained, 1, "{}: the body of run {} did all, and it was {}", r.uid, r.id,
                       to_string(*r.outcome));
        }
    }

    // One after the other, but for those whom others took for dead.
    void check_overlaps() {
        std::map<std::string_view, std::vector<const effect*>> begins;
        for (const effect& e : effects_)
            if (e.what == effect::kind::begin) begins[e.uid].push_back(&e);
        for (auto& [uid, all] : begins) {
            if (!rules_of_(uid).exclusive) continue;
            std::ranges::sort(all, {}, [](const effect* e) { return e->real; });
            for (std::size_t i = 0; i + 1 < all.size(); ++i) check_pair(*all[i], *all[i + 1]);
        }
    }

    void check_pair(const effect& first, const effect& second) {
        const auto late = by_id_.find(second.run);
        if (first.token > second.token && late != by_id_.end() && late->second->outcome != outcome::abandoned)
            report(found_.unexplained, 1, "{}: run {} has an older token than {} before it", second.uid,
                   second.run, first.run);
        const auto over = over_.find(first.run);
        if (over != over_.end() && over->second <= second.real) return;
        const auto known = by_id_.find(first.run);
        if (known == by_id_.end()) return; // told already
        // That it was taken for dead explains what came after that, and nothing before.
        constexpr microseconds clocks_apart = std::chrono::milliseconds(50);
        const std::optional<outcome> how = known->second->outcome;
        // Nor is it any wonder that one begins late who was stopped before, and is taken for dead by then.
        const bool zombie = late != by_id_.end() && late->second->outcome == outcome::abandoned &&
                            second.real + clocks_apart >= *late->second->finished;
        if (!zombie && (how != outcome::abandoned || second.real + clocks_apart < *known->second->finished))
            return report(found_.unexplained, 1, "{}: run {} began while {} went on, which was {}", first.uid,
                          second.run, first.run, how ? to_string(*how) : "in flight");
        ++found_.overlaps;
    }

    const record_of_fleet& record_;
    const std::vector<effect>& effects_;
    const std::function<rules(std::string_view)>& rules_of_;
    std::unordered_map<std::string, const run_on_record*> by_id_;
    std::unordered_map<std::string, wall_time> ended_; ///< bodies that did all
    std::unordered_map<std::string, wall_time> over_;  ///< or gave up
    findings found_;
};

} // namespace

findings check(const record_of_fleet& record, const std::vector<effect>& effects,
               const std::function<rules(std::string_view)>& rules_of) {
    return checker(record, effects, rules_of).all();
}

std::vector<std::string> behind(const record_of_fleet& record, std::chrono::microseconds late) {
    std::vector<std::string> uids;
    for (const task_on_record& t : record.tasks)
        if (!t.next_slot || *t.next_slot + late < record.now)
            uids.push_back(t.uid + (t.paused ? " (paused)" : ""));
    return uids;
}

} // namespace rondo::fleet
