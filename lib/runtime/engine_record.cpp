// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rondo::runtime {
namespace {

constexpr std::size_t batch_max = 1000; // bounds the time that one transaction takes

template <class Answer>
boost::asio::awaitable<result<std::vector<Answer>>> guarded(repository::awaitable<std::vector<Answer>> call,
                                                            std::size_t expected) {
    result<std::vector<Answer>> answers = errc::store_failed;
    try {
        answers = co_await std::move(call);
    } catch (const boost::system::system_error& e) {
        answers = e.code();
    } catch (...) {
        answers = errc::store_failed;
    }
    if (answers && answers.value().size() != expected) answers = errc::store_failed;
    co_return answers;
}

} // namespace

// While runs wait for the store, the core merges what is not asked for yet. A shutdown lets go of all of it.
bool engine::may_take_decisions() const noexcept {
    return !waits_for_store() || outbox_.empty() || life_ == life::draining;
}

void engine::take_decisions() {
    bool ahead = core_.has_runs_ahead() && may_run_ahead();
    std::size_t fresh = core_.decisions_count();
    core_.hand_over_decisions([this](std::vector<core::decision>& some) { outbox_.add(some); });
    if (ahead) let_runs_ahead(fresh);
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
                self->on_recording_over(failed != nullptr);
            }));
    } catch (...) {
        recording_ = false;
        record_later("nothing is recorded now");
    }
}

void engine::on_recording_over(bool failed) noexcept {
    recording_ = false;
    look_at_partings();
    try {
        if (!failed) return record(); // for what came in the last moment
        put_back_called();
        record_later("the recording failed");
    } catch (...) {
        record_later("the recording failed");
    }
}

// For want of memory, not of a store.
void engine::record_later(const char* what) noexcept {
    record_deadline_ = steady_time::max();
    retry_at_ = clock_.now().steady + std::chrono::milliseconds(100);
    log(log_level::error, what);
    rearm();
}

void engine::put_back_called() {
    outbox_.put_back_begins();
    outbox_.begins_waiting = outbox_.begins.size();
    outbox_.put_back_ends();
    outbox_.ends_waiting = outbox_.ends.size();
}

boost::asio::awaitable<void> engine::record_all(std::shared_ptr<engine> self) {
    // Those whose handlers are ready go on record with the first. A shutdown may have no time for that.
    if (repository_->calls_are_costly() && life_ != life::draining)
        co_await boost::asio::post(*strand_, boost::asio::deferred);
    while (retry_at_ == steady_time::max()) {
        // What is not needed yet stays in the core, which merges skips.
        if (outbox_.begins.size() < batch_max && may_take_decisions()) take_decisions();
        if (outbox_.empty() || store_works()) on_store_up();
        if (outbox_.empty()) break;
        // Begins first, as bodies wait for them; but some build on an end before.
        while (outbox_.ends_first > 0 && outbox_.end_may_go() && retry_at_ == steady_time::max()) {
            co_await record_ends();
            co_await give_way();
        }
        if (outbox_.begins_that_may_go(1) > 0 && retry_at_ == steady_time::max()) co_await record_begins();
        if (outbox_.end_may_go() && retry_at_ == steady_time::max()) co_await record_ends();
        look_at_partings();
        co_await give_way();
    }
    (void)self;
}

// A store that answers at once must not keep the loop from others while there is more for it.
boost::asio::awaitable<void> engine::give_way() {
    if (outbox_.empty() && !core_.has_decisions()) co_return;
    co_await boost::asio::post(*strand_, boost::asio::deferred);
}

boost::asio::awaitable<void> engine::record_begins() {
    outbox_.call_begins(outbox_.begins_that_may_go(batch_max));
    std::vector<begin_request> requests;
    requests.reserve(outbox_.begins_called.size());
    for (const core::decision& d : outbox_.begins_called)
        if (!is_unsaid(d)) requests.push_back(recorded_of(d));
    const std::size_t said = requests.size();
    result<std::vector<begin_answer>> answers = std::vector<begin_answer>();
    if (said > 0) {
        record_deadline_ = clock_.now().steady + options_.store_timeout;
        rearm();
        try {
            answers = co_await guarded(repository_->begin_runs(std::move(requests)), said);
        } catch (...) { // thrown before there was a coroutine
            answers = errc::store_failed;
        }
    }
    record_deadline_ = steady_time::max();
    if (!answers) {
        bool waits = !store_down_ || waits_for_store();
        if (!waits)
            for (core::decision& d : outbox_.begins_called) tell_unrecorded(d);
        outbox_.put_back_begins();
        if (waits) outbox_.begins_waiting = outbox_.begins.size();
        on_store_failure(answers.error());
        co_return;
    }
    took_begins_ = took_begins_ || said > 0;
    auto called = std::exchange(outbox_.begins_called, {});
    instant now = clock_.now();
    std::size_t of_outage = std::min(begins_of_outage_, called.size());
    begins_of_outage_ -= of_outage;
    auto answer = answers.value().begin();
    for (std::size_t i = 0; i != called.size(); ++i) {
        try {
            bool missed = (store_down_ && !waits_for_store()) || i < of_outage;
            if (is_unsaid(called[i]))
                tell_unrecorded(called[i]);
            else
                on_begin_answer(called[i], *answer++, missed, now);
        } catch (...) { // no memory: asked again, the store says the same again
            log_exception("a run does not begin yet");
            if (called[i].run != nullptr) outbox_.begins_called.push_back(std::move(called[i]));
        }
    }
    if (!outbox_.begins_called.empty()) {
        put_back_called();
        record_later("runs begin later");
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

boost::asio::awaitable<void> engine::record_ends() {
    outbox_.call_ends(outbox_.ends_that_may_go(batch_max));
    std::vector<finish_request> requests;
    requests.reserve(outbox_.ends_called.size());
    for (const ended_run& e : outbox_.ends_called) requests.push_back(e.request);
    record_deadline_ = clock_.now().steady + options_.store_timeout;
    rearm();
    result<std::vector<finish_state>> answers = errc::store_failed;
    try {
        answers = co_await guarded(repository_->finish_runs(std::move(requests)), outbox_.ends_called.size());
    } catch (...) {
        answers = errc::store_failed;
    }
    record_deadline_ = steady_time::max();
    if (!answers) {
        if (store_down_)
            for (ended_run& e : outbox_.ends_called) let_waiters_go(e);
        outbox_.put_back_ends();
        if (!store_down_) outbox_.ends_waiting = outbox_.ends.size();
        on_store_failure(answers.error());
        co_return;
    }
    took_ends_ = true;
    auto called = std::exchange(outbox_.ends_called, {});
    for (std::size_t i = 0; i != called.size(); ++i) {
        run& ended = called[i].request.run;
        if (answers.value()[i] == finish_state::fenced) {
            log(log_level::error,
                fmt::format("task {} run {}: another end is on record", ended.uid, ended.id));
            if (called[i].request.next_slot) lose_cursor(ended.uid);
        }
        for (auto& waiter : called[i].waiters) waiter->complete(ended);
    }
}

} // namespace rondo::runtime
