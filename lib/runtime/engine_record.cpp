// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <core/prefetch.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <span>

namespace rondo::runtime {
namespace {

constexpr std::size_t batch_max = 1000; // of begins, and of ends: bounds the time that one transaction takes

// What the repository says, with an error where it says nothing.
boost::asio::awaitable<recorded_runs> answers_of(repository& store, std::vector<finish_request> ended,
                                                 std::vector<begin_request> begun) {
    const std::size_t ends = ended.size();
    const std::size_t begins = begun.size();
    recorded_runs said{errc::store_failed, errc::store_failed};
    try {
        if (begins == 0)
            said.finished = co_await store.finish_runs(std::move(ended));
        else if (ends == 0)
            said.begun = co_await store.begin_runs(std::move(begun));
        else
            said = co_await store.record_runs(std::move(ended), std::move(begun));
    } catch (const boost::system::system_error& e) {
        said = recorded_runs{e.code(), e.code()};
    } catch (...) {
        said = recorded_runs{errc::store_failed, errc::store_failed};
    }
    if (ends == 0) said.finished = std::vector<finish_state>();
    if (begins == 0) said.begun = std::vector<begin_answer>();
    if (said.finished && said.finished.value().size() != ends) said.finished = errc::store_failed;
    if (said.begun && said.begun.value().size() != begins) said.begun = errc::store_failed;
    co_return said;
}

// What is needed of the runs that come soon, each step by what the one before has fetched: while the store was at work,
// the processor forgot them all. A run that waits for its answer is there until it has it, and so is its task.
void prefetch_after(const outbox::queue<core::decision>& called, std::size_t i) noexcept {
    constexpr std::size_t step = 4;
    const auto run_at = [&](std::size_t n) { return n < called.size() ? called[n].run : nullptr; };
    core::prefetch_whole(run_at(i + 3 * step));
    if (const core::run_record* run = run_at(i + 2 * step)) core::prefetch_whole(run->task);
    const core::run_record* next = run_at(i + step);
    if (next == nullptr) return;
    assert(next->state == core::run_state_kind::beginning);
    core::prefetch_whole(next->task->past.get());
    core::prefetch(next->task->payload.get());
    core::prefetch(next->task->uid.view().data());
    core::prefetch(next->task->name.view().data());
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
    const bool all = ahead || (store_down_ && !waits_for_store());
    const std::size_t taken =
        core_.hand_over_decisions(all ? core_.decisions_count() : batch_max,
                                  [this](std::span<core::decision> some) { outbox_.add(some); });
    if (ahead) let_runs_ahead(taken);
    trim_outbox();
}

/// Sends what there is to the repository. While a call is under way decisions stay in the core, which
/// merges skips, and the call looks for them at its end; but nobody waits for a store that is down.
void engine::record() {
    if (life_ == life::over) return;
    bool at_once = store_down_ || (core_.has_runs_ahead() && may_run_ahead());
    if (recording_ && !at_once) return;
    if (may_take_decisions()) take_decisions();
    if (store_down_) go_on_without_store();
    if (recording_ || outbox_.empty() || retry_at_ != steady_time::max()) return check_drained();
    recording_ = true;
    try {
        auto self = shared_from_this();
        auto signal = std::make_shared<boost::asio::cancellation_signal>();
        record_signal_ = signal;
        boost::asio::co_spawn(
            *strand_, record_all(self),
            boost::asio::bind_cancellation_slot(signal->slot(), [self, signal](std::exception_ptr failed) {
                if (!failed) self->on_recording_over();
            }));
    } catch (...) {
        ++recordings_; // it may be there still
        recording_ = false;
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
    if (retry_at_ == steady_time::max() && life_ != life::over) record_later("the recording failed");
}

// For want of memory, not of a store.
void engine::record_later(const char* what) noexcept {
    record_deadline_ = steady_time::max();
    retry_at_ = clock_.now().steady + std::chrono::milliseconds(100);
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
            if (e.recordings_ != mine) return;
            e.recording_ = false;
            if (e.context_gone_) return;
            e.look_at_partings();
            if (failed) e.on_recording_failed();
        }
    } on_exit{*this, ++recordings_};
    const bool together = repository_->records_together();
    // Those whose handlers are ready go on record with the first. A shutdown may have no time for that.
    if ((together || repository_->calls_are_costly()) && life_ != life::draining)
        co_await boost::asio::post(*strand_, boost::asio::deferred);
    while (retry_at_ == steady_time::max()) {
        put_back_called(); // if there was no memory for that
        // What is not needed yet stays in the core, which merges skips.
        if (outbox_.begins.size() < batch_max && may_take_decisions()) take_decisions();
        if (outbox_.empty() || store_works()) on_store_up();
        if (outbox_.empty()) break;
        if (together)
            co_await record_some(batch_max, batch_max);
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
    while (outbox_.ends_first > 0 && outbox_.end_may_go() && retry_at_ == steady_time::max()) {
        co_await record_some(batch_max, 0);
        co_await give_way();
    }
    if (outbox_.begins_that_may_go(1) > 0 && retry_at_ == steady_time::max())
        co_await record_some(0, batch_max);
    if (outbox_.end_may_go() && retry_at_ == steady_time::max()) co_await record_some(batch_max, 0);
}

// A store that answers at once must not keep the loop from others while there is more for it.
boost::asio::awaitable<void> engine::give_way() {
    if (outbox_.empty() && !core_.has_decisions()) co_return;
    co_await boost::asio::post(*strand_, boost::asio::deferred);
}

/// So many ends and begins at most, in one call.
boost::asio::awaitable<void> engine::record_some(std::size_t ends, std::size_t begins) {
    begins = outbox_.begins_that_may_go(begins); // those that build on none of the ends here
    outbox_.call_ends(outbox_.ends_that_may_go(ends));
    outbox_.call_begins(begins);
    std::vector<finish_request> ended;
    ended.reserve(outbox_.ends_called.size());
    for (const ended_run& e : outbox_.ends_called) ended.push_back(e.request);
    std::vector<begin_request> begun;
    begun.reserve(outbox_.begins_called.size());
    for (const core::decision& d : outbox_.begins_called)
        if (!is_unsaid(d)) begun.push_back(recorded_of(d));
    recorded_runs said{std::vector<finish_state>(), std::vector<begin_answer>()};
    if (!ended.empty() || !begun.empty()) {
        record_deadline_ = clock_.now().steady + options_.store_timeout;
        rearm();
        said = co_await answers_of(*repository_, std::move(ended), std::move(begun));
    }
    record_deadline_ = steady_time::max();
    // Bodies wait for the begins.
    if (said.begun) on_begins_recorded(said.begun.value());
    if (said.finished) on_ends_recorded(said.finished.value());
    if (!said.begun) put_back_failed_begins();
    if (!said.finished) put_back_failed_ends();
    if (!said.begun && !said.finished && said.begun.error() != said.finished.error())
        log(log_level::error, fmt::format("ends are not recorded: {}", said.finished.error().message()));
    if (!said.begun)
        on_store_failure(said.begun.error());
    else if (!said.finished)
        on_store_failure(said.finished.error());
}

void engine::put_back_failed_begins() {
    bool waits = !store_down_ || waits_for_store();
    if (!waits)
        for (core::decision& d : outbox_.begins_called) tell_unrecorded(d);
    outbox_.put_back_begins();
    if (waits) outbox_.begins_waiting = outbox_.begins.size();
}

void engine::put_back_failed_ends() {
    if (store_down_)
        for (ended_run& e : outbox_.ends_called) let_waiters_go(e);
    outbox_.put_back_ends();
    if (!store_down_) outbox_.ends_waiting = outbox_.ends.size();
}

void engine::on_begins_recorded(const std::vector<begin_answer>& answers) {
    if (outbox_.begins_called.empty()) return;
    took_begins_ = took_begins_ || !answers.empty();
    auto called = std::exchange(outbox_.begins_called, {});
    instant now = clock_.now();
    std::size_t of_outage = std::min(begins_of_outage_, called.size());
    begins_of_outage_ -= of_outage;
    auto answer = answers.begin();
    std::size_t failed = 0; // the first of `called`
    for (std::size_t i = 0; i != called.size(); ++i) {
        prefetch_after(called, i);
        try {
            bool missed = (store_down_ && !waits_for_store()) || i < of_outage;
            if (is_unsaid(called[i]))
                tell_unrecorded(called[i]);
            else
                on_begin_answer(called[i], *answer++, missed, now);
        } catch (...) { // no memory: asked again, the store says the same again
            log_exception("a run does not begin yet");
            if (called[i].run != nullptr) std::swap(called[failed++], called[i]);
        }
    }
    if (failed > 0) {
        called.erase(called.begin() + static_cast<std::ptrdiff_t>(failed), called.end());
        outbox_.begins_called.swap(called);
        record_later("runs begin later");
        outbox_.put_back_begins();
        outbox_.begins_waiting = outbox_.begins.size();
    } else {
        outbox_.keep_room(std::move(called));
    }
    settle();
}

void engine::on_begin_answer(core::decision& d, const begin_answer& a, bool of_outage, instant now) {
    bool waiting = d.run != nullptr; // it waits for this answer
    bool conflict = a.state == begin_state::conflict && d.request.moves_cursor;
    if (conflict && !waiting && a.next_slot == d.request.next) return; // an earlier answer got lost
    // After an outage we know better than the store; otherwise it was another manager.
    bool ours = !waiting && (d.request.started.has_value() || of_outage);
    if (a.state == begin_state::unknown_task)
        log(log_level::error,
            fmt::format("task {}: the repository does not know it any more", d.request.uid));
    if (waiting && !conflict) {
        std::uint64_t token = a.state == begin_state::recorded ? a.token : 0;
        with_core([&](core::scheduler& core) { core.begun(*d.run, token, now); });
        obey_actions();
    }
    if (a.state == begin_state::recorded && ours && d.request.moves_cursor && a.next_slot != d.request.next)
        lose_cursor(d.request.uid); // the run was known, so the store did not look at the rest
    if (!conflict) return;
    log(log_level::warning, fmt::format("task {}: its next slot on record is {}, not {}", d.request.uid,
                                        a.next_slot, d.request.expected));
    if (ours) return lose_cursor(d.request.uid);
    with_core([&](core::scheduler& core) { core.refused(d, a.next_slot, now); });
    obey_actions();
}

void engine::lose_cursor(std::string_view uid) {
    if (core::task_record* task = core_.find(uid)) task->cursor_lost = true;
}

void engine::on_ends_recorded(const std::vector<finish_state>& states) {
    took_ends_ = took_ends_ || !states.empty();
    auto called = std::exchange(outbox_.ends_called, {});
    for (std::size_t i = 0; i != called.size(); ++i) {
        run& ended = called[i].request.run;
        if (states[i] == finish_state::fenced) {
            log(log_level::error,
                fmt::format("task {} run {}: another end is on record", ended.uid, ended.id));
            if (called[i].request.next_slot) lose_cursor(ended.uid);
        }
        for (auto& waiter : called[i].waiters) waiter->complete(ended);
    }
    outbox_.keep_room(std::move(called));
}

} // namespace rondo::runtime
