// SPDX-License-Identifier: BSL-1.0
#include <simulation/model.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace rondo::simulation {

void model::set_group(std::size_t index, const group_plan& limits) {
    tasks_together& g = groups_[index];
    g.limits = limits;
    ++g.changes;
    g.left_at = 0;
    if (limits.starts_max == 0) g.starts.clear(); // they count from when there is a limit
}

std::size_t model::group_of(int task) const {
    int group = of(task).plan.group;
    return group < 0 ? groups_max : static_cast<std::size_t>(group);
}

// From when on another body of it may start; `never_ns`: when one that begins has started, or does not.
std::int64_t model::opened_at(std::size_t group) const {
    const tasks_together& g = groups_[group];
    if (g.limits.starts_max == 0) return 0;
    std::size_t count = 0;
    for (const sim_run* r : runs_)
        if (r->group == group && r->explained && r->at == sim_run::stage::beginning) ++count;
    if (count >= g.limits.starts_max) return never_ns;
    std::size_t others = g.limits.starts_max - count; // so many may have started within the time
    if (g.starts.size() < others) return g.left_at;
    return g.starts[g.starts.size() - others] + g.limits.per.count();
}

std::int64_t model::opens_at(std::size_t group, instant now) const {
    return std::max(ns_of(now), opened_at(group));
}

bool model::group_open(int task, instant now) const {
    std::size_t group = group_of(task);
    const tasks_together& g = groups_[group];
    if (g.limits.runs_max != 0 && g.in_flight >= g.limits.runs_max) return false;
    return opens_at(group, now) == ns_of(now);
}

bool model::has_place(int task, instant now) const {
    return !full() && group_open(task, now);
}

// And the core has seen it: else it wakes up at once.
bool model::had_place(int task, instant now) const {
    return has_place(task, now) && opened_at(group_of(task)) <= groups_seen_;
}

void model::note_who_waits() {
    waiting_.clear();
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) {
        const mirror& m = of(i);
        if (m.live() && m.place != 0 && m.record->ready) waiting_.push_back({i, nullptr, m.place});
    }
    for (sim_run* r : runs_)
        if (of(r->task).live() && r->arrival != 0 && r->record->turn.waits())
            waiting_.push_back({r->task, r, r->arrival});
}

// Somebody who waits, and has a place now, would have been asked first.
bool model::someone_is_before(int task, instant now) const {
    turn mine{ns_of(now) - of(task).plan.priority * options_.priority_ageing.count(), 0};
    return std::ranges::any_of(waiting_, [&](const place& p) {
        return has_place(p.task, now) && turn_of(p.task, p.arrival) < mine;
    });
}

// Whose slots came to wait in this tick, before its own were looked at: surely, if they fell due before. A group of
// which somebody waited before the tick is known to be closed for a time, if it is. Of others the core finds that
// out only when it gives places to those who wait, which is after it has looked at all that is due.
bool model::someone_lines_up_before(int task, const due_order& order, bool surely, instant now) const {
    auto worth = [this](int i) { return of(i).plan.priority * options_.priority_ageing.count(); };
    const auto& mine = order[static_cast<std::size_t>(task)];
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) {
        const mirror& m = of(i);
        std::size_t group = group_of(i);
        bool waits = m.place == 0 || m.place > arrivals_;
        bool lines_up = (backlog_may_start(m) && waits) || (m.left && m.place == arrivals_);
        if (!lines_up || worth(i) <= worth(task)) continue;
        const auto& its = order[static_cast<std::size_t>(i)];
        if (its ? *its > *mine || (surely && *its == *mine) : surely) continue;
        const group_plan& limits = groups_[group].limits;
        if (limits.runs_max != 0 && groups_[group].in_flight >= limits.runs_max) continue;
        bool known = opens_at(group, now) > ns_of(now) && std::ranges::any_of(waiting_, [&](const place& p) {
                         return group_of(p.task) == group && p.arrival < arrivals_;
                     });
        if (!known) return true;
    }
    return false;
}

model::due_order model::order_of(const std::vector<int>& due) const {
    due_order order;
    for (int i : due) {
        const mirror& m = of(i);
        order[static_cast<std::size_t>(i)] = {m.when.by_wall(), m.held ? m.held_until : m.due};
    }
    return order;
}

// In the order in which their slots fell due, first those of intervals.
std::vector<int> model::all_due(instant now) const {
    std::vector<int> due;
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) {
        const mirror& m = of(i);
        if (m.paused || m.left || !is_due(m, now)) continue;
        if (m.held && m.held_until > key(m, now)) continue;
        if (!paused_meanwhile(m)) due.push_back(i); // else what is due is due, as it was
    }
    std::ranges::stable_sort(due, {},
                             [order = order_of(due)](int i) { return order[static_cast<std::size_t>(i)]; });
    return due;
}

model::turn model::turn_of(int task, std::uint64_t arrival) const {
    std::int64_t worth = of(task).plan.priority * options_.priority_ageing.count();
    return {arrived_[arrival / 2] - worth, arrival};
}

void model::enter_group(sim_run& run) {
    run.group = group_of(run.task);
    run.group_no = groups_[run.group].changes;
    ++groups_[run.group].in_flight;
}

void model::started(const sim_run& run, instant now) {
    tasks_together& g = groups_[run.group];
    if (g.limits.starts_max == 0) return;
    // What has left the time by now does not come back, should that be made longer.
    for (std::int64_t per = g.limits.per.count(); !g.starts.empty(); g.starts.pop_front()) {
        if (ns_of(now) - g.starts.front() < per) break;
        g.left_at = std::max(g.left_at, g.starts.front() + per);
    }
    g.starts.push_back(ns_of(now));
}

// Whether somebody waits whom only the time keeps from starting.
bool model::waits_for_time(std::size_t group) const {
    const tasks_together& g = groups_[group];
    if (g.limits.runs_max != 0 && g.in_flight >= g.limits.runs_max) return false;
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) {
        const mirror& m = of(i);
        if (!m.live() || group_of(i) != group) continue;
        if (m.record->past != nullptr && m.record->past->slot_turn.waits() && m.record->ready) return true;
        for (const sim_run* r : runs_)
            if (r->task == i && r->record->turn.waits()) return true;
    }
    return false;
}

// While no place of all is free, the core may know of it or not.
bool model::wakes_for_group(std::int64_t at, std::int64_t wakeup, instant now) const {
    std::int64_t least = wakeup;
    bool known = false;
    for (std::size_t g = 0; g != groups_max; ++g) {
        if (stage_ != stopping::no || groups_[g].limits.starts_max == 0 || !waits_for_time(g)) continue;
        std::int64_t opens = opens_at(g, now);
        least = std::min(least, opens);
        known = known || at == opens || at <= ns_of(now); // it looks once more, when it was to
    }
    if (at > wakeup || (at != wakeup && !known)) return false;
    if (at < wakeup && at <= ns_of(now)) return true;
    return full() || at == least || least <= ns_of(now);
}

void model::detach(sim_run& run, instant now) {
    ask_to_end(run, cancel_reason::requested, now);
    if (run.at != sim_run::stage::running) return;
    run.expect_end(outcome::abandoned);
    run.deadline = 0;
}

} // namespace rondo::simulation
