// SPDX-License-Identifier: BSL-1.0
#include <simulation/model.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <limits>
#include <vector>

namespace rondo::simulation {
namespace {

// All of them fall due at once: the first ones find nobody in their way, or the last puts an end to all others.
std::deque<wall_time> let_through(overlap policy, const std::vector<wall_time>& all, bool alone) {
    std::size_t first = 0;
    std::size_t n = all.size();
    if (policy == overlap::skip) n = alone ? 1 : 0;
    if (policy == overlap::buffer_one) n = alone ? 2 : 1;
    if (policy == overlap::cancel_other && n > 1) first = std::exchange(n, 1) - 1;
    auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + static_cast<std::ptrdiff_t>(std::min(n, all.size()))};
}

} // namespace

error_code model::backfill(int task, const backfill_plan& p, instant now) {
    mirror& m = of(task);
    if (stage_ != stopping::no) return errc::shutting_down;
    if (!m.live()) return errc::task_not_exists;
    bool sane = wall_time_first <= p.from && p.from < p.to && p.to <= now.wall;
    if (!sane || p.policy > overlap::cancel_other) return errc::invalid_option;
    if (m.when.fixed_delay()) return errc::invalid_schedule;
    if (!m.filling.over()) return errc::already_running;
    std::vector<wall_time> all = m.when.between(p.from, p.to);
    m.filling = {};
    m.filling.there_was_one = true;
    m.filling.by_wall = m.when.by_wall();
    m.filling.beside = p.policy == overlap::allow_all;
    m.filling.left = let_through(p.policy, all, m.in_flight == 0);
    m.filling.slots = all.size();
    m.filling.skipped = all.size() - m.filling.left.size();
    m.filling.must_be_done = m.filling.over();
    if (p.policy == overlap::cancel_other && !m.filling.over()) cancel_others(task, now);
    return {};
}

void model::stop_backfill(int task) {
    mirror& m = of(task);
    if (m.filling.over()) return;
    m.filling.skipped += m.filling.left.size();
    m.filling.left.clear();
    if (sim_run* r = std::exchange(m.filling.waiting, nullptr)) {
        r->at = sim_run::stage::dropped;
        r->arrival = 0;
        r->deadline = 0;
    }
    m.filling.must_be_done = m.filling.over();
}

// The last attempt of one of its slots is over.
void model::ended_of_backfill(const sim_run& run, outcome how) {
    backfill_mirror& f = of(run.task).filling;
    --f.in_flight;
    ++(how == outcome::success ? f.succeeded : f.failed);
    f.must_be_done = f.over();
}

// One of its slots waits at a time. What is in flight counts until its body is gone.
void model::next_of_backfill(int task, std::uint64_t arrival) {
    backfill_mirror& f = of(task).filling;
    if (f.left.empty() || f.waiting != nullptr) return;
    std::size_t there = 0;
    for (const sim_run* r : runs_) {
        bool in_flight = r->at != sim_run::stage::waiting && r->at != sim_run::stage::dropped;
        if (r->task == task && r->of_backfill && in_flight) ++there;
    }
    if (there >= backfill_in_flight_max) return;
    for (sim_run* r : runs_) {
        if (r->task != task || r->why != trigger::backfill || r->explained) continue;
        if (r->slot != f.left.front()) continue;
        r->explained = true;
        r->overlap = f.beside ? overlap::allow_all : overlap::buffer_all;
        f.waiting = r;
        f.made_at = arrival;
        return;
    }
    out_.report("model", task, "the next slot of a backfill does not wait");
}

// As an attempt that would begin before its slot, as the wall clock was set back.
void model::put_off_backfill(sim_run& run, instant now) {
    backfill_mirror& f = of(run.task).filling;
    if (!f.by_wall || run.arrival == 0 || run.record->turn.drawn() || run.slot <= now.wall) return;
    run.arrival = 0;
    f.made_at = std::numeric_limits<std::uint64_t>::max();
    run.deadline = look_again_ns(run.slot, now);
}

bool model::serve_backfill(observation& o, const place& p) {
    mirror& m = of(p.task);
    bool may = may_start(p.run->overlap, m.in_flight, m.plan.in_flight_max);
    if (!may) p.run->kept_at = arrivals_;
    bool waits = p.run->at == sim_run::stage::waiting;
    bool begins = waits && p.run->record->state != core::run_state_kind::waiting;
    if (waits && !begins) put_off_backfill(*p.run, o.now);
    if (!begins || !may) return false;
    // One that is made after a turn of the task may come to wait before the others do.
    std::uint64_t before = std::min(p.arrival, m.filling.made_at);
    before -= before % 2;
    if (m.place != 0 && m.place <= before && m.again_at != m.place && backlog_may_start(m))
        out_.report("model", p.task, "a backfill goes before a slot");
    for (const sim_run* r : m.manual) {
        if (r->arrival == 0 || !may_start(r->overlap, m.in_flight, m.plan.in_flight_max)) break;
        if (r->arrival <= before) out_.report("model", p.task, "a backfill goes before a manual run");
    }
    p.run->at = sim_run::stage::beginning;
    p.run->of_backfill = true;
    m.filling.waiting = nullptr;
    m.filling.left.pop_front();
    ++m.filling.in_flight;
    o.begun.push_back(p.run);
    ++m.in_flight;
    ++in_flight_;
    enter_group(*p.run);
    return true;
}

void model::compare_backfill(int task, const core::task_record& r) {
    const backfill_mirror& f = of(task).filling;
    if (f.must_be_done) out_.report("model", task, "a backfill is over, and nobody is told");
    backfill_progress wanted{f.slots, f.succeeded, f.failed, f.skipped, f.in_flight, f.left.size(), {}};
    if (!f.left.empty()) wanted.next = f.left.front();
    bool known = r.backfill() != nullptr;
    if (known != f.there_was_one || (known && !(r.backfill()->progress == wanted)))
        out_.report("model", task, "its backfill has come further, or less far");
}

} // namespace rondo::simulation
