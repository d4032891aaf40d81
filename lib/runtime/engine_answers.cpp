// SPDX-License-Identifier: BSL-1.0
// What the repository says of ends and begins.
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <runtime/run_waiters.hpp>

#include <core/prefetch.hpp>

#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <new>

namespace rondo::runtime {
namespace {

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

// Its run begins, in its time.
bool is_early(const core::decision& d, const begin_answer& a, instant now) noexcept {
    const bool begins = a.state == begin_state::recorded || a.state == begin_state::unknown_task;
    return d.run != nullptr && begins && d.run->cancelled == cancel_reason::none && now.steady < d.due;
}

} // namespace

void engine::on_begins_recorded(std::vector<begin_answer> answers) {
    outbox::queue<core::decision>& called = outbox_.begins_called;
    if (called.empty()) return;
    answer_begins(answered_.called.size());                // of the call before: whoever is fast has no parts
    if (!answered_.called.empty()) throw std::bad_alloc(); // still none for those: it is asked again
    outage_.took_begins = outage_.took_begins || !answers.empty();
    if (answers.size() != called.size()) { // some went unsaid
        std::vector<begin_answer> all(called.size());
        auto answer = answers.begin();
        for (std::size_t i = 0; i != called.size(); ++i)
            if (!is_unsaid(called[i])) all[i] = *answer++;
        answers = std::move(all);
    }
    const std::size_t of_outage = std::min(outage_.begins, called.size());
    const bool all_missed = outage_.down && !waits_for_store();
    answered_.missed = all_missed ? called.size() : of_outage;
    answered_.answers = std::move(answers);
    outage_.begins -= of_outage;
    answered_.called.swap(called);
    answer_some();
}

/// A part of those that are left; for the others it comes back, so that the first are on their way to their bodies, and
/// back, while the others begin. The very first are few: until they are back, the repository has nothing to do.
void engine::answer_some() {
    answer_begins(answered_.next_part(parts_));
    if (!answered_.has_next()) return settle();
    try {
        answer_soon();
    } catch (...) { // no memory
        answer_begins(answered_.called.size());
    }
    settle();
}

void engine::answer_soon() {
    if (answered_.posted) return;
    post([self = shared_from_this()] {
        self->answered_.posted = false;
        try {
            self->answer_some();
        } catch (...) {
            self->record_later("what runs bring is recorded later");
        }
    });
    answered_.posted = true;
}

// What is overdue does not wait until there is memory for them.
void engine::begin_held(instant now) noexcept {
    bool there = false;
    try {
        answered_.let_go(now.steady);
        there = true;
        answer_some();
    } catch (...) {
        log_exception("runs begin later");
        const steady_time again = now.steady + std::chrono::milliseconds(100);
        (there ? drain_at_ : answered_.held_until) = there ? std::min(drain_at_, again) : again;
    }
}

// Up to `n` of those that are left.
void engine::answer_begins(std::size_t n) {
    answered_begins& a = answered_;
    const instant now = clock_.now();
    a.rests = false;
    for (; n > 0 && a.next != a.called.size(); --n) {
        const std::size_t i = a.next++;
        prefetch_after(a.called, i);
        try {
            if (is_unsaid(a.called[i]))
                tell_unrecorded(a.called[i]);
            else if (is_early(a.called[i], a.answers[i], now))
                a.hold(i);
            else
                on_begin_answer(a.called[i], a.answers[i], i < a.missed, now);
        } catch (...) {
            log_exception("a run does not begin yet");
            if (a.called[i].run != nullptr) a.put_off(i);
        }
    }
    if (!a.held.empty()) rearm();
    if (a.next != a.called.size()) return;
    outbox_.keep_room(a.take_over());
    if (!a.rests) return;
    drain_at_ = std::min(drain_at_, now.steady + std::chrono::milliseconds(100));
    rearm();
}

void engine::on_begin_answer(core::decision& d, const begin_answer& a, bool of_outage, instant now) {
    if (sharing_.clock != nullptr && is_refused(d, a, now)) return;
    bool waiting = d.run != nullptr; // it waits for this answer
    const bool refused = a.state == begin_state::conflict || a.state == begin_state::not_yet;
    bool conflict = refused && d.request.moves_cursor;
    if (conflict && !waiting && a.next_slot == d.request.next) return; // an earlier answer got lost
    // After an outage we know better than the store; otherwise it was another manager.
    bool ours = !waiting && (d.request.started.has_value() || of_outage);
    if (a.state == begin_state::unknown_task)
        log(log_level::error,
            fmt::format("task {}: the repository does not know it any more", d.request.uid));
    if (waiting && !conflict) {
        std::uint64_t token = a.state == begin_state::recorded ? a.token : 0;
        with_core([&](core::scheduler& core) { core.begun(*d.run, token, now); });
        d.run = nullptr; // told, whatever becomes of the rest
        obey_actions();
    }
    if (a.state == begin_state::recorded && ours && d.request.moves_cursor && a.next_slot != d.request.next)
        lose_cursor(d.request.uid); // the run was known, so the store did not look at the rest
    if (!conflict) return;
    const log_level how_bad = sharing_.clock != nullptr ? log_level::debug : log_level::warning;
    if (logs(how_bad))
        log(how_bad, fmt::format("task {}: its next slot on record is {}, not {}", d.request.uid, a.next_slot,
                                 d.request.expected));
    if (ours) return lose_cursor(d.request.uid);
    with_core([&](core::scheduler& core) { core.refused(d, a.next_slot, now); });
    d.run = nullptr;
    obey_actions();
}

void engine::on_ends_recorded(const std::vector<finish_state>& states) {
    obey_left(); // first, as it may throw: then they are told again
    outage_.took_ends = outage_.took_ends || !states.empty();
    auto called = std::exchange(outbox_.ends_called, {});
    for (std::size_t i = 0; i != called.size(); ++i) {
        run& ended = called[i].request.run;
        if (states[i] == finish_state::fenced) {
            try {
                log(log_level::error,
                    fmt::format("task {} run {}: another end is on record", ended.uid, ended.id));
            } catch (...) { // no memory for the line
            }
            if (called[i].request.next_slot) lose_cursor(ended.uid);
        }
        tell_all(std::move(called[i].waiters), std::move(ended));
    }
    outbox_.keep_room(std::move(called));
}

} // namespace rondo::runtime
