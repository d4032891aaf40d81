// SPDX-License-Identifier: BSL-1.0
#include <race/books.hpp>

#include <rondo/format.hpp>
#include <rondo/record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace rondo::race {

void tally::complain(const std::string& what) {
    constexpr std::uint64_t shown_max = 20;
    if (++failed <= shown_max) fmt::print("race: {}\n", what);
    std::fflush(stdout);
}

void tally::check_ids() {
    std::ranges::sort(ids);
    for (auto twice = std::ranges::adjacent_find(ids); twice != ids.end();
         twice = std::adjacent_find(twice + 1, ids.end()))
        complain(fmt::format("id {} comes twice", *twice));
}

void books::take(const event& e) {
    switch (e.kind) {
    case event_kind::task_added: tasks_[e.uid.str()].counts = {}; break;
    case event_kind::run_started: {
        entry& r = runs_[e.id];
        if (r.started || r.outcome) complain(fmt::format("run {} starts twice, or after its end", e.id));
        r.started = true;
        ++started_;
        break;
    }
    case event_kind::run_ended: take_end(e); break;
    case event_kind::slots_skipped: take_skip(e); break;
    case event_kind::retry_planned:
        if (!rough_) complain("another attempt is planned");
        break;
    case event_kind::run_overrunning:
    case event_kind::store_failed:
    case event_kind::store_recovered:
    case event_kind::record_dropped:
    case event_kind::events_dropped: complain(fmt::format("event {}", to_string(e.kind))); break;
    case event_kind::task_updated: ++sums_.updated; break;
    case event_kind::task_paused: ++sums_.paused; break;
    case event_kind::task_removed:
    case event_kind::task_resumed: break;
    }
}

void books::take_end(const event& e) {
    entry& r = runs_[e.id];
    if (r.outcome) return complain(fmt::format("run {} ends twice: {}, {}", e.id, *r.outcome, *e.outcome));
    r.uid = e.uid;
    r.trigger = e.trigger;
    r.scheduled_at = e.scheduled_at;
    r.outcome = e.outcome;
    account& a = tasks_[e.uid.str()];
    ++a.counts.runs;
    switch (*e.outcome) {
    case outcome::success: ++a.counts.succeeded, ++successes_; break;
    case outcome::cancelled: ++a.counts.cancelled, ++sums_.cancelled; break;
    case outcome::interrupted: ++a.counts.interrupted, ++sums_.cancelled; break;
    case outcome::failed: ++a.counts.failed; break;
    case outcome::timed_out: ++a.counts.timed_out, ++sums_.timed_out; break;
    case outcome::abandoned: ++a.counts.abandoned, ++sums_.abandoned; break;
    }
    bool known = *e.outcome == outcome::success || *e.outcome == outcome::cancelled ||
                 *e.outcome == outcome::interrupted;
    if (!known && !rough_) complain(fmt::format("run {} ends as {}: {}", e.id, *e.outcome, e.message));
    if (e.trigger == trigger::retry) ++a.counts.retries, ++sums_.retried;
    if (e.trigger == trigger::backfill) ++sums_.backfilled;
    if (takes_slot(e.trigger)) a.decided.push_back({e.scheduled_at, 1});
}

void books::take_skip(const event& e) {
    account& a = tasks_[e.uid.str()];
    a.decided.push_back({e.scheduled_at, e.count});
    sums_.skipped += e.count;
    switch (e.reason) {
    case skip_reason::overlap: a.counts.skipped_overlap += e.count; break;
    case skip_reason::missed: a.counts.skipped_missed += e.count; break;
    case skip_reason::buffer_full: a.counts.skipped_buffer_full += e.count; break;
    case skip_reason::paused:
        a.counts.skipped_paused += e.count;
        if (!rough_) complain(fmt::format("{} skips slots as paused", e.uid));
        break;
    case skip_reason::not_owner: complain(fmt::format("{} skips slots as {}", e.uid, e.reason)); break;
    }
}

void books::close() {
    for (const auto& [id, r] : runs_) {
        if (!r.outcome) complain(fmt::format("run {} of {} has no end", id, r.uid));
        sums_.ids.push_back(id);
    }
    sums_.runs += runs_.size();
}

void books::compare(const std::vector<run>& history) {
    for (const run& r : history) {
        auto found = runs_.find(r.id);
        if (found == runs_.end()) {
            complain(fmt::format("run {} of {} is on record only", r.id, r.uid));
            continue;
        }
        entry& mine = found->second;
        if (std::exchange(mine.on_record, true)) complain(fmt::format("run {} is on record twice", r.id));
        if (r.outcome != mine.outcome || r.uid != mine.uid || r.trigger != mine.trigger ||
            r.scheduled_at != mine.scheduled_at)
            complain(fmt::format("run {} of {} is another on record", r.id, r.uid));
    }
    for (const auto& [id, mine] : runs_)
        if (!mine.on_record) complain(fmt::format("run {} of {} is not on record", id, mine.uid));
}

void books::compare(const run& given) {
    auto found = runs_.find(given.id);
    if (found == runs_.end() || found->second.outcome != given.outcome)
        complain(fmt::format("run {} is another for who waited for it", given.id));
}

void books::compare(const stat& s) {
    account& a = tasks_[s.uid.str()];
    if (!(s.counters == a.counts)) complain(fmt::format("the counters of {} are wrong", s.uid));
    const counters& c = s.counters;
    if (c.runs != c.succeeded + c.failed + c.timed_out + c.cancelled + c.interrupted + c.abandoned)
        complain(fmt::format("{} has {} runs, and not as many outcomes", s.uid, c.runs));
    if (s.runs_in_flight != 0 || s.runs_waiting != 0)
        complain(fmt::format("{} has runs when all is over", s.uid));
    a.interval = s.interval;
    if (a.interval) check_slots(s.uid.str(), a);
}

// One after the other, as the grid has them, whoever decided them.
void books::check_slots(const std::string& uid, account& a) {
    std::ranges::sort(a.decided, {}, &range::first);
    for (std::size_t i = 1; i < a.decided.size(); ++i) {
        const range& before = a.decided[i - 1];
        auto next = before.first + static_cast<std::int64_t>(before.count) * *a.interval;
        if (a.decided[i].first == next) continue;
        complain(fmt::format("{}: slot {} comes where {} should", uid, to_string(a.decided[i].first, 6),
                             to_string(next, 6)));
    }
}

} // namespace rondo::race
