// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <runtime/run_waiters.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>

namespace rondo::runtime {

void engine::obey() {
    obey_actions();
    settle();
}

// What was decided is so, if there is no memory to do it now: the next input does, or the next tick.
void engine::obey_or_later() noexcept {
    try {
        obey();
    } catch (...) {
        on_failure("what was decided is done later");
    }
}

// After the last of several inputs: hand on what they brought.
void engine::settle() {
    if (core_.has_decisions() || !outbox_.ends.empty() || !outbox_.begins.empty()) record();
    rearm();
}

namespace {

// No end must be lost for want of memory: without any for all of them these actions, from the first that was not obeyed,
// are left to the next input, or the next tick. Gives how many there are now.
std::size_t make_room_for_ends(outbox& to, std::vector<core::action>& actions, std::size_t from) {
    const auto first = actions.begin() + static_cast<std::ptrdiff_t>(from);
    const auto ends = std::count_if(
        first, actions.end(), [](const core::action& a) { return a.kind == core::action::kind::end_run; });
    try {
        if (ends != 0) to.make_room_for_ends(static_cast<std::size_t>(ends));
    } catch (...) {
        actions.erase(actions.begin(), first);
        throw;
    }
    return actions.size();
}

} // namespace

void engine::obey_actions() {
    struct guard { // also if something throws
        bool& on;
        bool before;
        explicit guard(bool& b) noexcept : on(b), before(std::exchange(b, true)) {}
        ~guard() { on = before; }
    } obeying(obeying_);
    do {
        std::size_t with_room = 0;
        // By index: an action may bring others.
        for (std::size_t i = 0; i != core_.actions().size(); ++i) {
            if (i == with_room) with_room = make_room_for_ends(outbox_, core_.actions(), i);
            core::action a = core_.actions()[i];
            obey_guarded(a);
        }
        core_.actions().clear();
    } while (end_stillborn());
}

// Of an input that failed.
void engine::obey_left() {
    if (!obeying_ && (!core_.actions().empty() || !stillborn_.empty())) obey_actions();
}

// One that fails, for want of memory say, must not take the others with it.
void engine::obey_guarded(core::action& a) noexcept {
    try {
        obey(a);
    } catch (...) {
        if (a.kind == core::action::kind::start_run && stillborn_.size() < stillborn_.capacity())
            stillborn_.push_back(a.run);
        log_exception("a task could not be served");
    }
}

// Runs whose bodies could not be started.
bool engine::end_stillborn() {
    if (stillborn_.empty()) return false;
    core::run_record* run = stillborn_.back();
    with_core([&](core::scheduler& core) { core.ended(*run, core::body_end::failed, clock_.now()); });
    stillborn_.pop_back(); // once it has ended: that may need memory
    return true;
}

void engine::obey(core::action& a) {
    using kind = enum core::action::kind;
    switch (a.kind) {
    case kind::start_run: return start_body(*a.run);
    case kind::cancel_run: return cancel_body(*a.run);
    case kind::end_run: return end_run(a);
    case kind::retry_later: return retry_later(a);
    case kind::no_retry: return no_retry(a);
    case kind::backfill_done: return on_backfill_done(a);
    case kind::release_run: return release_run(*a.run);
    case kind::run_overrunning: return tell_run(event_kind::run_overrunning, *a.run, {}, {});
    case kind::slots_skipped: return tell_skip(a);
    case kind::follow_refused:
        return log(log_level::warning, fmt::format("task {}: a run of {} was not followed: {}", a.task->uid,
                                                   a.task->when.followed(), a.refused.message()));
    case kind::task_paused:
    case kind::task_resumed: return on_own_pause(a);
    case kind::task_gone: return on_task_gone(a);
    case kind::shutdown_done: return on_shutdown_done();
    }
}

void engine::start_body(core::run_record& record) {
    tell_run(event_kind::run_started, record, {}, {});
    auto state = new_state();
    state->uid = record.task->uid;
    state->name = record.task->name;
    state->id = record.id;
    state->trigger = record.trigger;
    state->attempt = record.attempt;
    state->fencing_token = record.token;
    state->scheduled_at = record.scheduled_at;
    state->started_at = record.started_at;
    if (record.deadline != 0) state->deadline = steady_time(std::chrono::nanoseconds(record.deadline));
    state->users_asked = !record.users.empty();
    if (state->users_asked) state->users = record.users;
    state->what = static_cast<detail::body*>(record.task->payload.get());
    state->record = &record;
    note_due(*state, record);
    runs_.insert(state);
    std::atomic_ref(record.runner).store(state.get(), std::memory_order_release); // observers may look
    if (!state->what->for_users() || state->users_asked) return spawn(state);
    want_users_.push_back(std::move(state));
    if (want_users_.size() != 1) return;
    try {
        post([self = shared_from_this()] { self->load_users(); });
    } catch (...) { // no memory: it does not begin, and the next asks anew
        want_users_.pop_back();
        throw;
    }
}

// Any thread. Where there is no memory to tell the strand, the next who ends does, or the next tick.
void engine::body_ended(state_ptr state) noexcept {
    std::lock_guard lock(ended_.mutex);
    ended_.list.push(std::move(state));
    drain_later();
}

// With the lock.
void engine::drain_later() noexcept {
    constexpr int tries = 3; // another thread may let go of some memory
    for (int i = 0; i != tries && !ended_.posted; ++i) {
        try {
            post([self = shared_from_this()] { self->drain_ended(); });
            ended_.posted = true;
        } catch (...) {
            log_exception("the end of a run is seen later");
        }
    }
    ended_.unposted = !ended_.posted;
}

// A part of them; for the others it comes back.
void engine::drain_ended() {
    {
        std::lock_guard lock(ended_.mutex);
        ended_.posted = false;
        ended_.unposted = false;
    }
    instant now = clock_.now();
    if (drain_at_ <= now.steady) answered_.rests = false;
    if (!answered_.rests) drain_at_ = steady_time::max();
    run_list ended = ended_.all();
    state_ptr state;
    try {
        for (std::size_t left = parts_.ends; left > 0 && (state = ended.pop()) != nullptr; --left)
            end_body(state, now);
        state = nullptr;
        if (answered_.has_next()) answer_soon();
        settle();
    } catch (...) { // no memory: what was told is obeyed with the next input, the others wait a little
        log_exception("the end of a run could not be served");
        std::lock_guard lock(ended_.mutex);
        ended_.list.put_first(std::move(ended));
        if (state != nullptr) ended_.list.push(std::move(state));
        drain_at_ = now.steady + std::chrono::milliseconds(100);
        return rearm();
    }
    std::lock_guard lock(ended_.mutex);
    ended_.list.put_first(std::move(ended));
    if (!ended_.list.empty()) drain_later();
}

// There is room for it.
void engine::end_run(const core::action& a) {
    ended_run ended;
    run& r = ended.request.run;
    r.id = a.run->id;
    r.uid = a.task->uid;
    r.trigger = a.run->trigger;
    r.attempt = a.run->attempt;
    r.scheduled_at = a.run->scheduled_at;
    r.started_at = a.run->started_at;
    r.finished_at = a.at;
    r.outcome = a.outcome;
    ended.request.token = a.run->token;
    ended.request.next_slot = a.next_slot;
    // The begin of a fixed delay builds on the end before, which moves its cursor; that of a task that follows on the
    // end that it follows; and that of another attempt must not find the one that failed unfinished beside it.
    ended.comes_first = a.next_slot.has_value() || a.followed || !a.last;
    try {
        tell_end(a, r);
    } catch (...) { // no memory: what was not told is missing, but the end is not
        log_exception("an end is not told as it should be");
    }
    if (auto waiters = extracted(run_waiters_, r.id)) ended.waiters = std::move(waiters.mapped());
    keep_for_followers(a, ended);
    if (!a.recorded) return let_waiters_go(ended);
    outbox_.add(std::move(ended));
}

// What the body has told, and to those who listen.
void engine::tell_end(const core::action& a, run& r) {
    if (auto* state = static_cast<detail::run_state*>(a.run->runner)) {
        r.output = state->take_output();
        if (state->body_over) take_results(*state, r);
    }
    if (!a.run->users.empty()) r.users = a.run->users;
    if (r.message.empty() && r.outcome != outcome::success && r.outcome != outcome::failed)
        r.message = a.run->cancelled == cancel_reason::removed ? "the task was removed" : "";
    if (r.outcome == outcome::cancelled && !a.run->why_cancelled.empty()) r.message = a.run->why_cancelled;
    if (r.outcome == outcome::interrupted && a.run->cancelled == cancel_reason::lease_lost)
        r.message = lease_lost_message;
    tell_run(event_kind::run_ended, *a.run, a.outcome, r.message);
    log_end(r);
}

// Results are kept of those users only that the run was for.
void engine::take_results(detail::run_state& state, run& r) {
    detail::run_report& report = state.report;
    const auto was_asked = [&](const task_result& result) {
        return std::ranges::find(state.users, result.user()) != state.users.end();
    };
    r.message = std::move(report.error);
    r.results = std::move(report.results);
    const auto dropped = std::stable_partition(r.results.begin(), r.results.end(), was_asked);
    try {
        for (auto result = dropped; result != r.results.end(); ++result)
            log(log_level::warning,
                fmt::format("task {}: a result for user {}, who was not asked for, is dropped", r.uid,
                            result->user().id()));
    } catch (...) { // no memory for the line
    }
    r.results.erase(dropped, r.results.end());
    const auto failed = std::ranges::count_if(r.results, [](const task_result& t) { return t.failed(); });
    if (!r.message.empty() || failed == 0) return;
    try {
        r.message = fmt::format("{} of {} users failed", failed, r.results.size());
    } catch (...) { // no memory for that
    }
}

void engine::release_run(core::run_record& record) {
    if (auto waiters = extracted(run_waiters_, record.id)) // of a run that never was
        for (auto& waiter : waiters.mapped()) waiter->complete(errc::run_not_exists);
    if (auto chain = extracted(chains_, record.id)) // likewise
        for (auto& follower : chain.mapped().followers) follower->complete(errc::run_not_exists);
    if (record.runner == nullptr) return;
    const state_ptr kept = runs_.take(*static_cast<detail::run_state*>(record.runner));
    record.runner = nullptr;
    detail::run_state& state = *kept;
    state.record = nullptr;
    state.what = nullptr;
    auto old_body = std::move(state.keep);
    if (!state.body_over || state.keeps_strand()) state.leave_strand(false);
    if (life_ == life::over && record.task->runs() == nullptr) auto body = std::move(record.task->payload);
}

} // namespace rondo::runtime
