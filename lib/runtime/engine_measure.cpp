// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <runtime/body_executor.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rondo::runtime {
namespace {

// When the slot of a run was due, on the clock that its schedule follows: setting the wall clock makes no
// interval late.
steady_time due_of(const core::run_record& run, const clock& c) noexcept {
    const core::task_record& task = *run.task;
    auto by_wall = [&] {
        instant now = c.now();
        return now.steady - (now.wall - run.scheduled_at);
    };
    if (run.trigger == trigger::manual || task.by_wall()) return by_wall();
    steady_time last_due{std::chrono::nanoseconds(task.due)};
    // This slot was the last so far; or the next are due as soon as they are known.
    if (task.slot == core::no_slot || task.follows()) return last_due;
    // Slots are as far apart on the one clock as their names are on the other.
    if (task.when.type() == schedule::kind::every) return last_due - (task.slot - run.scheduled_at);
    return by_wall();
}

} // namespace

engine::state_ptr engine::new_state() {
    return std::allocate_shared<detail::run_state>(spare_allocator<detail::run_state>(*spare_states_),
                                                   executor_, clock_owner_);
}

// Any thread.
std::optional<stopwatch> engine::watch_for(const detail::run_state& state) {
    std::optional<stopwatch> watch;
    if (options_.blocking_warn_after == std::chrono::nanoseconds(0)) return watch;
    watch.emplace(weak_from_this(), clock_owner_, host_clock_.get(), options_.blocking_warn_after);
    watch->uid = state.uid;
    watch->id = state.id;
    return watch;
}

void engine::note_due(detail::run_state& state, const core::run_record& record) const {
    if (record.trigger != trigger::schedule && record.trigger != trigger::manual) return;
    if (record.trigger == trigger::manual && record.task->follows()) return; // asked for by whom, and when?
    state.past = record.task->past.get();
    state.due = due_of(record, clock_);
}

// On the strand of the body. What it writes to stays for as long as the run.
void engine::note_begin(const detail::run_state& state, steady_time now) {
    if (state.past == nullptr || state.cancelled()) return;
    auto delay = now - state.due;
    state.past->start_delay.note(delay);
    start_delay_.note(delay);
}

steady_time engine::elapsed() const noexcept {
    return host_clock_ != nullptr && sharing_.clock == nullptr ? host_clock_->elapsed() : clock_.now().steady;
}

// Not counting a sleep of the machine.
steady_time engine::awake() const noexcept {
    return host_clock_ != nullptr ? host_clock_->awake() : clock_.now().steady;
}

// `asked` is what the timer waited for. That it was called off says nothing; where time is moved by hand,
// nothing but being called off does.
void engine::note_lag(steady_time asked, bool expired) {
    bool by_hand = asked == steady_time::max();
    if (asked == steady_time::min() || armed_ == steady_time::min() || expired == by_hand) return;
    auto lag = host_clock_ != nullptr ? host_clock_->awake() - asked : clock_.now().steady - armed_;
    if (lag < std::chrono::nanoseconds(0) || (host_clock_ != nullptr && by_hand)) return;
    loop_lag_.note(lag);
}

void engine::on_long_stretch(const stopwatch& w, std::chrono::nanoseconds d) noexcept {
    auto took = std::chrono::floor<std::chrono::microseconds>(d);
    try {
        log(log_level::warning, fmt::format("task {} run {} held its thread for {}", w.uid, w.id,
                                            to_string(std::chrono::floor<std::chrono::milliseconds>(took))));
    } catch (...) { // no memory for the line
    }
    std::lock_guard lock(mutex_);
    ++state_.blocked;
    core::task_record* task = core_.find(w.uid.view());
    if (task == nullptr || task->past == nullptr) return; // it is gone, and the handler was a late one
    ++task->past->blocked;
    task->past->blocked_max = std::max(task->past->blocked_max, took);
}

} // namespace rondo::runtime
