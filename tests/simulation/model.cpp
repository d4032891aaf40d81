// SPDX-License-Identifier: BSL-1.0
#include <simulation/model.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rondo::simulation {
namespace {

using std::chrono::microseconds;

bool in_range(wall_time t) noexcept {
    return t >= wall_time_first && t <= wall_time_last;
}

// The first slot that a task has under a schedule that is not the one its cursor was made by.
wall_time first_under_new_schedule(const naive_schedule& when, const task_state& state, wall_time now) {
    bool known = state.next_slot && in_range(*state.next_slot);
    if (when.kind() == schedule::kind::at) return *when.when().when();
    if (when.kind() == schedule::kind::once) return known ? *state.next_slot : now;
    if (when.fixed_delay()) return now;
    wall_time from = known ? std::min(*state.next_slot, now) : now;
    moment next = when.when().next_after(from - microseconds(1), when.anchor());
    return next ? *next : no_slot;
}

// A cursor that the schedule does not have was made by another, in a life that ended before it decided
// anything.
bool of_another(const naive_schedule& when, const moment& cursor, wall_time now) {
    if (cursor) return !when.has(*cursor);
    bool rule = when.kind() == schedule::kind::rule; // which is finished if it has no slot to come
    return rule ? when.when().next_after(now, when.anchor()).has_value() : when.interval().count() > 0;
}

} // namespace

void model::restart() {
    for (mirror& m : tasks_) m = mirror();
    groups_ = {};
    in_flight_ = 0;
    waiting_runs_ = 0;
    last_tick_ = never_ns;
    looked_ = {};
    groups_seen_ = 0;
    stop_at_ = never_ns;
    stage_ = stopping::no;
    paused_all_ = false;
}

void model::reserve(int task, core::task_record& record, const schedule& when, const task_plan& plan) {
    mirror& m = of(task);
    m = mirror();
    m.at = mirror::stage::registering;
    m.when = naive_schedule(when, {});
    m.plan = plan;
    m.record = &record;
}

void model::forget(int task) {
    of(task) = mirror();
}

void model::activate(int task, const task_state& state, instant now) {
    mirror& m = of(task);
    m.at = mirror::stage::live;
    m.when = naive_schedule(m.when.when(), state.anchor);
    m.cursor = state.next_slot ? *state.next_slot : no_slot;
    m.paused = state.paused;
    if (m.paused) m.pause_reason = state.pause_reason;
    if (m.paused) m.paused_until = state.paused_until;
    m.paused_since = now;
    m.failures = state.failures;
    if (!state.created) m.catch_up_before = now.wall;
    wall_time slot = m.cursor;
    if (m.cursor == cursor_waits_for_end && m.when.fixed_delay())
        slot = now.wall + m.when.interval();
    else if (state.schedule_changed || of_another(m.when, state.next_slot, now.wall))
        slot = first_under_new_schedule(m.when, state, now.wall);
    if (slot == no_slot) return;
    // Far ahead: the wall clock was set back between two lives, and an interval is waited for as it was, but for half
    // of one.
    microseconds wait = slot - now.wall;
    microseconds interval = m.when.interval();
    if (interval.count() > 0 && slot > state.anchor && wait - interval > interval / 2) {
        if (m.when.fixed_delay()) slot = now.wall + interval;
        while (wait - interval >= interval / 2 && !m.when.fixed_delay()) // one by one is too slow for years
            wait -= std::max((wait - interval * 2) / interval, microseconds::rep(1)) * interval;
        if (m.when.fixed_delay()) wait = interval;
        m.due = ns_of(now) + std::chrono::nanoseconds(wait).count();
        m.slot = slot;
        return;
    }
    set_slot(m, slot, now);
}

std::int64_t model::key(const mirror& m, instant now) const {
    return m.when.by_wall() ? now.wall.time_since_epoch().count() : ns_of(now);
}

bool model::is_due(const mirror& m, instant now) const {
    return m.live() && m.slot != no_slot && m.due <= key(m, now);
}

void model::set_slot(mirror& m, wall_time slot, instant now) {
    m.slot = slot;
    m.due = m.when.by_wall() ? slot.time_since_epoch().count()
                             : ns_of(now) + std::chrono::nanoseconds(slot - now.wall).count();
}

// Its slots wait for no place and no time.
void model::unschedule(mirror& m) noexcept {
    m.place = 0;
    m.left = m.held = false;
}

void model::remove(int task, instant now) {
    mirror& m = of(task);
    if (!m.live()) return;
    m.at = mirror::stage::removing;
    unschedule(m);
    m.backlog.clear();
    stop_backfill(task);
    for (sim_run* r : runs_)
        if (r->task == task) ask_to_end(*r, cancel_reason::removed, now);
}

void model::pause(int task, const core::pause_note& note, instant now) {
    mirror& m = of(task);
    if (!m.live()) return;
    m.paused = true;
    m.pause_reason = note.reason;
    m.paused_until = note.until;
    m.paused_since = now;
    unschedule(m);
}

void model::resume(int task) {
    mirror& m = of(task);
    m.paused = false;
    m.pause_reason.clear();
    m.paused_until.reset();
}

void model::pause_all(bool paused) {
    if (stage_ != stopping::no || paused_all_ == paused) return;
    paused_all_ = paused;
    if (!paused) return;
    for (mirror& m : tasks_) unschedule(m); // what is due is due, as it was
}

model::answer model::trigger(int task, overlap policy, instant now) {
    mirror& m = of(task);
    if (stage_ != stopping::no) return {errc::shutting_down};
    if (!m.live()) return {errc::task_not_exists};
    answer a{{}, fate_under(policy, m.around_manual())};
    if (a.what == fate::skipped) a.error = errc::already_running;
    if (a.what == fate::dropped && policy != overlap::buffer_one) a.error = errc::queue_full;
    note_who_waits();
    bool at_once = has_place(task, now) && !someone_is_before(task, now);
    if (a.what == fate::starts && !at_once) a.what = fate::waits;
    std::size_t others = waiting_runs_ - (a.what == fate::replaces ? m.manual.size() : 0);
    bool waits = a.what == fate::waits || a.what == fate::replaces;
    if (waits && others >= options_.runs_waiting_max) a.error = errc::queue_full;
    if (a.error || a.what != fate::replaces) return a;
    for (sim_run* r : m.manual) ask_to_end(*r, cancel_reason::overlap, {});
    cancel_others(task, now);
    return a;
}

// What a refused decision told is off the books: the slots before the cursor are another manager's, and the
// others are undecided, if the cursor is among those that this decision told, or refused ones before it.
model::refusal model::refused(int task, const begin_request& r, std::uint32_t schedule_no, bool last_made,
                              moment cursor, instant now) {
    mirror& m = of(task);
    if (!r.skipped && !r.started) { // it only went on to another schedule
        refusal a;
        a.moved = last_made && m.cursor == (r.next ? *r.next : no_slot) && m.live();
        if (a.moved) m.taken_back.reset();
        if (a.moved) follow(m, cursor, now);
        return a;
    }
    wall_time first = r.skipped ? r.skipped->first : r.started->scheduled_at;
    wall_time last = r.started ? r.started->scheduled_at : r.skipped->last;
    bool on_grid = m.when.kind() == schedule::kind::every || m.when.kind() == schedule::kind::rule;
    bool known = m.taken_back && m.taken_back_no == schedule_no;
    wall_time least = known ? std::min(*m.taken_back, first) : first;
    bool elsewhere = !(cursor == r.expected);
    // The task does not go back to a schedule that it has no more: what that had is all another manager's.
    bool old = schedule_no != m.schedule_no;
    bool in_vain = cursor && m.taken_back && *cursor >= *m.taken_back; // as those before it
    refusal a;
    a.back =
        !old && on_grid && elsewhere && cursor && *cursor >= least && *cursor <= last && m.when.has(*cursor);
    a.moved = last_made && m.cursor == (r.next ? *r.next : no_slot) && m.live();
    if (a.moved) {
        m.taken_back.reset();
        if (r.started && !elsewhere && cursor && m.slot == no_slot)
            pass_taken(m, *cursor, now);
        else if (a.back)
            go_back(m, *cursor, now);
        else
            follow(m, cursor, now);
    } else if (a.back || (old && elsewhere && cursor && *cursor >= first && *cursor <= last)) {
        m.taken_back = cursor;
        m.taken_back_no = schedule_no;
    }
    a.taken_back = a.back || !cursor || (elsewhere && (*cursor >= first || in_vain));
    if (!a.taken_back) {
        if (r.started) a.theirs = skip_of(skip_reason::not_owner, last, last, 1);
        return a;
    }
    if (a.back && *cursor <= first) return a;
    std::uint64_t told = (r.skipped ? r.skipped->count : 0) + (r.started ? 1 : 0);
    a.theirs = skip_of(skip_reason::not_owner, first, last, told);
    if (!a.back) return a;
    a.theirs = skip_of(skip_reason::not_owner, first, first, 1);
    moment second = m.when.when().next_after(first, m.when.anchor());
    if (!second || *second >= *cursor) return a;
    naive_slots theirs = m.when.until(*second, *cursor - microseconds(1));
    a.theirs = skip_of(skip_reason::not_owner, first, theirs.last, 1 + theirs.count);
    return a;
}

// Its slot has a run on record, so it is not tried again.
void model::pass_taken(mirror& m, wall_time cursor, instant now) {
    m.cursor = cursor;
    no_end_moves(m);
    if (m.when.fixed_delay() && m.slot == no_slot) set_slot(m, now.wall + m.when.interval(), now);
}

void model::go_back(mirror& m, wall_time slot, instant now) {
    m.backlog.clear();
    unschedule(m);
    m.cursor = slot;
    std::int64_t due = m.due - std::chrono::nanoseconds(m.slot - slot).count();
    bool known = !m.when.by_wall() && m.slot != no_slot;
    set_slot(m, slot, now);
    if (known) m.due = due;
}

// Of what waits the first slot that is of the schedule in force, and not before the cursor.
moment model::first_own(const mirror& m, wall_time cursor) {
    auto own = std::ranges::find(m.backlog, false, &verdict::before_update);
    if (own == m.backlog.end() || cursor <= own->first) return own == m.backlog.end() ? moment() : own->first;
    moment next = m.when.has(cursor) ? cursor : m.when.when().next_after(cursor, m.when.anchor());
    return next && *next <= m.backlog.back().last ? next : moment();
}

void model::follow(mirror& m, moment cursor, instant now) {
    bool passed = !m.backlog.empty() && (!cursor || *cursor > m.backlog.front().first);
    bool on_grid = m.when.kind() == schedule::kind::every || m.when.kind() == schedule::kind::rule;
    bool old = passed && m.backlog.front().before_update; // to which it does not go back
    if (passed && !old && on_grid && cursor && *cursor < m.slot && m.when.has(*cursor))
        return go_back(m, *cursor, now);
    if (old && cursor && *cursor != cursor_waits_for_end)
        if (moment own = first_own(m, *cursor)) {
            go_back(m, *own, now);
            m.cursor = *cursor;
            return;
        }
    if (passed) m.backlog.clear();
    m.cursor = cursor ? *cursor : no_slot;
    if (m.cursor != cursor_waits_for_end) no_end_moves(m);
    if (!cursor || *cursor == cursor_waits_for_end) {
        unschedule(m);
        m.slot = no_slot;
        fixed_delay_waits_for_no_end(m, now);
    } else if ((passed && !old) || (m.backlog.empty() && (m.slot == no_slot || *cursor > m.slot))) {
        unschedule(m);
        m.compared_at = ns_of(now);
        moment slot = m.when.has(*cursor) ? cursor : m.when.when().next_after(*cursor, m.when.anchor());
        m.slot = no_slot;
        if (slot) set_slot(m, *slot, now);
    }
}

void model::end(sim_run& run, const core::action& a, input_kind input, instant now) {
    mirror& m = of(run.task);
    run.last = a.last;
    run.outcome = a.outcome;
    count_failure(run, a.outcome, a.last);
    if (a.last && run.of_backfill) ended_of_backfill(run, a.outcome);
    bool detached = input == input_kind::detach && run.at == sim_run::stage::running;
    bool body_stays = input == input_kind::on_time || detached;
    if (body_stays) {
        run.at = sim_run::stage::overdue;
        ++m.overrunning;
    }
    bool sets_next = a.last && m.when.fixed_delay() && run.for_slot && m.cursor == cursor_waits_for_end &&
                     m.slot == no_slot;
    moment next;
    if (sets_next) {
        next = now.wall + m.when.interval();
        m.cursor = *next;
        if (m.live()) set_slot(m, *next, now);
        if (!run.end_moves) m.goes_on = std::exchange(next, {});
        no_end_moves(m);
    }
    if (!(a.next_slot == next))
        out_.report("model", run.task,
                    fmt::format("the end tells the next slot {}, not {}", rondo::to_string(a.next_slot),
                                rondo::to_string(next)));
}

// The cursor on record waits for none of them any more.
void model::no_end_moves(const mirror& m) {
    for (sim_run* r : runs_)
        if (&of(r->task) == &m) r->end_moves = false;
}

void model::release(sim_run& run, instant now) {
    if (run.at == sim_run::stage::dropped) return; // it counted until it was
    mirror& m = of(run.task);
    if (run.at == sim_run::stage::overdue) --m.overrunning;
    run.last = true; // or what follows is there
    if (run.at == sim_run::stage::waiting) {
        std::erase(m.manual, &run);
        --waiting_runs_;
    } else {
        --m.in_flight;
        --in_flight_;
        --groups_[run.group].in_flight;
    }
    if (m.live()) fixed_delay_waits_for_no_end(m, now);
}

void model::gone(int task) {
    if (of(task).filling.must_be_done) out_.report("model", task, "it is gone, and its backfill is not done");
    of(task) = mirror();
}

// A fixed delay whose slot was skipped because of a run that is over by now.
void model::fixed_delay_waits_for_no_end(mirror& m, instant now) {
    if (!m.when.fixed_delay() || m.slot != no_slot || m.cursor != cursor_waits_for_end) return;
    if (!m.backlog.empty()) return;
    if (stage_ != stopping::no || m.in_flight != m.overrunning) return;
    for (const sim_run* r : runs_) // another attempt may follow
        if (&of(r->task) == &m && r->at == sim_run::stage::overdue && !r->last) return;
    if (may_start(m.plan.overlap, m.in_flight, m.plan.in_flight_max))
        set_slot(m, now.wall + m.when.interval(), now);
}

} // namespace rondo::simulation
