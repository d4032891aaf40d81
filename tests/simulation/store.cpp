// SPDX-License-Identifier: BSL-1.0
#include <simulation/store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <utility>

namespace rondo::simulation {
namespace {

constexpr const char* checker = "conservation on record";

} // namespace

std::uint64_t store::start() {
    std::uint64_t abandoned = 0;
    for (task_row& t : rows_) {
        t.active = false;
        for (run_row& r : t.runs) {
            if (r.ended) continue;
            r.ended = true;
            r.end_number = ++ends_;
            r.outcome = outcome::abandoned;
            ++abandoned;
        }
    }
    return abandoned;
}

task_state store::add(int task, const task_definition& d, const schedule& when, std::uint32_t plan) {
    task_row& t = row(task);
    task_state s;
    s.created = !t.known;
    if (s.created) {
        t.known = true;
        t.anchor = d.anchor;
        t.cursor = d.first_slot;
    } else {
        if (t.plan != plan && !t.plan_of_cursor) t.plan_of_cursor = t.plan;
        if (t.plan_of_cursor == plan) t.plan_of_cursor.reset();
        s.schedule_changed = t.plan_of_cursor.has_value();
    }
    const bool other_plan = !s.created && (t.plan != plan || s.schedule_changed);
    if (s.created || other_plan || t.updated) {
        t.when = naive_schedule(when, t.anchor);
        t.first = t.cursor;
        t.slots = 0;
        t.loose = other_plan || t.updated;
    }
    t.updated = false;
    t.plan = plan;
    t.active = true;
    s.anchor = t.anchor;
    s.next_slot = t.cursor;
    s.paused = t.paused;
    s.pause_reason = t.pause.reason;
    s.paused_until = t.pause.until;
    if (!t.runs.empty()) s.last_run = t.runs.back().started_at;
    for (std::size_t i = t.runs.size(); i-- > 0 && !s.last_outcome;)
        if (t.runs[i].ended) s.last_outcome = t.runs[i].outcome;
    s.failures = failures_of(t);
    return s;
}

// Counted another way than in the library: each chain of attempts by itself.
std::uint32_t store::failures_of(const task_row& t) {
    std::span latest(t.runs);
    latest = latest.last(std::min(latest.size(), failures_counted_max));
    std::uint64_t success = 0; // the end of the latest
    for (const run_row& r : latest)
        if (r.ended && r.outcome == outcome::success) success = std::max(success, r.end_number);
    std::map<std::pair<wall_time, std::uint32_t>, int> open; // attempts without one after them
    for (const run_row& r : latest) {
        if (r.why == trigger::retry) --open[{r.scheduled_at, r.attempt - 1}];
        if (r.ended && is_failure(r.outcome)) ++open[{r.scheduled_at, r.attempt}];
    }
    std::uint32_t n = 0;
    for (const run_row& r : latest)
        if (r.ended && is_failure(r.outcome) && r.end_number > success &&
            open[{r.scheduled_at, r.attempt}]-- > 0)
            ++n;
    return n;
}

store::run_row* store::find(task_row& t, run_id id) {
    if (id > t.id_max) return nullptr; // ids grow with time, unless the clock is set back
    for (std::size_t i = t.runs.size(); i-- > 0;)
        if (t.runs[i].id == id) return &t.runs[i];
    return nullptr;
}

bool store::taken(const task_row& t, wall_time slot) {
    if (slot > t.slot_max) return false;
    for (std::size_t i = t.runs.size(); i-- > 0;)
        if (takes_slot(t.runs[i].why) && t.runs[i].scheduled_at == slot) return true;
    return false;
}

store::run_row& store::insert(task_row& t, const run_row& r) {
    t.runs.push_back(r);
    t.runs.back().token = ++t.token;
    t.id_max = std::max(t.id_max, r.id);
    if (takes_slot(r.why)) t.slot_max = std::max(t.slot_max, r.scheduled_at);
    return t.runs.back();
}

begin_answer store::begin(int task, const begin_request& r) {
    task_row& t = row(task);
    begin_answer a;
    a.next_slot = t.cursor;
    if (r.started) {
        if (const run_row* known = find(t, r.started->id)) {
            a.token = known->token;
            return a;
        }
    }
    bool elsewhere = r.moves_cursor && !r.force && !(t.cursor == r.expected);
    if (elsewhere || (r.started && takes_slot(r.started->trigger) && taken(t, r.started->scheduled_at))) {
        // Another run has the slot, and the cursor has not passed it: the next decision may begin beyond.
        t.loose = t.loose || (r.moves_cursor && !elsewhere);
        a.state = begin_state::conflict;
        return a;
    }
    // The repeat of a call whose answer got lost, where the cursor cannot tell: it stayed at `never`.
    bool again = r.expected == r.next && !r.started && r.skipped && t.skipped &&
                 r.skipped->first == t.skipped->first && r.skipped->last == t.skipped->last;
    if (r.moves_cursor && !again) book(task, t, r);
    if (r.moves_cursor) {
        t.cursor = r.next;
        t.plan_of_cursor.reset();
    }
    if (r.skipped) t.skipped = r.skipped;
    if (r.started) {
        const run_begin& b = *r.started;
        if (b.attempt > 1) check_attempt(task, t, b);
        a.token = insert(t, {b.id, b.trigger, b.scheduled_at, b.started_at, b.attempt}).token;
    }
    a.next_slot = t.cursor;
    return a;
}

finish_state store::finish(int task, const end_record& r) {
    task_row& t = row(task);
    run_row* known = find(t, r.id);
    if (known == nullptr) {
        if (takes_slot(r.why) && taken(t, r.scheduled_at)) {
            t.fenced = true;
            return finish_state::fenced;
        }
        known = &insert(t, {r.id, r.why, r.scheduled_at, r.started_at, r.attempt});
        t.loose = t.loose || takes_slot(r.why); // its slot never went through the cursor
    } else if (known->ended) {
        bool same = known->outcome == r.outcome && (r.token == 0 || r.token == known->token);
        return same ? finish_state::already : finish_state::fenced;
    } else if (r.token != 0 && r.token != known->token) {
        return finish_state::fenced;
    }
    known->ended = true;
    known->end_number = ++ends_;
    known->outcome = r.outcome;
    if (r.next_slot && t.cursor == moment(cursor_waits_for_end)) {
        t.cursor = r.next_slot;
        t.plan_of_cursor.reset();
    }
    return finish_state::recorded;
}

// The one before it is on record, and its end too.
void store::check_attempt(int task, const task_row& t, const run_begin& b) {
    if (t.ends_lost || t.fenced) return;
    for (std::size_t i = t.runs.size(); i-- > 0;) {
        const run_row& r = t.runs[i];
        if (r.scheduled_at == b.scheduled_at && r.attempt + 1 == b.attempt && is_failure(r.outcome)) return;
    }
    out_.report("attempts on record", task, "an attempt without the one before it");
}

bool store::rival_takes(int task, wall_time now) {
    task_row& t = row(task);
    if (t.updated && t.cursor && !t.when.has(*t.cursor)) return false;
    if (!t.known || t.loose || !t.cursor || *t.cursor == cursor_waits_for_end || *t.cursor > now)
        return false;
    begin_request r;
    r.expected = t.cursor;
    wall_time slot = *t.cursor;
    r.started = run_begin{{1, ++rivals_}, trigger::schedule, slot, now, {}, 1};
    if (t.when.fixed_delay())
        r.next = cursor_waits_for_end;
    else
        r.next = t.when.after(slot);
    if (begin(task, r).state != begin_state::recorded) return false;
    t.runs.back().rival = true;
    end_record e;
    e.id = r.started->id;
    e.token = t.runs.back().token;
    e.next_slot = now + t.when.interval();
    finish(task, e);
    return true;
}

bool store::in_flight(int task, run_id id) {
    const run_row* r = find(row(task), id);
    return r != nullptr && !r->ended;
}

// One decision: its skips and its run are the slots from the cursor to the next cursor, each once.
void store::book(int task, task_row& t, const begin_request& r) {
    std::uint64_t told = (r.skipped ? r.skipped->count : 0) + (r.started ? 1 : 0);
    if (t.updated) { // the books of this life are enough
        t.slots = 0;
        t.loose = false;
        return;
    }
    if (told == 0) return out_.report(checker, task, "a decision about nothing");
    wall_time first = r.skipped ? r.skipped->first : r.started->scheduled_at;
    wall_time last = r.started ? r.started->scheduled_at : r.skipped->last;
    bool loose = t.loose || r.force || t.when.fixed_delay() || !t.cursor || !t.when.has(*t.cursor);
    t.loose = false;
    if (loose && !t.when.fixed_delay()) {
        t.first = first;
        t.slots = 0;
    }
    t.slots += told;
    if (!loose && !(t.cursor == moment(first)))
        return out_.report(checker, task,
                           fmt::format("the cursor is at {}, and the decision begins at {}",
                                       rondo::to_string(t.cursor), rondo::to_string(first, 6)));
    if (t.when.fixed_delay()) return;
    naive_slots slots = t.when.until(first, last);
    if (slots.last != last || slots.count != told)
        return out_.report(checker, task, fmt::format("{} slots told where there are {}", told, slots.count));
    if (!(slots.next == r.next)) return out_.report(checker, task, "the cursor goes past slots, or back");
    bool skips_in_row = !r.started || !r.skipped || t.when.after(r.skipped->last) == moment(last);
    if (!skips_in_row) out_.report(checker, task, "a gap between the skips and the run");
}

void store::check_books(int task) {
    task_row& t = row(task);
    if (!t.known) return;
    for (const run_row& r : t.runs)
        if (!r.ended && !t.ends_lost)
            out_.report(checker, task, "a run without an outcome in a healed world");
    if (t.when.kind() != schedule::kind::every || t.loose || t.slots == 0) return;
    if (!t.first || !t.cursor ||
        *t.cursor - *t.first != static_cast<std::int64_t>(t.slots) * t.when.interval())
        out_.report(checker, task, "the slots on record are not those from the first to the cursor");
}

} // namespace rondo::simulation
