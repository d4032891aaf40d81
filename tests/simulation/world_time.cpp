// SPDX-License-Identifier: BSL-1.0
#include <simulation/world_input.hpp>

#include <simulation/dice.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rondo::simulation {
namespace {

// More wake-ups than this in one event teach nothing new: the rest of its time passes in one leap.
constexpr int wakes_max = 200;

} // namespace

void world::move_to(std::int64_t ns) {
    if (ns <= ns_of(now_)) return;
    std::int64_t us = (ns - clock_ns_) / 1000;
    now_.steady = steady_time(std::chrono::nanoseconds(ns));
    now_.wall = clock_wall_ + std::chrono::microseconds(us + us / 1000 * swarm_.drift_ppm / 1000);
}

std::int64_t world::next_internal() const {
    std::int64_t t = std::min(retry_at_, leaves_at_);
    for (const sim_run* r : runs_) t = std::min(t, r->body_ends);
    for (std::size_t i = 0; i != swarm_.tasks; ++i) {
        t = std::min({t, registrations_[i].answer_at, changes_[i].answer_at});
        t = std::min({t, lanes_[i].answer_at, lanes_[i].overdue_at});
    }
    return t;
}

// When the timer of the loop fires: never before, often somewhat after what the core wants.
std::int64_t world::next_wake() const {
    if (!core_ || wakeup_ == never_ns) return never_ns;
    std::int64_t late = 0;
    if (swarm_.late != 0 && !healing_) {
        std::uint64_t n = draw(swarm_.seed, 11, wakeup_);
        if (n % static_cast<std::uint64_t>(swarm_.late) == 0)
            late = static_cast<std::int64_t>((n >> 16) % static_cast<std::uint64_t>(swarm_.unit_us * 1000));
    }
    return wakeup_ + late;
}

// One thing that has come up, the one that came first.
void world::do_internal() {
    std::int64_t t = next_internal();
    for (sim_run* r : runs_)
        if (r->body_ends == t) return ended(*r);
    for (std::size_t i = 0; i != swarm_.tasks; ++i) {
        int task = static_cast<int>(i);
        if (registrations_[i].answer_at == t) return registered(task);
        if (changes_[i].answer_at == t) return updated(task);
        if (lanes_[i].answer_at == t) {
            answered(task);
            return settle();
        }
        if (lanes_[i].overdue_at != t) continue;
        lanes_[i].overdue_at = never_ns; // its answer may still come, and counts then
        store_down_ = true;
        return settle();
    }
    if (retry_at_ == t) {
        retry_at_ = never_ns;
        return settle();
    }
    die(static_cast<std::int64_t>(draw(swarm_.seed, 13, t) % static_cast<std::uint64_t>(swarm_.unit_us)),
        false);
}

/// All that has come up by now.
void world::catch_up_with_time() {
    while (!out_.failed() && next_internal() <= ns_of(now_)) do_internal();
    if (core_ && !out_.failed()) on_time();
}

void world::pass(std::int64_t us) {
    std::int64_t until = ns_of(now_) + us * 1000;
    for (int wakes = 0; !out_.failed();) {
        std::int64_t internal = next_internal();
        std::int64_t wake = next_wake();
        std::int64_t next = std::min(internal, wake);
        if (next > until || wakes == wakes_max) break;
        if (wake == next && wakeup_ < next) fault(fault_kind::late);
        move_to(next);
        ++wakes;
        if (internal <= wake)
            do_internal();
        else
            on_time();
    }
    move_to(until);
    if (next_internal() <= ns_of(now_) || next_wake() <= ns_of(now_)) catch_up_with_time();
}

void world::stall(std::int64_t us) {
    move_to(ns_of(now_) + us * 1000);
    fault(fault_kind::stall);
    catch_up_with_time();
}

/// Invariant 8. A while in which nothing goes wrong, and then nothing new: what runs ends, what waits
/// starts, and the store has all of it.
void world::heal() {
    healing_ = true;
    broken_until_ = 0;
    auto from = [&] {
        return draw(swarm_.seed, 37, ++drawn_) % 2 == 0 ? resume_from::now : resume_from::the_past;
    };
    if (!core_) live_again();
    for (int i = 0; i != 8; ++i) pass(swarm_.unit_us); // bodies that began before may still fail
    while (!out_.failed() && (leaves_at_ != never_ns || shut_down_)) pass(swarm_.unit_us);
    for (std::size_t i = 0; i != groups_max; ++i) // no time passes while what waits is to start
        set_group(i, {.runs_max = groups_[i].runs_max});
    for (std::size_t i = 0; i != swarm_.tasks; ++i) {
        int task = static_cast<int>(i);
        pass(swarm_.unit_us);
        if (records_[i] == nullptr) add(task);
        resume(task, from());
    }
    resume_all(from());
    for (int i = 0; i != 10; ++i) pass(swarm_.unit_us);
    check_quiet();
    pause_all();                                    // from here on nothing new starts
    for (std::size_t i = 0; i != swarm_.tasks; ++i) // one may just have been on its way out
        if (records_[i] == nullptr && !out_.failed()) add(static_cast<int>(i));
    resume_all(from());
    for (int i = 0; i != 3; ++i) pass(1);
    check_quiet();
    pause_all();
    if (!out_.failed()) check_drained();
    if (out_.failed()) return;
    resume_all(from());
    shutdown(swarm_.unit_us);
    for (int i = 0; i != 64 && shut_down_ && !out_.failed(); ++i) pass(swarm_.unit_us);
    if (shut_down_) out_.report("progress", findings::no_task, "a shutdown that is never done");
}

// Bodies take no time any more, so all that waits starts before any time passes.
void world::check_quiet() {
    drain();
    if (out_.failed()) return;
    for (std::size_t i = 0; i != swarm_.tasks; ++i) {
        const mirror& m = model_.of(static_cast<int>(i));
        if (!m.backlog.empty() || !m.manual.empty() || m.left || !m.filling.over())
            out_.report("progress", static_cast<int>(i), "it waits for ever in a healed world");
    }
}

void world::drain() {
    std::int64_t last = ns_of(now_) + 100 * swarm_.unit_us * 1000;
    while (!out_.failed() && next_internal() != never_ns && ns_of(now_) < last) {
        move_to(next_internal());
        do_internal();
    }
}

void world::check_drained() {
    manager_stat s;
    core_->describe(s);
    if (s.runs_in_flight != 0 || s.runs_waiting != 0 || !runs_.empty())
        out_.report("progress", findings::no_task, "runs are left in a healed world");
    if (core_->has_decisions() || outbox() != 0)
        out_.report("progress", findings::no_task, "decisions are left in a healed world");
    for (std::size_t i = 0; i != swarm_.tasks; ++i) {
        int task = static_cast<int>(i);
        const mirror& m = model_.of(task);
        store::task_row& row = store_.row(task);
        if (!live(task)) out_.report("progress", task, "a task that cannot be added in a healed world");
        if (out_.failed()) return;
        bool same = row.cursor == (m.cursor == no_slot ? moment() : moment(m.cursor));
        if (!same && !m.record->cursor_lost)
            out_.report("conservation on record", task, "the cursor on record is not that of the core");
        const counters& c = check_.counters.told(task);
        if (c.runs != c.succeeded + c.failed + c.timed_out + c.cancelled + c.interrupted + c.abandoned)
            out_.report("outcomes", task, "runs without an outcome in a healed world");
        store_.check_books(task);
    }
}

} // namespace rondo::simulation
