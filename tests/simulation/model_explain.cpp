// SPDX-License-Identifier: BSL-1.0
#include <simulation/model.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace rondo::simulation {
namespace {

constexpr const char* checker = "model";

std::string text_of(const std::vector<verdict>& list) {
    std::string text;
    for (const verdict& v : list) text += (text.empty() ? "" : ", ") + to_string(v);
    return text.empty() ? "nothing" : text;
}

// Skips of one reason in a row may be told in one or in several.
std::vector<verdict> joined(std::vector<verdict> list) {
    std::size_t n = 0;
    for (const verdict& v : list) {
        verdict* before = n != 0 ? &list[n - 1] : nullptr;
        if (before != nullptr && !v.runs && !before->runs && v.reason == before->reason) {
            before->last = v.last;
            before->count += v.count;
        } else {
            list[n++] = v;
        }
    }
    list.resize(n);
    return list;
}

std::vector<verdict> skips_of(std::vector<verdict> list) {
    std::erase_if(list, [](const verdict& v) { return v.runs; });
    return joined(std::move(list));
}

std::vector<verdict> runs_of(std::vector<verdict> list) {
    std::erase_if(list, [](const verdict& v) { return !v.runs; });
    std::ranges::stable_sort(list, {}, &verdict::first);
    return list;
}

bool starts(const std::vector<verdict>& list, wall_time slot) {
    return std::ranges::any_of(list, [&](const verdict& v) { return v.runs && v.first == slot; });
}

bool waits(const core::run_record& r) noexcept {
    return r.state == core::run_state_kind::waiting;
}

} // namespace

// By its own failures, while its slot waited for a place.
bool model::paused_meanwhile(const mirror& m) noexcept {
    return m.record->paused && !m.paused && m.record->slot == m.slot;
}

/// What an input does to slots by itself, before a place that became free is given to somebody else.
void model::explain_slots(observation& o) {
    arrivals_ += 2; // and who comes again, after a turn, is one later
    arrived_.push_back(ns_of(o.now));
    if (o.input == input_kind::on_time || o.input == input_kind::trigger) groups_seen_ = ns_of(o.now);
    if (o.input == input_kind::on_time) explain_time(o);
    if (o.input == input_kind::update) update(o.task, o.plan, o.now);
    if (o.input == input_kind::resume || o.input == input_kind::resume_all) explain_resume(o);
}

void model::explain_time(observation& o) {
    std::vector<int> left;
    if (stage_ == stopping::no && !paused_all_) left = decide_all_due(o.now);
    midway_ = true;
    explain_places(o); // also while all is paused, as the time of a group may have come
    for (int i : left)
        if (of(i).left && has_place(i, o.now))
            out_.report(checker, i, "a due slot is not decided, and there is a place");
    at_deadlines_ = true;
    bool again = pass_deadlines(o);
    midway_ = false;
    if (again) explain_places(o); // it is time for another attempt, or over
    at_deadlines_ = false;
}

void model::explain_resume(observation& o) {
    if (!o.was_paused) return;
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) {
        if (o.input == input_kind::resume && i != o.task) continue;
        const mirror& m = of(i);
        if (m.live() && m.paused && m.paused_until && *m.paused_until <= o.now.wall) pause_over(i, o.now);
        if (m.live() && !m.paused) resumed(i, o.from, o.now);
    }
}

void model::explain_fresh(observation& o) {
    for (sim_run* r : o.fresh) {
        if (r->why != rondo::trigger::manual) continue;
        r->explained = true;
        mirror& m = of(r->task);
        if (o.input != input_kind::trigger || r->task != o.task || o.answered == fate::dropped) {
            out_.report(checker, r->task, "a manual run that nobody asked for");
        } else if (o.answered == fate::starts) {
            if (waits(*r->record)) out_.report(checker, r->task, "a manual run waits for nothing");
            ++m.in_flight;
            ++in_flight_;
            enter_group(*r);
        } else {
            r->at = sim_run::stage::waiting;
            m.manual.push_back(r);
            ++waiting_runs_;
        }
    }
}

// Who may start now, and does not wait for a place yet, does so from now on: slots before
// manual runs, and these before those of a backfill.
void model::line_up(int task, std::uint64_t arrival) {
    mirror& m = of(task);
    if (m.place == 0 && backlog_may_start(m)) {
        m.place = arrival;
        places_.push_back({task, nullptr, m.place});
    }
    if (!m.live()) return;
    for (sim_run* r : m.manual) { // none goes before an earlier one
        if (!may_start(r->overlap, m.in_flight, m.plan.in_flight_max)) break;
        if (r->arrival != 0) continue;
        r->arrival = arrival;
        places_.push_back({task, r, r->arrival});
    }
    next_of_backfill(task, arrival);
    sim_run* r = m.filling.waiting;
    if (r == nullptr || r->arrival != 0 || r->deadline != 0 ||
        !may_start(r->overlap, m.in_flight, m.plan.in_flight_max))
        return;
    r->arrival = arrival;
    places_.push_back({task, r, r->arrival});
}

// Places are free: those that wait get them in the order in which they came. Who came at the same
// instant may be in any order, so what is checked is that nobody is passed over.
void model::explain_places(observation& o) {
    places_.clear();
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) {
        mirror& m = of(i);
        if (m.place != 0) places_.push_back({i, nullptr, m.place});
        for (sim_run* r : m.manual)
            if (r->arrival != 0) places_.push_back({i, r, r->arrival});
        if (sim_run* r = m.filling.waiting; r != nullptr && r->arrival != 0)
            places_.push_back({i, r, r->arrival});
        line_up(i, arrivals_ + (at_deadlines_ ? 1 : 0)); // as an attempt whose time has come
    }
    for (sim_run* r : runs_)
        if (r->at == sim_run::stage::backing_off && r->arrival != 0)
            places_.push_back({r->task, r, r->arrival});
    if (places_.empty() || stage_ != stopping::no) return;
    std::ranges::stable_sort(places_, {}, [this](const place& p) { return turn_of(p.task, p.arrival); });
    constexpr turn nobody{std::numeric_limits<std::int64_t>::min(), 0};
    std::array<turn, groups_max + 1> latest_served{nobody, nobody, nobody};
    for (bool more = true; more;) { // who cannot start yet may when another has had its turn
        more = false;
        for (std::size_t i = 0; i != places_.size(); ++i) {
            place p = places_[i];
            turn its = earliest_turn_of(p);
            if (!serve(o, p)) continue;
            more = true;
            turn& latest = latest_served[group_of(p.task)];
            latest = std::max(latest, its);
            line_up(p.task, arrivals_ + 1);
        }
    }
    if (!midway_) check_manual_starts();
    check_places(o, latest_served);
    // Who could not start when its turn came has to come again, and may have by the end of the tick.
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) {
        mirror& m = of(i);
        bool in_vain = m.place != 0 && !m.left && !backlog_may_start(m);
        if (in_vain && turn_of(i, m.place) < latest_served[group_of(i)]) m.place = 0;
    }
}

// Among those that came at the same instant it may have been earlier.
model::turn model::earliest_turn_of(const place& p) const {
    bool next = p.run != nullptr && p.run->why == rondo::trigger::backfill;
    return turn_of(p.task, next ? std::min(p.arrival, of(p.task).filling.made_at) : p.arrival);
}

bool model::serve(observation& o, const place& p) {
    if (p.run != nullptr && p.run->why == rondo::trigger::retry) return serve_retry(o, *p.run);
    if (p.run != nullptr && p.run->why == rondo::trigger::backfill) return serve_backfill(o, p);
    if (p.run != nullptr) return serve_run(o, p);
    mirror& m = of(p.task);
    bool served = m.place != 0 && serve_slot(o, p.task);
    // Who had its turn for nothing has to come again.
    if (!served && !m.record->ready && !m.left) m.place = 0;
    return served;
}

bool model::serve_slot(observation& o, int task) {
    mirror& m = of(task);
    bool ours = backlog_may_start(m) && !m.backlog.front().before_update;
    if (ours && m.when.by_wall() && m.backlog.front().first > o.now.wall) {
        // The clock was set back, so it waits for its time again.
        if (m.record->slot == m.backlog.front().first) go_back(m, m.backlog.front().first, o.now);
        return false;
    }
    if (backlog_may_start(m) && starts(o.of(task), m.backlog.front().first)) {
        start_from_backlog(task);
        m.place = m.left ? arrivals_ + 1 : 0; // behind all who wait
        if (m.left) places_.push_back({task, nullptr, m.place});
        return true;
    }
    if (!m.left || m.record->slot_waits() || paused_meanwhile(m)) return false;
    m.left = false;
    m.place = 0;
    if (!is_due(m, o.now)) { // the clock was set back, so it waits for its time again
        m.held = false;
        return false;
    }
    decide(task, o.now, m.left_at);
    return true;
}

bool model::serve_run(observation& o, const place& p) {
    mirror& m = of(p.task);
    if (!may_start(p.run->overlap, m.in_flight, m.plan.in_flight_max)) p.run->kept_at = arrivals_;
    if (waits(*p.run->record) || p.run->at != sim_run::stage::waiting) return false;
    if (!may_start(p.run->overlap, m.in_flight, m.plan.in_flight_max)) return false; // yet
    if (p.run != m.manual.front()) {
        if (waits(*m.manual.front()->record))
            out_.report(checker, p.task, "a manual run goes before an earlier one");
        return false; // else after that one, which may be in the place of an attempt that is dropped
    }
    if (m.place != 0 && m.place <= p.arrival && m.again_at != m.place && backlog_may_start(m))
        out_.report(checker, p.task, "a manual run goes before a slot");
    p.run->at = sim_run::stage::beginning;
    o.begun.push_back(p.run);
    std::erase(m.manual, p.run);
    --waiting_runs_;
    ++m.in_flight;
    ++in_flight_;
    enter_group(*p.run);
    return true;
}

bool model::over(const sim_run& run, instant now) {
    return run.give_up_at != 0 && run.give_up_at <= ns_of(now);
}

// Had it begun, then before its slot: the wall clock was set back.
void model::put_off(sim_run& run, instant now) {
    const mirror& m = of(run.task);
    bool waits = run.at == sim_run::stage::backing_off && run.arrival != 0 && !run.record->turn.drawn();
    bool by_wall = run.of_backfill ? m.filling.by_wall : run.for_slot && m.when.by_wall();
    if (!waits || !by_wall || run.slot <= now.wall) return;
    run.arrival = 0;
    run.deadline = look_again_ns(run.slot, now);
}

// It has its task to itself already.
bool model::serve_retry(observation& o, sim_run& run) {
    bool begins =
        run.at == sim_run::stage::backing_off && run.record->state != core::run_state_kind::backing_off;
    if (!begins) return put_off(run, o.now), false;
    if (over(run, o.now)) out_.report(checker, run.task, "an attempt begins after the time of its slot");
    run.at = sim_run::stage::beginning;
    run.arrival = 0;
    run.deadline = 0;
    o.begun.push_back(&run);
    ++in_flight_;
    enter_group(run);
    return true;
}

void model::check_manual_starts() {
    for (const place& p : places_)
        if (p.run != nullptr && p.run->at == sim_run::stage::waiting && !waits(*p.run->record))
            out_.report(checker, p.task, "a manual run starts beside too many");
}

// Those of a group that has no place keep nobody else waiting.
void model::check_places(const observation& o, const std::array<turn, groups_max + 1>& latest_served) {
    turn latest = std::ranges::max(latest_served);
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) {
        mirror& m = of(i);
        auto check = [&](std::uint64_t arrival, bool had_its_turn = false) {
            if (had_place(i, o.now) && !o.short_of_memory)
                out_.report(checker, i, "it waits for a place, and there is one");
            turn mine = turn_of(i, arrival);
            bool passed_over =
                mine < latest_served[group_of(i)] ||
                (full() && group_open(i, o.now) && opened_at(group_of(i)) <= groups_seen_ && mine < latest);
            if (passed_over && !had_its_turn) out_.report(checker, i, "who came later got the place");
        };
        if (m.place != 0 && (m.left || backlog_may_start(m))) check(m.place, m.again_at == m.place);
        for (sim_run* r : m.manual) {
            if (r->arrival == 0 || !may_start(r->overlap, m.in_flight, m.plan.in_flight_max)) break;
            check(r->arrival, r->kept_at == arrivals_);
        }
        const sim_run* next = m.filling.waiting;
        if (next != nullptr && next->arrival != 0 &&
            may_start(next->overlap, m.in_flight, m.plan.in_flight_max))
            check(next->arrival, next->kept_at == arrivals_);
        for (sim_run* r : runs_)
            if (r->task == i && r->at == sim_run::stage::backing_off && r->arrival != 0 && !over(*r, o.now))
                check(r->arrival, deadline_passed_ != 0 && r->retry_at == deadline_passed_); // in any order
    }
}

/// What was decided is what had to be, and what waits is what has to.
void model::explained(observation& o) {
    if (o.theirs != o.theirs_told) {
        auto text = [](const std::optional<verdict>& v) { return v ? to_string(*v) : "nothing"; };
        out_.report(checker, o.task,
                    fmt::format("of the slots of another manager it tells {}, not {}", text(o.theirs_told),
                                text(o.theirs)));
    }
    for (const sim_run* r : runs_)
        if (r->why == rondo::trigger::backfill && !r->explained)
            out_.report(checker, r->task, "a run of a backfill that nobody asked for");
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) compare(o, i);
}

void model::compare(observation& o, int task) {
    std::vector<verdict>& seen = o.of(task);
    std::vector<verdict>& wanted = want(task);
    if (!seen.empty() || !wanted.empty()) {
        // Where slots of two schedules are told, only the decisions say where the runs are among the skips.
        bool same = joined(seen) == joined(wanted);
        if (!same && of(task).updated)
            same = skips_of(o.skips[static_cast<std::size_t>(task)]) == skips_of(wanted) &&
                   runs_of(seen) == runs_of(wanted);
        if (!same)
            out_.report(checker, task,
                        fmt::format("decided {}; not {} (input {})", text_of(seen), text_of(wanted),
                                    static_cast<int>(o.input)));
        wanted.clear();
    }
    const mirror& m = of(task);
    if (m.record == nullptr) return;
    const core::task_record& r = *m.record;
    if (r.in_flight() != m.in_flight || r.overrunning() != m.overrunning)
        out_.report(checker, task, "it counts other runs in flight than there are");
    compare_backfill(task, r);
    if (m.must_resume) out_.report(checker, task, "its pause does not end");
    if (m.must_pause) out_.report(checker, task, "it is not paused by its failures");
    if (r.past != nullptr && r.past->failures != m.failures)
        out_.report(checker, task, fmt::format("{} failures in a row, not {}", r.past->failures, m.failures));
    if (!m.live()) return;
    core::pause_note note;
    if (r.past != nullptr && r.past->pause != nullptr) note = *r.past->pause;
    if (r.paused != m.paused || note.reason != m.pause_reason || !(note.until == m.paused_until))
        out_.report(checker, task, "it is paused otherwise than was asked for");
    if (r.slots_waiting() != m.slots_waiting())
        out_.report(checker, task,
                    fmt::format("{} slots wait, not {}", r.slots_waiting(), m.slots_waiting()));
    if (r.runs_waiting() != m.manual.size())
        out_.report(checker, task, fmt::format("{} runs wait, not {}", r.runs_waiting(), m.manual.size()));
    if (r.slot != m.slot)
        out_.report(checker, task,
                    fmt::format("its next slot is {}, not {}", rondo::to_string(r.slot, 6),
                                rondo::to_string(m.slot, 6)));
}

} // namespace rondo::simulation
