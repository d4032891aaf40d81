// SPDX-License-Identifier: BSL-1.0
// Bodies, from their turn to their end.
#include <runtime/engine.hpp>

#include <runtime/body_executor.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace rondo::runtime {
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

// What the body threw, for as long as it is in flight.
void take_exception(detail::run_state& state) noexcept {
    detail::run_report& report = state.report;
    report.failed = true;
    report.thrown = std::current_exception();
    try {
        report.error = detail::current_exception_text();
        throw;
    } catch (const boost::system::system_error& e) {
        report.code = e.code();
    } catch (...) { // has no code; or there is no memory for its text
    }
}

void look_at_end(detail::run_state& state) noexcept {
    bool late = state.reason() == cancel_reason::timeout;
    if (state.what->wants_to_be_asked() && (late || has_failed(state.report))) ask_for_retry(state, late);
    state.report.thrown = nullptr; // here, as it may refer to what goes with the body
}

// The signal belongs to the strand of the coroutine.
void post_cancel(const std::shared_ptr<detail::run_state>& state, cancel_reason why) {
    boost::asio::post(state->executor(), [state, why] {
        state->cancel(why);
        detail::body_seat* seat = state->seat();
        if (seat == nullptr) return;                // it comes too late
        const auto keep = seat->shared_from_this(); // what it cancels may end the coroutine at once
        seat->cancelled = true;
        seat->signal.emit(boost::asio::cancellation_type::terminal);
    });
}

// False: there is no memory, and the body must not begin.
bool take_seat(const std::shared_ptr<detail::run_state>& state, detail::body_seat& seat) noexcept {
    const cancel_reason early = state->take(seat);
    if (early == cancel_reason::none) return !state->cancelled();
    try {
        post_cancel(state, early); // as if it had come a moment later
        return true;
    } catch (...) {
        state->cancel(early);
        return false;
    }
}

// Of a run without a body that could tell.
void fail_without(detail::run_state& state, const char* why) noexcept {
    state.report.failed = true;
    try {
        state.report.error = why;
    } catch (...) { // no memory, so it goes unsaid
    }
}

} // namespace

// Its turn comes in another handler: a body may compute for long before it first waits.
void engine::spawn(const state_ptr& state) {
    if (state->record == nullptr) return; // it was given up while it waited for its users
    std::lock_guard lock(ready_.mutex);
    seat_soon();
    state->spawned = true;
    ready_.list.push(state);
}

// With the lock. Not on our strand: where several threads run the context, so do bodies.
void engine::seat_soon() {
    if (ready_.posted) return;
    boost::asio::post(executor_, [self = shared_from_this()] { self->seat_next(); });
    ready_.posted = true;
}

/// Any thread. As many as there is time for in one handler, so that those that are ready become no more and no more;
/// while there are others, another such handler is on its way, or, for want of memory, this one goes on.
void engine::seat_next() {
    constexpr int seats_max = 1000;
    const steady_time until = awake() + parts_.bodies;
    bool more = true;
    for (int seats = 1; more; ++seats) {
        state_ptr state;
        bool posted = true;
        {
            std::lock_guard lock(ready_.mutex);
            if (seats == 1) ready_.posted = false;
            state = ready_.list.pop();
            more = !ready_.list.empty();
            try {
                if (more) seat_soon();
            } catch (...) {
                posted = false;
            }
        }
        if (state != nullptr) give_seat(state, until);
        if (posted && (seats == seats_max || awake() >= until)) return;
    }
}

void engine::give_seat(const state_ptr& state, steady_time until) noexcept {
    try {
        const auto seat = std::make_shared<detail::body_seat>();
        seat->executor = strands_->make(watch_for(*state));
        seat->until = until;
        seat->executor.execute([self = shared_from_this(), seat, state] { self->open_seat(seat, state); });
    } catch (...) {
        cannot_begin(state);
    }
}

// On the strand of the seat.
void engine::open_seat(const std::shared_ptr<detail::body_seat>& seat, const state_ptr& state) noexcept {
    try {
        boost::asio::co_spawn(
            seat->executor, take_turns(shared_from_this(), seat, state),
            boost::asio::bind_cancellation_slot(seat->signal.slot(), [seat](std::exception_ptr) {}));
    } catch (...) {
        if (!state->has_turn()) return cannot_begin(state);
        log_exception("a body could not go on");
    }
}

// Of the exception in flight: there is no memory.
void engine::cannot_begin(const state_ptr& state) noexcept {
    log_exception("a body could not be started");
    fail_without(*state, "there was no memory to begin it");
    body_ended(state);
}

/// One body after the other, as long as none waits for anything: most only do a little, and the coroutine, its strand
/// and its signal cost more than they do. A body that has waited, or has left something on the strand, is the last.
boost::asio::awaitable<void> engine::take_turns(std::shared_ptr<engine> self,
                                                std::shared_ptr<detail::body_seat> seat, state_ptr state) {
    // A coroutine may be destroyed while its body waits: what it waits for let go of its handler, or threw when it
    // began, or the context goes down.
    struct leave {
        engine& e;
        state_ptr& state;
        ~leave() {
            if (state == nullptr) return;
            state->leave_seat(false);
            if (e.context_gone_) return;
            fail_without(*state, "its coroutine was destroyed");
            e.body_ended(std::move(state));
        }
    } on_exit{*this, state};
    const std::size_t uses = strands_->uses(seat->executor);
    // Where one ends the next begins: one look at the clock serves both. What the machine has slept is in the one time
    // only; if it sleeps just here, a delay is that much shorter.
    steady_time begins = elapsed();
    const std::chrono::nanoseconds slept = begins - awake();
    for (;;) {
        if (!take_seat(state, *seat)) {
            fail_without(*state, "cancelled before it began");
        } else {
            note_begin(*state, begins);
            try {
                co_await state->what->run(context(state), state->users, state->report);
            } catch (...) {
                take_exception(*state);
            }
            look_at_end(*state);
        }
        // Asio keeps it for `co_spawn`: whether this coroutine was ever suspended. One that was may be resumed by
        // anybody, anywhere, within whatever called its handler.
        const boost::asio::detail::awaitable_thread_has_context_switched waited;
        bool another = !co_await waited;
        if (another) {
            const steady_time now = awake();
            begins = now + slept;
            strands_->look(seat->executor, now);
            // Who may be asked about it later is so on the strand of the run.
            another = !seat->cancelled && !state->what->wants_to_be_asked() && now < seat->until &&
                      strands_->uses(seat->executor) == uses;
        }
        state->leave_seat(!another); // a cancel that comes later finds nothing to do
        body_ended(std::move(state));
        if (!another) break;
        try { // what the body made of these two
            co_await boost::asio::this_coro::reset_cancellation_state();
            co_await boost::asio::this_coro::throw_if_cancelled(true);
        } catch (...) { // no memory
            break;
        }
        state = ready_.next();
        if (state == nullptr) break;
        strands_->pass_on(seat->executor, state->uid, state->id);
    }
    (void)self;
}

void engine::cancel_body(core::run_record& record) {
    if (record.runner == nullptr) return;
    const state_ptr state = static_cast<detail::run_state*>(record.runner)->kept;
    cancel_reason why = record.cancelled;
    if (!state->spawned) return state->cancel(why); // it will look before it begins
    if (!state->cancel_at_turn(why)) post_cancel(state, why);
}

void engine::end_body(const state_ptr& state, instant now) {
    obey_left(); // it may have ended already
    if (state->record == nullptr) return;
    if (is_to_be_asked(*state)) return ask_late(state); // the report is its strand's until then
    state->body_over = true;
    auto how = state->report.final         ? core::body_end::failed_for_good
               : has_failed(state->report) ? core::body_end::failed
                                           : core::body_end::success;
    with_core([&](core::scheduler& core) { core.ended(*state->record, how, now); });
    obey_actions();
}

// On its strand, if it ever had one.
void engine::ask_late(const state_ptr& state) {
    bool late = state->record->state == core::run_state_kind::overdue;
    boost::asio::post(state->executor(), [self = shared_from_this(), state, late] {
        ask_for_retry(*state, late);
        self->body_ended(state);
    });
}

} // namespace rondo::runtime
