// SPDX-License-Identifier: BSL-1.0
#include <simulation/model.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rondo::simulation {

// Those that are due at `key`, by the clock that it follows.
naive_slots model::due_slots(const mirror& m, std::int64_t key) {
    wall_time end = m.slot;
    if (m.when.by_wall())
        end = std::max(m.slot, wall_time(std::chrono::microseconds(key)));
    else if (m.when.kind() == schedule::kind::every)
        end = m.slot + std::chrono::microseconds((key - m.due) / 1000);
    return m.when.until(m.slot, end);
}

// What becomes of the due slots of a task. Nothing yet, if it is to wait before it catches up.
void model::decide(int task, instant now, std::int64_t seen, bool may_put_off) {
    mirror& m = of(task);
    late_task late{m.when,      due_slots(m, key(m, now)), m.due,           seen,
                   key(m, now), m.catch_up_before,         m.plan.tolerance};
    const catch_up& policy = m.plan.late;
    std::vector<wall_time> wanted = wanted_of(policy, late);
    if (may_put_off && !late.on_time(policy) && !wanted.empty() && policy.spread.count() > 0 && !m.held) {
        m.held = true;
        m.held_until = key(m, now) + held_for(m.record->uid.view(), policy) * (m.when.by_wall() ? 1 : 1000);
        return;
    }
    const naive_slots& due = late.due;
    bool as_planned = due.count == 1 && !m.held && due.last >= m.catch_up_before;
    std::uint64_t missed = due.count - wanted.size();
    if (missed > 0) {
        wall_time last = due.last;
        if (wanted.size() == 1 && due.count > 1) last = due.before_last;
        if (wanted.size() > 1)
            last = m.when.until(due.first, wanted.front() - std::chrono::microseconds(1)).last;
        put(task, skip_of(skip_reason::missed, due.first, last, missed));
    }
    decide_wanted(task, wanted, as_planned ? trigger::schedule : trigger::catch_up, now);
    go_on(m, due, !wanted.empty(), now);
}

void model::decide_wanted(int task, const std::vector<wall_time>& wanted, rondo::trigger why, instant now) {
    mirror& m = of(task);
    if (wanted.size() != 1) { // each in its turn, whatever the overlap policy
        for (wall_time slot : wanted) m.backlog.push_back(run_of(slot, why));
        return;
    }
    wall_time slot = wanted.front();
    switch (fate_under(m.plan.overlap, m.around_slot())) {
    case fate::starts:
        if (has_place(task, now)) return start(task, run_of(slot, why));
        break;
    case fate::skipped: return put(task, skip_of(skip_reason::overlap, slot, slot, 1));
    case fate::dropped: return put(task, skip_of(skip_reason::buffer_full, slot, slot, 1));
    case fate::replaces:
        give_up_backlog(task, skip_reason::overlap);
        cancel_others(task, now);
        break;
    case fate::waits: break;
    }
    m.backlog.push_back(run_of(slot, why));
}

// To the slot after those that are due.
void model::go_on(mirror& m, const naive_slots& due, bool waits_for_end, instant now) {
    m.held = m.left = false;
    if (m.when.fixed_delay()) {
        m.slot = no_slot;
        m.behind = cursor_waits_for_end;
        if (!waits_for_end) {
            set_slot(m, now.wall + m.when.interval(), now);
            m.behind = m.slot;
        }
        return settle_cursor(m);
    }
    m.slot = due.next ? *due.next : no_slot;
    m.behind = m.slot;
    if (m.when.by_wall())
        m.due = m.slot.time_since_epoch().count();
    else
        m.due += static_cast<std::int64_t>(due.count) * m.when.interval().count() * 1000;
    settle_cursor(m);
}

// It is at the first slot that is not decided.
void model::settle_cursor(mirror& m) {
    if (m.backlog.empty())
        m.cursor = m.behind;
    else if (!m.when.fixed_delay()) // of which it may wait for an end that never came
        m.cursor = m.backlog.front().first;
}

// Those that find no place.
std::vector<int> model::decide_all_due(instant now) {
    last_tick_ = ns_of(now);
    std::vector<int> left;
    std::vector<std::pair<int, bool>> held; // for not even a tick; and whether somebody surely goes before
    std::array<bool, tasks_max> had_place{};
    for (int i = 0; i != static_cast<int>(tasks_max); ++i)
        had_place[static_cast<std::size_t>(i)] = has_place(i, now);
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) {
        const mirror& m = of(i);
        if (m.live() && m.paused && m.paused_until && *m.paused_until <= now.wall) pause_over(i, now);
    }
    std::vector<int> due = all_due(now);
    due_order order = order_of(due);
    for (int i : due) {
        mirror& m = of(i);
        bool behind = someone_is_before(i, now);
        if (m.record->slot_waits() || behind) {
            leave(m, now);
            if (behind) waiting_.push_back({i, nullptr, m.place});
            left.push_back(i);
            continue;
        }
        if (!had_place[static_cast<std::size_t>(i)])
            out_.report("model", i, "a slot is decided while all places are taken");
        bool surely = someone_lines_up_before(i, order, true, now);
        decide(i, now, key(m, now));
        if (surely && m.place == 0 && backlog_may_start(m))
            m.place = arrivals_ + 1; // after a turn to be looked at
        if (m.held && m.held_until <= key(m, now)) held.emplace_back(i, surely);
    }
    // They are looked at again after the others; but who was behind somebody comes to that in the next tick.
    for (auto [i, surely] : held) {
        bool behind = surely || (of(i).record->held && someone_lines_up_before(i, order, false, now));
        if (!behind) decide(i, now, key(of(i), now));
    }
    for (int i : due) {
        bool now_lined_up = of(i).place == 0 || of(i).place == arrivals_;
        if (now_lined_up && someone_lines_up_before(i, order, false, now)) of(i).again_at = arrivals_;
    }
    looked_ = now;
    return left;
}

// Its slot is due, and waits for a place.
void model::leave(mirror& m, instant now) {
    if (!m.held && m.record->held &&
        m.record->slot_waits()) { // for not even a tick, after which there was no place
        m.held = held_for(m.record->uid.view(), m.plan.late) == 0;
        m.held_until = key(m, now);
    }
    m.left = true;
    m.left_at = key(m, now);
    if (m.place == 0) m.place = arrivals_;
}

// What was due is decided by the schedule and the policy so far.
void model::update(int task, const task_plan& plan, instant now) {
    mirror& m = of(task);
    m.changed = plan.when.text() != m.when.when().text();
    m.updated = m.updated || m.changed;
    bool put_off = m.plan.tolerance.count() > 0 && m.slot >= m.catch_up_before && !m.held && !m.paused;
    if (is_due(m, now) && put_off && !paused_all_) decide(task, now, m.left ? m.left_at : key(m, now), false);
    if (m.changed)
        change_schedule(task, plan.when, now);
    else
        m.when = naive_schedule(plan.when, m.when.anchor());
    m.plan = plan;
    for (sim_run* r : runs_)
        if (r->task == task && r->at == sim_run::stage::backing_off &&
            r->record->attempt > plan.again.attempts)
            lose_retry(*r, now);
    fixed_delay_waits_for_no_end(m, now); // it may start beside a body now that stays
}

void model::change_schedule(int task, const schedule& when, instant now) {
    mirror& m = of(task);
    if (is_due(m, now) && (m.paused || paused_all_)) {
        naive_slots due = due_slots(m, key(m, now));
        put(task, skip_of(skip_reason::paused, due.first, due.last, due.count));
        go_on(m, due, false, now);
    } else if (is_due(m, now)) {
        decide(task, now, m.left ? m.left_at : key(m, now), false);
    }
    for (verdict& v : m.backlog) v.before_update = true;
    ++m.schedule_no;
    // The wall clock may be behind slots that are decided, or wait.
    moment last;
    if (!m.backlog.empty())
        last = m.backlog.back().last;
    else if (m.slot != no_slot)
        last = m.when.when().previous_before(m.slot, m.when.anchor());
    bool both = m.when.fixed_delay() && when.type() == schedule::kind::every_after;
    unschedule(m);
    m.slot = no_slot;
    m.when = naive_schedule(when, m.when.anchor());
    // What is in flight may be what the delay counts from, under both.
    if (both && m.cursor == cursor_waits_for_end && m.in_flight > 0) return;
    no_end_moves(m);
    moment first = when.next_after(last ? std::max(*last, now.wall) : now.wall, m.when.anchor());
    if (m.when.kind() == schedule::kind::at) first = *when.when();
    if (m.when.kind() == schedule::kind::once) first = now.wall;
    if (m.when.fixed_delay()) first = now.wall + m.when.interval();
    m.behind = first ? *first : no_slot;
    if (m.backlog.empty()) m.cursor = m.behind;
    if (first) set_slot(m, *first, now);
}

// A pause ends.
void model::resumed(int task, resume_from from, instant now) {
    mirror& m = of(task);
    if (from == resume_from::the_past) {
        m.catch_up_before = now.wall;
        m.held = false;
        return;
    }
    skip_paused(task, key(m, now), now);
    fixed_delay_waits_for_no_end(m, now);
}

void model::skip_paused(int task, std::int64_t until, instant now) {
    mirror& m = of(task);
    give_up_backlog(task, skip_reason::paused);
    if (!m.live() || m.slot == no_slot || m.due > until) return;
    naive_slots due = due_slots(m, until);
    want(task).push_back(skip_of(skip_reason::paused, due.first, due.last, due.count));
    go_on(m, due, false, now);
}

// By itself: what fell due before was paused, and what did since is late.
void model::pause_over(int task, instant now) {
    mirror& m = of(task);
    std::int64_t until = m.paused_until->time_since_epoch().count();
    if (!m.when.by_wall()) {
        auto by = [&](instant t) {
            return ns_of(t) - std::chrono::nanoseconds(t.wall - *m.paused_until).count();
        };
        // The wall clock may have been set forward at any time since the pause was last seen not to be over.
        bool seen = ns_of(looked_) > ns_of(m.paused_since);
        until = std::max(by(now), std::min(ns_of(now), by(seen ? looked_ : m.paused_since)));
    }
    resume(task);
    m.must_resume = true;
    skip_paused(task, until, now);
    fixed_delay_waits_for_no_end(m, now);
}

// Decided now, or in its turn behind slots that wait.
void model::put(int task, const verdict& v) {
    mirror& m = of(task);
    (m.backlog.empty() ? want(task) : m.backlog).push_back(v);
}

void model::give_up_backlog(int task, skip_reason why) {
    mirror& m = of(task);
    if (m.backlog.empty()) return;
    for (verdict& v : m.backlog)
        if (v.runs) v = skip_of(why, v.first, v.last, 1);
    flush(task);
}

void model::flush(int task) {
    mirror& m = of(task);
    std::size_t n = 0;
    while (n != m.backlog.size() && !m.backlog[n].runs) want(task).push_back(m.backlog[n++]);
    m.backlog.erase(m.backlog.begin(), m.backlog.begin() + static_cast<std::ptrdiff_t>(n));
    m.cursor = m.backlog.empty() ? m.behind : m.backlog.front().first;
}

void model::start_from_backlog(int task) {
    mirror& m = of(task);
    start(task, m.backlog.front());
    m.backlog.erase(m.backlog.begin());
    flush(task);
}

void model::start(int task, const verdict& v) {
    mirror& m = of(task);
    want(task).push_back(v);
    ++m.in_flight;
    ++in_flight_;
    // One from before an update leaves the cursor to an end only if all that it was updated to waits for one too.
    bool ends_decide = !v.before_update || (m.behind == cursor_waits_for_end && m.backlog.size() == 1);
    for (sim_run* r : runs_)
        if (r->task == task && r->slot == v.first && takes_slot(r->why)) {
            r->explained = true;
            enter_group(*r);
            r->end_moves = m.when.fixed_delay() && ends_decide;
        }
}

void model::cancel_others(int task, instant now) {
    for (sim_run* r : runs_) {
        if (r->task != task || !r->explained || r->at == sim_run::stage::waiting) continue;
        if (r->at == sim_run::stage::backing_off)
            forget_retry(*r);
        else
            ask_to_end(*r, cancel_reason::overlap, {});
    }
    fixed_delay_waits_for_no_end(of(task), now);
}

bool model::backlog_may_start(const mirror& m) const {
    return m.live() && !m.paused && !paused_all_ && !m.backlog.empty() &&
           may_start(m.plan.overlap, m.in_flight, m.plan.in_flight_max);
}

} // namespace rondo::simulation
