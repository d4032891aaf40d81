// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace rondo::runtime {
namespace {

constexpr std::size_t batch_max = 1000; // bounds the time that one transaction takes
constexpr std::chrono::nanoseconds backoff_min = std::chrono::milliseconds(50);
constexpr std::chrono::nanoseconds backoff_max = std::chrono::seconds(5);

template <class T>
std::vector<T> take_front(boost::container::devector<T>& queue, std::size_t n) {
    n = std::min(n, queue.size());
    std::vector<T> front(std::make_move_iterator(queue.begin()),
                         std::make_move_iterator(queue.begin() + static_cast<std::ptrdiff_t>(n)));
    queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(n));
    return front;
}

template <class T>
void put_back(boost::container::devector<T>& queue, std::vector<T>& front) {
    queue.insert(queue.begin(), std::make_move_iterator(front.begin()), std::make_move_iterator(front.end()));
    front.clear();
}

// The begin of a fixed delay builds on the end before, which moves its cursor; and that of another attempt on
// that of the one that failed, which must not be found unfinished beside it.
bool ends_go_first(const outbox& o) noexcept {
    if (o.ends.empty()) return false;
    auto is_retry = [](const core::decision& d) {
        return d.request.started && d.request.started->attempt > 1;
    };
    return o.end_moves_cursor() || std::ranges::any_of(o.begins, is_retry);
}

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

void engine::take_decisions() {
    std::vector<core::decision> fresh;
    core_.take_decisions(fresh);
    outbox_.add(fresh);
    trim_outbox();
}

/// Sends what there is to the repository. While a call is under way decisions stay in the core, which
/// merges skips, and the call looks for them at its end; but nobody waits for a store that is down.
void engine::record() {
    if (recording_ && !store_down_) return;
    take_decisions();
    while (store_down_) { // a run that starts, or is dropped, may bring other decisions
        tell_all_unrecorded();
        if (!core_.has_decisions()) break;
        take_decisions();
    }
    if (recording_ || outbox_.empty() || retry_at_ != steady_time::max()) return check_drained();
    recording_ = true;
    auto self = shared_from_this();
    auto signal = std::make_shared<boost::asio::cancellation_signal>();
    record_signal_ = signal;
    boost::asio::co_spawn(
        *strand_, record_all(self),
        boost::asio::bind_cancellation_slot(signal->slot(), [self, signal](std::exception_ptr) {
            self->recording_ = false;
            self->record(); // for what came in the last moment
        }));
}

boost::asio::awaitable<void> engine::record_all(std::shared_ptr<engine> self) {
    while (retry_at_ == steady_time::max()) {
        // What is not needed yet stays in the core, which merges skips.
        if (outbox_.begins.size() < batch_max) take_decisions();
        if (store_down_ && store_works()) on_store_up();
        if (outbox_.empty()) break;
        // Begins first, as bodies wait for them.
        while (ends_go_first(outbox_) && outbox_.end_may_go() && retry_at_ == steady_time::max()) {
            co_await record_ends();
            co_await give_way();
        }
        if (!outbox_.begins.empty() && retry_at_ == steady_time::max()) co_await record_begins();
        if (outbox_.end_may_go() && retry_at_ == steady_time::max()) co_await record_ends();
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
    outbox_.begins_called = take_front(outbox_.begins, batch_max);
    std::vector<begin_request> requests;
    requests.reserve(outbox_.begins_called.size());
    for (const core::decision& d : outbox_.begins_called) requests.push_back(d.request);
    record_deadline_ = clock_.now().steady + options_.store_timeout;
    rearm();
    result<std::vector<begin_answer>> answers = errc::store_failed;
    try {
        answers =
            co_await guarded(repository_->begin_runs(std::move(requests)), outbox_.begins_called.size());
    } catch (...) { // thrown before there was a coroutine
        answers = errc::store_failed;
    }
    record_deadline_ = steady_time::max();
    if (!answers) {
        put_back(outbox_.begins, outbox_.begins_called);
        on_store_failure(answers.error());
        co_return;
    }
    took_begins_ = true;
    auto called = std::exchange(outbox_.begins_called, {});
    instant now = clock_.now();
    std::size_t of_outage = std::min(begins_of_outage_, called.size());
    begins_of_outage_ -= of_outage;
    for (std::size_t i = 0; i != called.size(); ++i)
        on_begin_answer(called[i], answers.value()[i], store_down_ || i < of_outage, now);
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
    with_core([&](core::scheduler& core) { core.refused(d.request, d.run, a.next_slot, now); });
    obey_actions();
}

void engine::lose_cursor(std::string_view uid) {
    if (core::task_record* task = core_.find(uid)) task->cursor_lost = true;
}

boost::asio::awaitable<void> engine::record_ends() {
    outbox_.ends_called = take_front(outbox_.ends, outbox_.ends_that_may_go(batch_max));
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
        put_back(outbox_.ends, outbox_.ends_called);
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

void engine::tell_unrecorded(core::decision& d) {
    core::run_record* record = std::exchange(d.run, nullptr);
    if (record == nullptr) return;
    with_core([&](core::scheduler& core) { core.begun(*record, 0, clock_.now()); });
    obey_actions(); // not `obey`: that would bring us back here
}

// The runs start without their record, and nobody waits for a record any longer.
void engine::tell_all_unrecorded() {
    for (std::size_t i = 0; i != outbox_.begins_called.size(); ++i) tell_unrecorded(outbox_.begins_called[i]);
    for (std::size_t i = 0; i != outbox_.begins.size(); ++i) tell_unrecorded(outbox_.begins[i]);
    let_waiters_go();
}

void engine::let_waiters_go() {
    for (ended_run& e : outbox_.ends_called)
        for (auto& waiter : std::exchange(e.waiters, {})) waiter->complete(e.request.run);
    for (ended_run& e : outbox_.ends)
        for (auto& waiter : std::exchange(e.waiters, {})) waiter->complete(e.request.run);
}

void engine::on_store_failure(error_code why) {
    backoff_ = std::clamp(backoff_ * 2, backoff_min, backoff_max);
    retry_at_ = clock_.now().steady + backoff_;
    took_begins_ = took_ends_ = false;
    begins_of_outage_ = 0; // all are, as long as it lasts
    if (!store_down_) {
        store_down_ = true;
        log(log_level::error, fmt::format("the repository fails: {}", why.message()));
        event e;
        e.kind = event_kind::store_failed;
        e.at = clock_.now().wall;
        e.message = why.message();
        publish(e);
    }
    record();
    rearm();
}

// A store is up again when it has taken everything; or, as there may always be more, when it has taken begins
// and ends. One that takes begins and hangs at ends would make the runs wait at each try. From then on they
// wait behind what is left, which also keeps them from bringing more than the store can take.
bool engine::store_works() const noexcept {
    return outbox_.empty() || (took_begins_ && took_ends_);
}

void engine::on_store_up() {
    backoff_ = std::chrono::nanoseconds(0);
    store_down_ = false;
    begins_of_outage_ = outbox_.begins.size();
    trim_outbox();
    log(log_level::warning,
        outbox_.dropped == 0
            ? std::string("the repository works again")
            : fmt::format("the repository works again; {} begins and ends were lost", outbox_.dropped));
    event e;
    e.kind = event_kind::store_recovered;
    e.at = clock_.now().wall;
    publish(e);
}

// The call goes on: its answer may still come, and counts then.
void engine::on_store_overdue() {
    record_deadline_ = steady_time::max();
    store_down_ = true;
    took_begins_ = took_ends_ = false;
    begins_of_outage_ = 0;
    log(log_level::error, "the repository is overdue");
    event e;
    e.kind = event_kind::store_failed;
    e.at = clock_.now().wall;
    e.message = make_error_code(errc::store_timeout).message();
    publish(e);
    record();
    cancel_recording();
}

void engine::cancel_recording() {
    if (auto signal = record_signal_.lock()) signal->emit(boost::asio::cancellation_type::terminal);
}

// A store that is up takes all, however much falls due at once.
void engine::trim_outbox() {
    while (store_down_ && outbox_.size() > options_.outbox_max &&
           (!outbox_.begins.empty() || !outbox_.ends.empty()))
        drop_oldest();
    std::lock_guard lock(mutex_);
    state_.store_down = store_down_;
    state_.outbox = outbox_.size();
    state_.outbox_dropped = outbox_.dropped;
}

void engine::drop_oldest() {
    ++outbox_.dropped;
    // One line for each doubling: a long outage must not drown the log.
    bool tell = (outbox_.dropped & (outbox_.dropped - 1)) == 0;
    if (outbox_.ends.size() > outbox_.begins.size()) {
        ended_run oldest = std::move(outbox_.ends.front());
        outbox_.ends.pop_front();
        if (tell)
            log(log_level::error,
                fmt::format("task {} run {}: its end is lost, the outbox is full ({} lost so far)",
                            oldest.request.run.uid, oldest.request.run.id, outbox_.dropped));
        tell_dropped(oldest.request.run);
        if (oldest.request.next_slot) lose_cursor(oldest.request.run.uid);
        for (auto& waiter : oldest.waiters) waiter->complete(oldest.request.run);
        return;
    }
    core::decision oldest = std::move(outbox_.begins.front());
    outbox_.begins.pop_front();
    tell_unrecorded(oldest);
    if (tell)
        log(log_level::error, fmt::format("task {}: a decision is lost, the outbox is full ({} lost so far)",
                                          oldest.request.uid, outbox_.dropped));
    tell_dropped(oldest.request);
    lose_cursor(oldest.request.uid);
}

void engine::tell_dropped(const run& r) {
    if (!anybody_listens()) return;
    event e;
    e.kind = event_kind::record_dropped;
    e.at = clock_.now().wall;
    e.uid = r.uid;
    e.id = r.id;
    e.trigger = r.trigger;
    e.scheduled_at = r.scheduled_at;
    e.outcome = r.outcome;
    publish(e);
}

void engine::tell_dropped(const begin_request& r) {
    if (!anybody_listens()) return;
    event e;
    e.kind = event_kind::record_dropped;
    e.at = clock_.now().wall;
    e.uid = r.uid;
    if (r.skipped) {
        e.scheduled_at = r.skipped->first;
        e.reason = r.skipped->reason;
        e.count = r.skipped->count;
        publish(e);
    }
    if (!r.started) return;
    e.id = r.started->id;
    e.trigger = r.started->trigger;
    e.scheduled_at = r.started->scheduled_at;
    e.count = 0;
    publish(e);
}

} // namespace rondo::runtime
