// SPDX-License-Identifier: BSL-1.0
#include <traces/core_payload.hpp>
#include <traces/core_player.hpp>

#include <algorithm>

namespace rondo::traces {

trace play_core(const workload& w) {
    trace out;
    core_player player(w, out);
    play(player, w);
    return out;
}

void core_player::start() {
    core::scheduler_options o;
    o.resolution = w_.resolution;
    o.runs_in_flight_max = w_.runs_in_flight_max;
    o.runs_waiting_max = w_.runs_waiting_max;
    o.cancel_grace = w_.cancel_grace;
    o.wall_clock_check = std::chrono::years(100); // it is woken when somebody sets the clock
    o.seed = ++lives_;
    bodies_.clear();
    core_.emplace(o);
    out_.forget_runs();
    life_ = life::running;
    armed_ = steady_time::min();
    settle();
}

void core_player::pass_to(std::chrono::nanoseconds t) {
    steady_time end = steady_time(std::chrono::hours(1)) + t;
    for (steady_time next = next_event(); next <= end; next = next_event()) {
        clock_.advance(next - now().steady);
        out_.pass_to(now().steady - steady_time(std::chrono::hours(1)));
        settle();
    }
    clock_.advance(end - now().steady);
    out_.pass_to(now().steady - steady_time(std::chrono::hours(1)));
}

steady_time core_player::next_event() {
    steady_time next = life_ == life::over ? steady_time::max() : armed_;
    if (const body* b = next_body()) next = std::min(next, b->until);
    return next == steady_time::max() ? next : std::max(next, now().steady);
}

// All that happens now: bodies are over one by one, when nothing else is left to do.
void core_player::settle() {
    for (;;) {
        if (life_ != life::over && armed_ <= now().steady) {
            tick();
        } else if (shutdown_done_) {
            check_drained();
        } else if (body* due = next_body(); due != nullptr && due->until <= now().steady) {
            core_->ended(*due->run, end_of(*due), now());
            obey();
        } else {
            return;
        }
    }
}

void core_player::tick() {
    armed_ = steady_time::min();
    core_->on_time(now());
    obey();
    armed_ = core_->next_wakeup(now());
}

void core_player::rearm() {
    if (armed_ != steady_time::min() && core_->next_wakeup(now()) < armed_) armed_ = steady_time::min();
}

core_player::body* core_player::next_body() {
    body* next = nullptr;
    for (body& b : bodies_)
        if (next == nullptr || std::pair(b.until, b.run->id) < std::pair(next->until, next->run->id))
            next = &b;
    return next;
}

core::body_end core_player::end_of(const body& b) const {
    bool failed = b.told == cancel_reason::none || b.act.goes_on ? b.act.fails : true;
    bool may_retry = failed || b.told == cancel_reason::timeout;
    if (may_retry && b.plan->body.last_attempt == b.run->attempt) return core::body_end::failed_for_good;
    return failed ? core::body_end::failed : core::body_end::success;
}

void core_player::start_body(core::run_record& run) {
    body b;
    b.run = &run;
    b.plan = static_cast<const core_payload*>(run.task->payload.get())->plan;
    b.act = act_of(w_.seed, b.plan->body, run.task->uid, run.scheduled_at, run.attempt);
    b.until = now().steady + b.act.length;
    bodies_.push_back(b);
}

void core_player::cancel_body(core::run_record& run) {
    auto b = std::ranges::find(bodies_, &run, &body::run);
    if (b == bodies_.end()) return;
    b->told = run.cancelled;
    if (!b->act.goes_on) b->until = now().steady + b->act.later;
}

void core_player::tell_history() {
    out_.say("on record:");
    for (const run& r : store_.history()) out_.tell(r);
}

} // namespace rondo::traces
