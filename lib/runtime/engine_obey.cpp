// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <fmt/format.h>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
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
        log_exception("what was decided is done later");
    }
}

// After the last of several inputs: hand on what they brought.
void engine::settle() {
    if (core_.has_decisions() || !outbox_.ends.empty() || !outbox_.begins.empty()) record();
    rearm();
}

void engine::obey_actions() {
    struct guard { // also if something throws
        bool& on;
        bool before;
        explicit guard(bool& b) noexcept : on(b), before(std::exchange(b, true)) {}
        ~guard() { on = before; }
    } obeying(obeying_);
    do {
        // By index: an action may bring others.
        for (std::size_t i = 0; i != core_.actions().size(); ++i) {
            core::action a = core_.actions()[i];
            obey_guarded(a);
        }
        core_.actions().clear();
    } while (end_stillborn());
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
    stillborn_.pop_back();
    with_core([&](core::scheduler& core) { core.ended(*run, core::body_end::failed, clock_.now()); });
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

namespace {

bool has_failed(const detail::run_report& report) noexcept {
    return report.failed ||
           std::ranges::any_of(report.results, [](const task_result& r) { return r.failed(); });
}

// Whether the user wants another attempt.
void ask_for_retry(detail::run_state& state, bool late) noexcept {
    detail::run_report& report = state.report;
    state.asked = true;
    try {
        run_failure failure{
            state.uid,   state.id,      state.attempt, late ? outcome::timed_out : outcome::failed,
            report.code, report.thrown, report.error,  report.results};
        report.final = !state.what->extras()->retry_if(failure);
    } catch (...) {
        report.final = true;
        try {
            report.error += " (retry_if threw: " + detail::current_exception_text() + ")";
        } catch (...) { // no memory, so it goes unsaid
        }
    }
}

// Its body did not know that it had failed: it was late, or never began.
bool is_to_be_asked(const detail::run_state& state) noexcept {
    const core::run_record& record = *state.record;
    if (!state.what->wants_to_be_asked() || state.asked) return false;
    if (record.cancelled != cancel_reason::none && record.cancelled != cancel_reason::timeout) return false;
    return record.state == core::run_state_kind::overdue ? !record.last : has_failed(state.report);
}

boost::asio::awaitable<void> run_body(std::shared_ptr<detail::run_state> state) {
    if (state->cancelled()) {
        state->report.failed = true;
        state->report.error = "cancelled before it began";
        co_return;
    }
    try {
        co_await state->what->run(context(state), state->users, state->report);
    } catch (const boost::system::system_error& e) {
        state->report.failed = true;
        state->report.thrown = std::current_exception();
        state->report.code = e.code();
        state->report.error = e.what();
    } catch (...) {
        state->report.failed = true;
        state->report.thrown = std::current_exception();
        state->report.error = detail::current_exception_text();
    }
    bool late = state->reason() == cancel_reason::timeout;
    if (state->what->wants_to_be_asked() && (late || has_failed(state->report))) ask_for_retry(*state, late);
    state->report.thrown = nullptr; // here, as it may refer to what goes with the body
}

} // namespace

void engine::start_body(core::run_record& record) {
    tell_run(event_kind::run_started, record, {}, {});
    auto state = new_state(record);
    state->uid = record.task->uid;
    state->name = record.task->name;
    state->id = record.id;
    state->trigger = record.trigger;
    state->attempt = record.attempt;
    state->scheduled_at = record.scheduled_at;
    state->started_at = record.started_at;
    if (record.deadline != 0) state->deadline = steady_time(std::chrono::nanoseconds(record.deadline));
    state->users = record.users;
    state->users_asked = !record.users.empty();
    state->what = static_cast<detail::body*>(record.task->payload.get());
    state->record = &record;
    note_due(*state, record);
    runs_.emplace(record.id, state);
    std::atomic_ref(record.runner).store(state.get()); // observers may look
    if (!state->what->for_users() || state->users_asked) return spawn(state);
    want_users_.push_back(std::move(state));
    if (want_users_.size() == 1) post([self = shared_from_this()] { self->load_users(); });
}

// Never at once: a strand that is free runs what it is given at once, here within ours, and a body may compute
// for long before it first waits.
void engine::spawn(const state_ptr& state) {
    if (state->record == nullptr) return; // it was given up while it waited for its users
    auto later = boost::asio::require(state->executor(), boost::asio::execution::blocking.never);
    later.execute([self = shared_from_this(), state] {
        auto signal = std::make_shared<boost::asio::cancellation_signal>();
        state->signal = signal;
        self->note_begin(*state);
        boost::asio::co_spawn(
            state->executor(), run_body(state),
            boost::asio::bind_cancellation_slot(signal->slot(), [self, state, signal](std::exception_ptr) {
                state->signal.reset(); // a cancel that comes later finds nothing to do
                self->body_ended(state);
            }));
    });
    state->spawned = true;
}

// One look at the users serves all runs that start together, and no later one: that may be for others.
void engine::load_users() {
    call<std::vector<user>>([](rondo::repository& r) { return r.users(); },
                            [this, batch = std::exchange(want_users_, {})](result<std::vector<user>> users) {
                                for (const auto& state : batch) begin_for(state, users);
                            });
}

// A body that cannot begin has failed.
void engine::begin_for(const state_ptr& state, const result<std::vector<user>>& users) noexcept {
    state->report.failed = true;
    try {
        if (users) {
            state->users = users.value();
            state->report.failed = false;
            return spawn(state);
        }
        state->report.error = "its users are not known: " + users.error().message();
    } catch (...) { // no memory
        state->report.failed = true;
        log_exception("a body could not be started");
    }
    body_ended(state);
}

void engine::cancel_body(core::run_record& record) {
    auto found = runs_.find(record.id);
    if (found == runs_.end()) return;
    state_ptr state = found->second;
    cancel_reason why = record.cancelled;
    if (!state->spawned) return state->cancel(why); // it will look before it begins
    // The signal belongs to the strand of the coroutine.
    boost::asio::post(state->executor(), [state, why] {
        state->cancel(why);
        if (auto signal = state->signal.lock()) signal->emit(boost::asio::cancellation_type::terminal);
    });
}

// Any thread. Where there is no memory to tell the strand, the next who ends does, or the next tick.
void engine::body_ended(state_ptr state) noexcept {
    std::lock_guard lock(ended_mutex_);
    ended_.push(std::move(state));
    drain_later();
}

// With the lock.
void engine::drain_later() noexcept {
    constexpr int tries = 3; // another thread may let go of some memory
    for (int i = 0; i != tries && !draining_; ++i) {
        try {
            post([self = shared_from_this()] { self->drain_ended(); });
            draining_ = true;
        } catch (...) {
            log_exception("the end of a run is seen later");
        }
    }
    undrained_ = !draining_;
}

engine::state_ptr engine::next_ended() {
    std::lock_guard lock(ended_mutex_);
    return ended_.pop();
}

// On its strand, as always.
void engine::ask_late(const state_ptr& state) {
    bool late = state->record->state == core::run_state_kind::overdue;
    boost::asio::post(state->executor(), [self = shared_from_this(), state, late] {
        ask_for_retry(*state, late);
        self->body_ended(state);
    });
}

// Not so many that the loop would stand still; for the others it comes back.
void engine::drain_ended() {
    constexpr std::size_t batch_max = 1000;
    {
        std::lock_guard lock(ended_mutex_);
        draining_ = false;
        undrained_ = false;
    }
    drain_at_ = steady_time::max();
    instant now = clock_.now();
    state_ptr state;
    try {
        for (std::size_t left = batch_max; left > 0 && (state = next_ended()) != nullptr; --left)
            end_body(state, now);
        settle();
    } catch (...) { // no memory: what was told is obeyed with the next input, the others wait a little
        log_exception("the end of a run could not be served");
        std::lock_guard lock(ended_mutex_);
        if (state != nullptr) ended_.push(std::move(state));
        drain_at_ = now.steady + std::chrono::milliseconds(100);
        return rearm();
    }
    std::lock_guard lock(ended_mutex_);
    if (!ended_.empty()) drain_later();
}

void engine::end_body(const state_ptr& state, instant now) {
    if (state->record == nullptr) return;
    if (is_to_be_asked(*state)) return ask_late(state); // the report is its strand's until then
    state->body_over = true;
    auto how = state->report.final         ? core::body_end::failed_for_good
               : has_failed(state->report) ? core::body_end::failed
                                           : core::body_end::success;
    with_core([&](core::scheduler& core) { core.ended(*state->record, how, now); });
    obey_actions();
}

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
    r.users = a.run->users;
    ended.request.token = a.run->token;
    ended.request.next_slot = a.next_slot;
    // The begin of a fixed delay builds on the end before, which moves its cursor; that of a task that follows on the
    // end that it follows; and that of another attempt must not find the one that failed unfinished beside it.
    ended.comes_first = a.next_slot.has_value() || a.followed || !a.last;
    auto found = runs_.find(r.id);
    if (found != runs_.end()) r.output = found->second->take_output();
    if (found != runs_.end() && found->second->body_over) take_results(found->second, r);
    if (r.message.empty() && r.outcome != outcome::success && r.outcome != outcome::failed)
        r.message = a.run->cancelled == cancel_reason::removed ? "the task was removed" : "";
    if (r.outcome == outcome::cancelled && !a.run->why_cancelled.empty()) r.message = a.run->why_cancelled;
    tell_run(event_kind::run_ended, *a.run, a.outcome, r.message);
    log_end(r);
    if (auto waiters = run_waiters_.extract(r.id)) ended.waiters = std::move(waiters.mapped());
    keep_for_followers(a, ended);
    if (!a.recorded) return let_waiters_go(ended);
    outbox_.add(std::move(ended));
}

// Results are kept of those users only that the run was for.
void engine::take_results(const state_ptr& state, run& r) {
    detail::run_report& report = state->report;
    std::size_t failed = 0;
    for (task_result& result : report.results) {
        if (std::ranges::find(state->users, result.user()) == state->users.end()) {
            log(log_level::warning,
                fmt::format("task {}: a result for user {}, who was not asked for, is dropped", r.uid,
                            result.user().id()));
            continue;
        }
        failed += result.failed() ? 1 : 0;
        r.results.push_back(std::move(result));
    }
    r.message = std::move(report.error);
    if (r.message.empty() && failed > 0)
        r.message = fmt::format("{} of {} users failed", failed, r.results.size());
}

void engine::release_run(core::run_record& record) {
    if (auto waiters = run_waiters_.extract(record.id)) // of a run that never was
        for (auto& waiter : waiters.mapped()) waiter->complete(errc::run_not_exists);
    if (auto chain = chains_.extract(record.id)) // likewise
        for (auto& follower : chain.mapped().followers) follower->complete(errc::run_not_exists);
    auto found = runs_.find(record.id);
    if (found == runs_.end()) return;
    found->second->record = nullptr;
    found->second->what = nullptr;
    auto old_body = std::move(found->second->keep);
    found->second->leave_strand(false);
    runs_.erase(found);
    if (life_ == life::over && record.task->runs == nullptr) auto body = std::move(record.task->payload);
}

} // namespace rondo::runtime
