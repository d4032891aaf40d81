// SPDX-License-Identifier: BSL-1.0
#include <simulation/model.hpp>

#include <algorithm>
#include <utility>

namespace rondo::simulation {

// Deadlines of runs, then that of the shutdown. Whether another attempt wants a place.
bool model::pass_deadlines(observation& o) {
    instant now = o.now;
    bool again = false; // also for others of its task
    std::int64_t time = ns_of(now);
    std::int64_t grace = options_.cancel_grace.count();
    // In order, as the failures in a row count; those of one instant may be in any.
    auto before = [](const sim_run* a, const sim_run* b) {
        return std::pair(a->deadline, a->told) < std::pair(b->deadline, b->told);
    };
    for (sim_run* first = nullptr;; first = nullptr) {
        for (sim_run* r : runs_)
            if (r->deadline != 0 && r->deadline <= time && (first == nullptr || before(r, first))) first = r;
        if (first == nullptr) break;
        again = again || first->at == sim_run::stage::backing_off || first->at == sim_run::stage::waiting;
        deadline_passed_ = first->deadline;
        pass_deadline(*first, now);
        if (first->at == sim_run::stage::dropped)
            explain_places(o); // who may start now goes before those who may at a later deadline
        deadline_passed_ = 0;
    }
    if (stop_at_ > time) return again;
    if (stage_ == stopping::grace) {
        stage_ = stopping::cancelling;
        stop_at_ = time + grace;
        for (sim_run* r : runs_)
            if (!r->must_end) ask_to_end(*r, cancel_reason::shutdown, now);
    } else if (stage_ == stopping::cancelling) {
        stage_ = stopping::giving_up;
        stop_at_ = never_ns;
        for (sim_run* r : runs_) {
            if (r->at != sim_run::stage::running || r->must_end) continue;
            r->expect_end(outcome_of(r->cancelled));
            r->deadline = 0;
        }
    }
    return again;
}

void model::pass_deadline(sim_run& run, instant now) {
    std::int64_t time = ns_of(now);
    std::int64_t grace = options_.cancel_grace.count();
    if (run.at == sim_run::stage::backing_off) {
        if (run.arrival != 0) return lose_retry(run, now);
        run.arrival = arrivals_ + 1; // behind those slots that are due
        run.deadline = run.give_up_at;
    } else if (run.at == sim_run::stage::waiting) { // of a backfill: it comes to wait for a place again
        run.deadline = 0;
    } else if (run.at == sim_run::stage::running) {
        ask_to_end(run, cancel_reason::timeout, now);
        bool slot_over = run.give_up_at != 0 && run.give_up_at <= time;
        bool last = slot_over || !may_retry(run, outcome::timed_out);
        run.expect_end(outcome::timed_out, last);
        count_failure(run, outcome::timed_out, last);
        run.deadline = grace == 0 ? 0 : time + grace;
        run.must_warn = grace == 0;
    } else {
        run.deadline = 0;
        run.must_warn = true;
    }
}

void model::shutdown(std::int64_t grace_ns, instant now) {
    if (stage_ == stopping::no || stage_ == stopping::grace)
        stop_at_ = std::min(stop_at_, ns_of(now) + grace_ns);
    if (stage_ != stopping::no) return;
    stage_ = stopping::grace;
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) {
        of(i).place = 0;
        of(i).left = false;
        stop_backfill(i);
    }
    for (sim_run* r : runs_)
        if (r->at == sim_run::stage::waiting || r->at == sim_run::stage::backing_off)
            ask_to_end(*r, cancel_reason::shutdown, now);
}

// Each reason to wake up by itself, and the least of them.
std::int64_t model::next_wakeup(instant now) const {
    std::int64_t wakeup = never_ns;
    if (stage_ == stopping::no && !paused_all_) {
        for (const mirror& m : tasks_) {
            bool by_wall = m.when.by_wall() || m.paused;
            if (!m.live() || (m.paused ? !m.paused_until : m.slot == no_slot || m.left)) continue;
            std::int64_t due = m.held ? m.held_until : m.due;
            if (m.paused) due = m.paused_until->time_since_epoch().count();
            if (!m.paused && !m.held && m.slot >= m.catch_up_before)
                due += tolerance_us(m.when, m.slot, m.plan.tolerance) * (by_wall ? 1 : 1000);
            if (!by_wall) {
                wakeup = std::min(wakeup, due);
                continue;
            }
            // The wall clock may be set, so it is looked at again before long.
            std::int64_t wait_us = std::max<std::int64_t>(0, due - now.wall.time_since_epoch().count());
            std::int64_t check = options_.wall_clock_check.count();
            bool soon = wait_us < check / 1000;
            wakeup = std::min(wakeup, ns_of(now) + (soon ? wait_us * 1000 : check));
        }
        if (wakeup != never_ns && last_tick_ != never_ns)
            wakeup = std::max(wakeup, last_tick_ + options_.resolution.count());
    }
    for (const sim_run* r : runs_)
        if (r->deadline != 0) wakeup = std::min(wakeup, r->deadline);
    return std::min(wakeup, stop_at_);
}

} // namespace rondo::simulation
