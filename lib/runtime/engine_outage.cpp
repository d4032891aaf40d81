// SPDX-License-Identifier: BSL-1.0
// While the store is down.
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <runtime/run_waiters.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace rondo::runtime {
namespace {

constexpr std::size_t part_max = 1000; // of what one handler does
constexpr std::chrono::nanoseconds backoff_min = std::chrono::milliseconds(50);
constexpr std::chrono::nanoseconds backoff_max = std::chrono::seconds(5);

} // namespace

// Where runs wait for the store, only a shutdown brings this about: it interrupts them, and no body starts.
void engine::tell_unrecorded(core::decision& d) {
    if (d.run == nullptr) return;
    core::run_record& run = *d.run;
    if (waits_for_store() && life_ == life::draining) {
        with_core([&](core::scheduler& core) { core.cancel(run, cancel_reason::shutdown, clock_.now()); });
        obey_actions(); // one input at a time: another may end what this one brings
    }
    with_core([&](core::scheduler& core) { core.begun(run, 0, clock_.now()); });
    d.run = nullptr;
    obey_actions(); // not `obey`: that would bring us back here
}

void engine::begin_unrecorded() {
    if (!answered_.rests) answer_begins(answered_.called.size()); // they were first
    for (std::size_t i = 0; i != outbox_.begins_called.size(); ++i) tell_unrecorded(outbox_.begins_called[i]);
    for (std::size_t left = part_max; left > 0 && outbox_.begins_waiting > 0; --left) {
        tell_unrecorded(outbox_.next_begin_that_waits()); // first, as it may throw
        --outbox_.begins_waiting;
    }
}

// The runs start without their record, and nobody waits for a record any longer: a part of them in each handler, in
// their order. A run that starts, or is dropped, may bring other decisions.
void engine::go_on_without_store() {
    bool begins = !waits_for_store() || life_ == life::draining;
    if (begins) begin_unrecorded();
    for (ended_run& e : outbox_.ends_called) let_waiters_go(e);
    for (std::size_t left = part_max; left > 0 && outbox_.ends_waiting > 0; --left)
        let_waiters_go(outbox_.next_end_that_waits());
    trim_outbox();
    bool more = outbox_.ends_waiting > 0 || outbox_too_full();
    if (begins) more = more || outbox_.begins_waiting > 0 || core_.has_decisions();
    if (!more || outage_.going_on) return;
    post([self = shared_from_this()] {
        self->outage_.going_on = false;
        self->on_recording_over();
    });
    outage_.going_on = true;
}

void engine::on_store_failure(error_code why) {
    outage_.backoff = std::clamp(outage_.backoff * 2, backoff_min, backoff_max);
    outage_.retry_at = clock_.now().steady + outage_.backoff;
    bool news = !outage_.down;
    note_outage();
    if (news) {
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
    return outage_.took_begins && outage_.took_ends;
}

void engine::on_store_up() {
    outage_.backoff = std::chrono::nanoseconds(0);
    if (!outage_.down) return;
    outage_.down = false;
    bool stopped = options_.on_store_failure == on_store_failure::stop;
    outage_.begins = stopped ? 0 : outbox_.begins.size();
    trim_outbox();
    std::string lost;
    if (outbox_.dropped != 0) lost = fmt::format("; {} begins and ends were lost", outbox_.dropped);
    log(log_level::warning, "the repository works again" + lost);
    event e;
    e.kind = event_kind::store_recovered;
    e.at = clock_.now().wall;
    publish(e);
}

// What it took before says nothing any longer; all that it misses is of the outage, as long as that lasts.
void engine::note_outage() noexcept {
    outage_.down = true;
    outage_.took_begins = outage_.took_ends = false;
    outage_.begins = 0;
}

// The call goes on: its answer may still come, and counts then.
void engine::on_store_overdue() {
    call_.deadline = steady_time::max();
    note_outage();
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
    if (auto signal = recording_.signal.lock()) signal->emit(boost::asio::cancellation_type::terminal);
}

// Of the task itself, not of another that was added with its uid since.
void engine::lose_cursor(const shared_string& uid) {
    with_core([&](core::scheduler& core) { // observers read what is beside it
        core::task_record* task = core.find(uid);
        if (task != nullptr && task->uid.view().data() == uid.view().data()) task->cursor_lost = true;
    });
}

// A store that is up takes all, however much falls due at once.
void engine::trim_outbox() {
    for (std::size_t left = part_max; left > 0 && outbox_too_full(); --left) drop_oldest();
    std::lock_guard lock(mutex_);
    state_.store_down = outage_.down;
    state_.outbox = outbox_.size();
    state_.outbox_dropped = outbox_.dropped;
}

bool engine::outbox_too_full() const noexcept {
    return outage_.down && !waits_for_store() && outbox_.size() > options_.outbox_max &&
           (!outbox_.begins.empty() || !outbox_.ends.empty());
}

void engine::drop_oldest() {
    obey_left(); // first, as it may throw, like the next
    const bool end = outbox_.ends.size() > outbox_.begins.size();
    if (!end) tell_unrecorded(outbox_.begins.front());
    ++outbox_.dropped;
    if (end) {
        ended_run oldest = outbox_.drop_end();
        let_waiters_go(oldest);
        if (oldest.request.next_slot) lose_cursor(oldest.request.run.uid);
        log_dropped(oldest.request.run.uid, &oldest.request.run);
        return tell_dropped(oldest.request.run);
    }
    core::decision oldest = outbox_.drop_begin();
    lose_cursor(oldest.request.uid);
    log_dropped(oldest.request.uid, nullptr);
    tell_dropped(recorded_of(oldest));
}

// One line for each doubling: a long outage must not drown the log. Null: it was no end.
void engine::log_dropped(const shared_string& uid, const run* end) {
    if ((outbox_.dropped & (outbox_.dropped - 1)) != 0) return;
    const std::string what = end != nullptr ? fmt::format(" run {}: its end", end->id) : ": a decision";
    log(log_level::error,
        fmt::format("task {}{} is lost, the outbox is full ({} lost so far)", uid, what, outbox_.dropped));
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
