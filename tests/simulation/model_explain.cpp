// SPDX-License-Identifier: BSL-1.0
#include <simulation/model.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rondo::simulation {
namespace {

constexpr const char* checker = "model";

std::string text_of(const std::vector<verdict>& list) {
    std::string text;
    for (const verdict& v : list) text += (text.empty() ? "" : ", ") + to_string(v);
    return text.empty() ? "nothing" : text;
}

} // namespace

// The due slots of a task were decided: were they decided so?
void model::expect(int task, observation& o, bool paused) {
    mirror& m = of(task);
    policy_question q;
    wall_time end = m.slot;
    if (m.when.by_wall()) {
        end = o.now.wall;
    } else if (m.when.kind() == schedule::kind::every) {
        std::int64_t late = (ns_of(o.now) - m.due) / 1000;
        end = m.slot + std::chrono::microseconds(late);
    }
    q.due = m.when.until(m.slot, end);
    q.overlap = m.overlap;
    q.in_flight = m.in_flight;
    q.in_flight_max = m.in_flight_max;
    q.catch_up_before = m.catch_up_before;
    want_.clear();
    if (paused)
        decide_paused(q.due, want_);
    else
        decide_due(q, want_);
    std::vector<verdict>& seen = o.of(task);
    if (seen != want_)
        out_.report(checker, task, fmt::format("decided {}; not {}", text_of(seen), text_of(want_)));
    seen.clear();
    for (const verdict& v : want_) {
        if (!v.runs) continue;
        ++m.in_flight;
        ++in_flight_;
    }
    m.queued = 0;
    if (m.when.fixed_delay()) {
        m.cursor = paused ? o.now.wall + m.when.interval() : cursor_waits_for_end;
        m.slot = no_slot;
        if (paused) set_slot(m, m.cursor, o.now);
        return;
    }
    m.slot = q.due.next ? *q.due.next : no_slot;
    m.cursor = m.slot;
    if (m.when.by_wall())
        m.due = m.slot.time_since_epoch().count();
    else
        m.due += static_cast<std::int64_t>(q.due.count) * m.when.interval().count() * 1000;
}

/// What an input does to slots by itself, before a place that became free is given to somebody else.
void model::explain_slots(observation& o) {
    if (o.input == input_kind::on_time) explain_time(o);
    if (o.input == input_kind::resume || o.input == input_kind::resume_all) explain_resume(o);
}

void model::explain_time(observation& o) {
    if (stage_ != stopping::no || paused_all_) return;
    last_tick_ = ns_of(o.now);
    bool was_full = full();
    int left = -1;
    ++arrivals_;
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) {
        mirror& m = of(i);
        if (m.paused || m.queued != 0 || !is_due(m, o.now)) continue;
        if (o.of(i).empty()) {
            m.queued = arrivals_;
            left = i;
            continue;
        }
        if (was_full) out_.report(checker, i, "a slot is decided while all places are taken");
        expect(i, o, false);
    }
    if (left != -1 && !full()) out_.report(checker, left, "a due slot is not decided, and there is a place");
}

void model::explain_resume(observation& o) {
    for (int i = 0; i != static_cast<int>(tasks_max); ++i) {
        mirror& m = of(i);
        if (o.input == input_kind::resume && i != o.task) continue;
        if (m.paused || m.queued != 0 || !is_due(m, o.now)) continue;
        if (o.was_paused) expect(i, o, true);
    }
}

void model::explain_fresh(observation& o) {
    for (sim_run* r : o.fresh) {
        if (r->why != rondo::trigger::manual) continue;
        mirror& m = of(r->task);
        if (o.input != input_kind::trigger || r->task != o.task) {
            out_.report(checker, r->task, "a manual run that nobody asked for");
        } else if (full() != (r->record->state == core::run_state_kind::waiting)) {
            out_.report(checker, r->task, "a manual run waits with places free, or starts with none");
        } else if (full()) {
            r->at = sim_run::stage::waiting;
            r->arrival = ++arrivals_;
            ++m.manual_waiting;
            ++waiting_runs_;
        } else {
            ++m.in_flight;
            ++in_flight_;
        }
    }
}

// Places are free: those that wait get them in the order in which they came. Who came at the same
// instant may be in any order, so what is checked is that nobody is passed over.
void model::explain_places(observation& o, const std::vector<sim_run*>& runs) {
    bool looks = o.releases > 0 || (o.input == input_kind::resume_all && o.was_paused);
    if (!looks || stage_ != stopping::no) return nothing_else(o);
    places_.clear();
    for (int i = 0; i != static_cast<int>(tasks_max); ++i)
        if (of(i).queued != 0) places_.push_back({i, nullptr, of(i).queued});
    for (sim_run* r : runs)
        if (r->at == sim_run::stage::waiting) places_.push_back({r->task, r, r->arrival});
    if (places_.empty()) return nothing_else(o);
    std::ranges::sort(places_, {}, &place::arrival);
    std::uint64_t latest_served = 0;
    for (place& p : places_) {
        mirror& m = of(p.task);
        bool served = false;
        if (p.run == nullptr && !o.of(p.task).empty()) {
            if (!is_due(m, o.now)) out_.report(checker, p.task, "a slot is decided before it is due");
            expect(p.task, o, false);
            served = true;
        } else if (p.run == nullptr && !is_due(m, o.now) && !m.record->ready) {
            m.queued = 0; // the clock was set back, so it waits for its time again
        } else if (p.run != nullptr && p.run->record->state != core::run_state_kind::waiting) {
            if (!may_start(m.overlap, m.in_flight, m.in_flight_max))
                out_.report(checker, p.task, "a manual run starts beside too many");
            p.run->at = sim_run::stage::beginning;
            --m.manual_waiting;
            --waiting_runs_;
            ++m.in_flight;
            ++in_flight_;
            served = true;
        }
        if (!served) continue;
        latest_served = std::max(latest_served, p.arrival);
        p.arrival = never_ns;
    }
    for (const place& p : places_) {
        const mirror& m = of(p.task);
        bool waits = p.arrival != never_ns && (p.run != nullptr || m.queued != 0);
        if (!waits || (p.run != nullptr && !may_start(m.overlap, m.in_flight, m.in_flight_max))) continue;
        if (!full()) out_.report(checker, p.task, "it waits for a place, and there is one");
        if (p.arrival < latest_served) out_.report(checker, p.task, "who came later got the place");
    }
    nothing_else(o);
}

void model::nothing_else(const observation& o) {
    for (std::size_t i = 0; i != tasks_max; ++i)
        if (!o.slots[i].empty())
            out_.report(checker, static_cast<int>(i), "decided out of turn: " + text_of(o.slots[i]));
}

} // namespace rondo::simulation
