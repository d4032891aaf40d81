// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <runtime/run_waiters.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace rondo::runtime {
namespace {

constexpr std::chrono::nanoseconds joined_for = std::chrono::milliseconds(2);

// What the repository says, with an error where it says nothing. More may join it while it is under way.
boost::asio::awaitable<recorded_runs> answers_of(repository& store, joining_runs::part asked,
                                                 const recording_call& call) {
    recorded_runs said{errc::store_failed, errc::store_failed};
    try {
        if (call.more != nullptr)
            said = co_await store.record_runs(std::move(asked.ended), std::move(asked.begun), call.more);
        else if (asked.begun.empty())
            said.finished = co_await store.finish_runs(std::move(asked.ended));
        else
            said.begun = co_await store.begin_runs(std::move(asked.begun));
    } catch (const boost::system::system_error& e) {
        said = recorded_runs{e.code(), e.code()};
    } catch (...) {
        said = recorded_runs{errc::store_failed, errc::store_failed};
    }
    check_answers(said, call.ends, call.begins);
    co_return said;
}

} // namespace

// While runs wait for the store, the core merges what is not asked for yet. A shutdown lets go of all of it.
bool engine::may_take_decisions() const noexcept {
    return !waits_for_store() || outbox_.empty() || life_ == life::draining;
}

// What was put off for long may be a million: a part of it. But runs that do not wait for their record do not wait, and
// where nothing waits for a store that is down, what it may have missed is known by having been taken.
void engine::take_decisions() {
    const bool ahead = core_.has_runs_ahead() && may_run_ahead();
    const bool all = ahead || (outage_.down && !waits_for_store());
    const std::size_t taken =
        core_.hand_over_decisions(all ? core_.decisions_count() : record_batch_max,
                                  [this](std::span<core::decision> some) { outbox_.add(some); });
    if (ahead) let_runs_ahead(taken);
    trim_outbox();
}

/// Sends what there is to the repository. While a call is under way that nobody may join any more decisions stay in the
/// core, which merges skips, and the call looks for them at its end; but nobody waits for a store that is down.
void engine::record() {
    if (life_ == life::over) return;
    bool at_once = outage_.down || (core_.has_runs_ahead() && may_run_ahead());
    if (recording_.on && !at_once) return join_call();
    if (may_take_decisions()) take_decisions();
    if (outage_.down) go_on_without_store();
    if (recording_.on) join_call();
    if (recording_.on || outbox_.empty() || outage_.retry_at != steady_time::max()) return check_drained();
    recording_.on = true;
    ++recording_.calls;
    if (recording_.at_once && record_at_once()) return;
    try {
        auto self = shared_from_this();
        auto signal = std::make_shared<boost::asio::cancellation_signal>();
        recording_.signal = signal;
        boost::asio::co_spawn(
            strand_, record_all(self),
            boost::asio::bind_cancellation_slot(signal->slot(), [self, signal](std::exception_ptr failed) {
                if (!failed) self->on_recording_over();
            }));
    } catch (...) {
        ++recording_.calls; // it may be there still
        recording_.on = false;
        record_later("nothing is recorded now");
    }
}

void engine::on_recording_over() noexcept {
    try {
        record(); // what came in the last moment
    } catch (...) {
        record_later("nothing is recorded now");
    }
}

// Also if it was cancelled, and is to be tried again later.
void engine::on_recording_failed() noexcept {
    try {
        put_back_called();
    } catch (...) { // no memory: the next does it
    }
    if (outage_.retry_at == steady_time::max() && life_ != life::over) record_later("the recording failed");
}

// For want of memory, not of a store.
void engine::record_later(const char* what) noexcept {
    outage_.retry_at = clock_.now().steady + std::chrono::milliseconds(100);
    log(log_level::error, what);
    rearm();
}

void engine::put_back_called() {
    if (!outbox_.begins_called.empty()) {
        outbox_.put_back_begins();
        outbox_.begins_waiting = outbox_.begins.size();
    }
    if (!outbox_.ends_called.empty()) {
        outbox_.put_back_ends();
        outbox_.ends_waiting = outbox_.ends.size();
    }
}

boost::asio::awaitable<void> engine::record_all(std::shared_ptr<engine> self) {
    struct
        leave { // also if Asio finds no memory to go on, and destroys us, maybe when another has taken our place
        engine& e;
        std::uint64_t mine;
        bool failed = true;
        ~leave() {
            if (e.recording_.calls != mine) return;
            e.recording_.on = false;
            e.call_ = {};
            if (e.context_gone_) return;
            e.look_at_partings();
            if (failed) e.on_recording_failed();
        }
    } on_exit{*this, recording_.calls};
    const bool together = repository_->records_together();
    // Those whose handlers are ready go on record with the first. A shutdown may have no time for that.
    if ((together || repository_->calls_are_costly()) && life_ != life::draining)
        co_await boost::asio::post(strand_, boost::asio::deferred);
    while (outage_.retry_at == steady_time::max()) {
        put_back_called(); // if there was no memory for that
        // What is not needed yet stays in the core, which merges skips.
        if (outbox_.begins.size() < record_batch_max && may_take_decisions()) take_decisions();
        if (outbox_.empty() || store_works()) on_store_up();
        if (outbox_.empty()) break;
        if (together)
            co_await record_some(record_batch_max, record_batch_max);
        else
            co_await record_in_turn();
        look_at_partings();
        co_await give_way();
    }
    on_exit.failed = false;
    (void)self;
}

// Begins first, as bodies wait for them; but some build on an end before.
boost::asio::awaitable<void> engine::record_in_turn() {
    while (outbox_.ends_first > 0 && outbox_.end_may_go() && outage_.retry_at == steady_time::max()) {
        co_await record_some(record_batch_max, 0);
        co_await give_way();
    }
    if (outbox_.begins_that_may_go(1) > 0 && outage_.retry_at == steady_time::max())
        co_await record_some(0, record_batch_max);
    if (outbox_.end_may_go() && outage_.retry_at == steady_time::max())
        co_await record_some(record_batch_max, 0);
}

// A store that answers at once must not keep the loop from others while there is more for it.
boost::asio::awaitable<void> engine::give_way() {
    if (outbox_.empty() && !core_.has_decisions()) co_return;
    co_await boost::asio::post(strand_, boost::asio::deferred);
}

/// So many ends and begins at most, in one call.
boost::asio::awaitable<void> engine::record_some(std::size_t ends, std::size_t begins) {
    begins = outbox_.begins_that_may_go(begins); // those that build on none of the ends here
    ends = outbox_.ends_that_may_go(ends);
    const steady_time now = clock_.now().steady;
    joining_runs::part asked = outbox_.first(ends, begins, now);
    outbox_.call_ends(ends);
    outbox_.call_begins(begins);
    call_.ends = asked.ended.size();
    call_.begins = asked.begun.size();
    recorded_runs said{std::vector<finish_state>(), std::vector<begin_answer>()};
    if (call_.ends != 0 || call_.begins != 0) {
        if (repository_->records_together()) call_.more = std::make_shared<joining_runs>();
        if (call_.begins != 0) call_.since = awake();
        call_.joined_until = now + joined_for;
        call_.deadline = now + options_.store_timeout;
        rearm();
        said = co_await answers_of(*repository_, std::move(asked), call_);
    }
    on_recorded(std::move(said));
}

// Of what was called.
void engine::on_recorded(recorded_runs said) {
    if (said.begun && call_.since != steady_time()) recording_.note(awake() - call_.since);
    core_.set_lead(recording_.lead());
    call_ = {};
    if (said.finished)
        on_ends_recorded(said.finished.value()); // first: it is soon done, and must not be missed
    if (said.begun) on_begins_recorded(std::move(said.begun).value());
    if (!said.begun) put_back_failed_begins();
    if (!said.finished) put_back_failed_ends();
    if (!said.begun && !said.finished && said.begun.error() != said.finished.error())
        log(log_level::error, fmt::format("ends are not recorded: {}", said.finished.error().message()));
    if (!said.begun)
        on_store_failure(said.begun.error());
    else if (!said.finished)
        on_store_failure(said.finished.error());
}

/// What is ready joins the call that is under way, if the repository takes it: then a long list of runs need not be
/// complete before it is begun to go on record, and the loop makes up the rest while the repository is at it.
void engine::join_call() noexcept {
    if (call_.more == nullptr || !call_.more->is_open() || outage_.down || life_ == life::draining) return;
    try {
        const steady_time now = clock_.now().steady;
        if (now >= call_.joined_until) return;
        if (outbox_.begins.size() < record_batch_max && may_take_decisions()) take_decisions();
        const auto room = [](std::size_t n) { return record_batch_max - std::min(n, record_batch_max); };
        const std::size_t ends = outbox_.ends_that_may_go(room(outbox_.ends_called.size()));
        const std::size_t begins = outbox_.begins_that_may_go(room(outbox_.begins_called.size()));
        joining_runs::part asked = outbox_.first(ends, begins, now);
        outbox_.reserve_called(ends, begins);
        const std::size_t ends_asked = asked.ended.size();
        const std::size_t begins_asked = asked.begun.size();
        if (ends_asked + begins_asked == 0 || !call_.more->join(asked)) return;
        outbox_.call_ends(ends); // nothing throws any more
        outbox_.call_begins(begins);
        call_.ends += ends_asked;
        call_.begins += begins_asked;
    } catch (...) { // no memory: they go with the next call
        log_exception("runs are recorded later");
    }
}

void engine::put_back_failed_begins() {
    if (!answered_.rests) answer_begins(answered_.called.size()); // of the call before: they were first
    bool waits = !outage_.down || waits_for_store();
    if (!waits)
        for (core::decision& d : outbox_.begins_called) tell_unrecorded(d);
    outbox_.put_back_begins();
    if (waits) outbox_.begins_waiting = outbox_.begins.size();
}

void engine::put_back_failed_ends() {
    if (outage_.down)
        for (ended_run& e : outbox_.ends_called) let_waiters_go(e);
    outbox_.put_back_ends();
    if (!outage_.down) outbox_.ends_waiting = outbox_.ends.size();
}

} // namespace rondo::runtime
