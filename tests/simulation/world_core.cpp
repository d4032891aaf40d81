// SPDX-License-Identifier: BSL-1.0
#include <simulation/world_input.hpp>

#include <simulation/dice.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rondo::simulation {
namespace {

int task_of(const core::task_record& t) noexcept {
    return t.uid.view().back() - '0';
}

sim_run& run_of(core::run_record& r) noexcept {
    return *static_cast<sim_run*>(r.runner);
}

} // namespace

// What came out, before anybody judges it: skips from what is told, runs from those that are new.
void world::collect() {
    for (const core::action& a : core_->actions()) {
        if (a.task == nullptr) continue;
        int task = task_of(*a.task);
        seen_.touched |= 1u << task;
        if (a.kind == core::action::kind::task_resumed) seen_.resumed |= 1u << task;
        if (a.kind != core::action::kind::slots_skipped) continue;
        const skip_range& s = a.skipped;
        check_.counters.skipped(task, s.reason, s.count);
        verdict v = skip_of(s.reason, s.first, s.last, s.count);
        if (s.reason != skip_reason::not_owner) {
            seen_.of(task).push_back(v);
            seen_.skips[static_cast<std::size_t>(task)].push_back(v);
        } else if (std::exchange(seen_.theirs_told, v)) {
            out_.report("model", task, "slots of another manager are told twice");
        }
    }
    for (int i = 0; i != static_cast<int>(swarm_.tasks); ++i)
        if (records_[static_cast<std::size_t>(i)] != nullptr) look(i);
    for (const core::action& a : core_->actions()) // it may be gone again already
        if (a.next != nullptr && a.next->runner == nullptr) seen_.fresh.push_back(&adopt(*a.next));
    std::size_t told = 0;
    for (const core::action& a : core_->actions()) {
        ++told;
        bool ends = a.kind == core::action::kind::end_run || a.kind == core::action::kind::no_retry;
        if (ends && a.run->runner != nullptr) run_of(*a.run).told = told;
    }
    for (auto& list : seen_.slots) // a run tells nothing by itself, so its place among the skips is lost
        if (list.size() > 1) std::ranges::stable_sort(list, {}, &verdict::first);
}

// The newest runs of a task are the first in its list.
void world::look(int task) {
    std::size_t known = seen_.fresh.size();
    for (core::run_record* r = records_[static_cast<std::size_t>(task)]->runs(); r != nullptr; r = r->next) {
        if (r->runner != nullptr) break;
        seen_.fresh.push_back(&adopt(*r));
    }
    auto begin = seen_.fresh.begin() + static_cast<std::ptrdiff_t>(known);
    std::reverse(begin, seen_.fresh.end());
    std::reverse(runs_.end() - (seen_.fresh.end() - begin), runs_.end());
    for (; known != seen_.fresh.size(); ++known) {
        sim_run& s = *seen_.fresh[known];
        if (s.why == rondo::trigger::retry) continue; // it begins later
        check_.nothing_after.begun(task);
        if (!s.for_slot) continue;
        seen_.of(task).push_back(simulation::run_of(s.slot, s.why));
        check_.counters.begun(task);
        check_.never_early.begun(task, s.slot, now_);
    }
}

// What the update did not have to decide any more is of the new schedule.
void world::tell_of_update(int task) {
    const mirror& m = model_.of(task);
    if (!m.changed) return;
    std::uint64_t old = 0;
    for (const verdict& v : m.backlog) old += v.count;
    moment slot = m.slot == no_slot ? moment() : moment(m.slot);
    check_.conservation.updated(task, m.when, old, slot);
    check_.never_early.updated(task, m.when, m.backlog, now_);
}

sim_run& world::adopt(core::run_record& r) {
    if (free_runs_.empty()) free_runs_.push_back(&all_runs_.emplace_back());
    sim_run& s = *free_runs_.back();
    free_runs_.pop_back();
    s = sim_run();
    r.runner = &s;
    s.record = &r;
    s.id = r.id;
    s.task = task_of(*r.task);
    s.why = r.trigger;
    s.for_slot = takes_slot(s.why);
    s.slot = r.scheduled_at;
    s.started_at = r.started_at;
    if (s.why == rondo::trigger::retry) s.at = sim_run::stage::backing_off;
    if (s.why == rondo::trigger::backfill) s.at = sim_run::stage::waiting;
    runs_.push_back(&s);
    seen_.touched |= 1u << s.task;
    return s;
}

void world::judge() {
    for (int i = 0; i != static_cast<int>(swarm_.tasks); ++i) {
        for (const verdict& v : seen_.of(i)) {
            tally_.slots += v.count;
            check_.conservation.told(i, v.count);
            check_.preview.decided(i, v);
            out_.trace = scramble(out_.trace ^ v.count ^
                                  static_cast<std::uint64_t>(v.last.time_since_epoch().count()));
            if (out_.telling) note(i, to_string(v));
        }
    }
    model_.explain_slots(seen_);
    model_.explain_fresh(seen_);
    for (sim_run* r : seen_.fresh)
        if (r->why == rondo::trigger::manual && r->at != sim_run::stage::waiting)
            check_.counters.begun(r->task);
    obey_all();
    for (sim_run* r : seen_.begun) {
        check_.counters.begun(r->task);
        check_.nothing_after.begun(r->task);
        seen_.touched |= 1u << r->task;
        if (r->why == rondo::trigger::backfill) check_.backfill.begun(*r, now_);
        if (r->why != rondo::trigger::retry) continue;
        if (r->of_backfill) check_.backfill.in_time(*r, now_);
        check_.counters.retried(r->task);
        check_.attempts.begun(*r, now_);
    }
    if (seen_.input == input_kind::update) tell_of_update(seen_.task);
    model_.explained(seen_);
    check_.outcomes.after_input(runs_);
    check_.attempts.after_input(runs_);
    check_.limits.after_input(runs_);
    check_.backfill.after_input(runs_);
    for (std::size_t i = 0; i != swarm_.tasks; ++i)
        if (records_[i] != nullptr && (seen_.touched >> i & 1) != 0)
            check_.counters.after_input(static_cast<int>(i), records_[i]->counts());
    wakeup_ = std::chrono::nanoseconds(core_->next_wakeup(now_).time_since_epoch()).count();
    if (!seen_.short_of_memory) check_.progress.after_input(model_, wakeup_, seen_.input, now_, runs_);
}

// Who gets a free place may take that of another run, which is told; so what that may bring is looked at
// after what frees places.
void world::obey_all() {
    using kind = enum core::action::kind;
    auto is_late = [](const core::action& a) {
        switch (a.kind) {
        case kind::cancel_run:
        case kind::task_paused:
        case kind::backfill_done:
        case kind::task_gone:
        case kind::shutdown_done: return true;
        case kind::no_retry: return a.run->state == core::run_state_kind::backing_off || run_of(*a.run).body;
        case kind::release_run: return a.run->state == core::run_state_kind::backing_off;
        default: return false;
        }
    };
    for (const core::action& a : core_->actions())
        if (!is_late(a)) obey(a);
    if (seen_.input != input_kind::on_time) model_.explain_places(seen_);
    for (const core::action& a : core_->actions())
        if (is_late(a)) obey(a);
    core_->actions().clear();
}

void world::obey(const core::action& a) {
    using kind = enum core::action::kind;
    int task = a.task != nullptr ? task_of(*a.task) : findings::no_task;
    out_.trace = scramble(out_.trace ^ static_cast<std::uint64_t>(a.kind) ^
                          static_cast<std::uint64_t>(task + 1) << 8 ^ (a.run != nullptr ? a.run->id.low : 0));
    if (task != findings::no_task) check_.nothing_after.told(task);
    switch (a.kind) {
    case kind::start_run: return obey_start(run_of(*a.run));
    case kind::cancel_run: return obey_cancel(run_of(*a.run));
    case kind::end_run: return obey_end(run_of(*a.run), a);
    case kind::release_run: return obey_release(run_of(*a.run));
    case kind::run_overrunning: return check_.outcomes.overruns(run_of(*a.run));
    case kind::retry_later: return obey_retry_later(run_of(*a.run), *a.next);
    case kind::no_retry:
        check_.backfill.ended(run_of(*a.run), outcome::failed);
        return check_.attempts.given_up(run_of(*a.run));
    case kind::task_paused: return obey_own_pause(task, true);
    case kind::task_resumed: return obey_own_pause(task, false);
    case kind::backfill_done: return obey_backfill_done(task);
    case kind::follow_refused: return out_.report("actions", task, "what no task of this world wants");
    case kind::slots_skipped: return;
    case kind::task_gone: return obey_gone(task);
    case kind::shutdown_done:
        check_.nothing_after.shutdown_done();
        check_.progress.shutdown_done(model_, runs_);
        model_.shutdown_is_done();
        leaves_at_ = ns_of(now_) + swarm_.core.cancel_grace.count();
        return;
    }
}

void world::obey_cancel(sim_run& r) {
    check_.outcomes.told_to_end(r);
    if (out_.telling) note(r.task, fmt::format("cancel the run of {}", rondo::to_string(r.slot, 6)));
    r.cancel_told = true;
    if (r.stubborn || !r.body) return;
    r.fails = draw(swarm_.seed, 5, r.task, r.slot.time_since_epoch().count()) % 4 != 0;
    r.body_ends =
        std::min(r.body_ends, ns_of(now_) + static_cast<std::int64_t>(r.fails ? 0 : swarm_.unit_us * 100));
}

void world::obey_end(sim_run& r, const core::action& a) {
    int task = r.task;
    if (r.at == sim_run::stage::waiting) check_.counters.begun(task); // dropped: it counts as a run
    check_.outcomes.ended(r, a.outcome, a.last);
    if (a.last) check_.backfill.ended(r, a.outcome);
    check_.counters.ended(task, a.outcome);
    if (out_.telling)
        note(task,
             fmt::format("end the run of {}: {}", rondo::to_string(r.slot, 6), rondo::to_string(a.outcome)));
    model_.end(r, a, seen_.input, now_);
    moment next = a.next_slot;
    if (!next) next = model_.goes_on(task);
    if (next) check_.never_early.ended(task, now_);
    if (next && !a.next_slot) check_.conservation.goes_on(task, next);
    check_.conservation.ended(task, a.next_slot);
    lane::entry& e = lanes_[static_cast<std::size_t>(task)].push();
    e.is_end = true;
    e.end = {r.id, r.why, r.slot, a.run->started_at, r.attempt, a.at, a.outcome, a.run->token, a.next_slot};
}

void world::obey_retry_later(sim_run& r, core::run_record& next) {
    if (out_.telling) note(r.task, fmt::format("another attempt after {}", r.attempt));
    check_.attempts.planned(r, run_of(next));
    model_.retry_later(r, run_of(next));
}

// As lib/runtime records it.
void world::obey_own_pause(int task, bool pauses) {
    mirror& m = model_.of(task);
    bool wanted = std::exchange(pauses ? m.must_pause : m.must_resume, false);
    if (!wanted) out_.report("actions", task, "it pauses, or goes on, and nothing says so");
    if (out_.telling) note(task, pauses ? "pauses itself" : "goes on by itself");
    own_pauses_[static_cast<std::size_t>(task)] = true;
    record_own_pauses();
}

void world::record_own_pauses() {
    if (store_broken()) return;
    for (std::size_t i = 0; i != swarm_.tasks; ++i) {
        if (!std::exchange(own_pauses_[i], false)) continue;
        const mirror& m = model_.of(static_cast<int>(i));
        store::task_row& row = store_.row(static_cast<int>(i));
        row.paused = m.paused;
        row.pause = {m.pause_reason, m.paused_until};
    }
}

void world::obey_gone(int task) {
    if (out_.telling) note(task, "gone");
    check_.nothing_after.gone(task);
    check_.backfill.gone(task);
    check_.uid_unique.gone(task);
    check_.preview.intervened(task);
    model_.gone(task);
    for (const sim_run* r : runs_)
        if (r->task == task) out_.report("nothing after", task, "a run is left of a task that is gone");
    records_[static_cast<std::size_t>(task)] = nullptr;
    own_pauses_[static_cast<std::size_t>(task)] = false;
    store_.row(task).active = false;
}

void world::obey_start(sim_run& r) {
    check_.nothing_after.started(r.task);
    check_.outcomes.started(r, r.token != 0, store_);
    check_.manual.started(r);
    check_.limits.started(r, now_);
    model_.started(r, now_);
    if (out_.telling) note(r.task, fmt::format("start the body of {}", rondo::to_string(r.slot, 6)));
    const task_plan& p = model_.of(r.task).plan;
    std::uint64_t n = draw(swarm_.seed, 3, r.task, r.slot.time_since_epoch().count(), r.ask, r.attempt);
    std::int64_t length = p.body_us_max == 0 || healing_
                              ? 0
                              : static_cast<std::int64_t>(n % static_cast<std::uint64_t>(p.body_us_max + 1));
    r.body = true;
    r.body_ends = ns_of(now_) + length * 1000;
    r.fails = swarm_.fails != 0 && !healing_ && (n >> 20) % static_cast<std::uint64_t>(swarm_.fails) == 0;
    r.for_good = swarm_.for_good != 0 && (n >> 30) % static_cast<std::uint64_t>(swarm_.for_good) == 0;
    r.stubborn = swarm_.stubborn != 0 && (n >> 40) % static_cast<std::uint64_t>(swarm_.stubborn) == 0;
}

void world::obey_release(sim_run& r) {
    check_.outcomes.released(r);
    check_.attempts.released(r);
    model_.release(r, now_);
    std::erase(runs_, &r);
    free_runs_.push_back(&r);
}

void world::begun(core::run_record& record, std::uint64_t token) {
    sim_run& r = run_of(record);
    r.answered = true;
    r.token = token;
    if (r.cancelled != cancel_reason::none) {
        r.expect_end(outcome_of(r.cancelled));
    } else {
        r.at = sim_run::stage::running;
        std::int64_t timeout = model_.of(r.task).plan.timeout.count() * 1000;
        std::int64_t slot_timeout = model_.of(r.task).plan.slot_timeout.count() * 1000;
        if (slot_timeout != 0 && r.attempt == 1) r.give_up_at = ns_of(now_) + slot_timeout;
        r.deadline = r.give_up_at;
        if (timeout != 0) r.deadline = ns_of(now_) + timeout;
        if (r.give_up_at != 0) r.deadline = std::min(r.deadline, r.give_up_at);
    }
    int task = r.task;
    input(input_kind::begun, task, &r, [&] { ask([&] { core_->begun(record, token, now_); }); });
}

void world::ended(sim_run& r) {
    r.body = false;
    r.body_ends = never_ns;
    r.deadline = 0;
    model_.body_ends(r, now_);
    auto how = r.fails ? core::body_end::failed : core::body_end::success;
    if (r.fails && r.for_good) how = core::body_end::failed_for_good;
    input(input_kind::ended, r.task, &r, [&] { ask([&] { core_->ended(*r.record, how, now_); }); });
}

void world::on_time() {
    model_.note_who_waits();
    input(input_kind::on_time, findings::no_task, nullptr, [&] { ask([&] { core_->on_time(now_); }); });
}

void world::note(int task, std::string text) {
    out_.story.push_back({task, fmt::format("{} {}", rondo::to_string(now_.wall, 6), text)});
}

} // namespace rondo::simulation
