// SPDX-License-Identifier: BSL-1.0
#include <core/keys.hpp>
#include <core/make_room.hpp>
#include <core/scheduler.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace rondo::core {
namespace {

constexpr std::chrono::microseconds tick(1);

// An interval has slots before it was added too, on its grid.
wall_time anchor_before(const schedule& when, wall_time anchor, wall_time from) noexcept {
    if (when.type() != schedule::kind::every || from >= anchor) return anchor;
    auto interval = *when.interval();
    return anchor - ((anchor - from) / interval + 1) * interval;
}

// A body that is still there after its run has ended counts too.
bool as_many_as_may(const task_record& task) noexcept {
    if (task.in_flight() < backfill_in_flight_max) return false;
    std::uint32_t n = 0;
    for (const run_record* run = task.runs(); run != nullptr; run = run->next)
        if (run->of_backfill && run->state != run_state_kind::waiting) ++n;
    return n >= backfill_in_flight_max;
}

} // namespace

result<void> scheduler::backfill(task_record& task, wall_time from, wall_time to, overlap policy,
                                 instant now) {
    recycle();
    attend(task);
    if (shutting_down()) return errc::shutting_down;
    if (task.state != task_state_kind::live) return errc::task_not_exists;
    bool range = from >= wall_time_first && from < to && to <= now.wall;
    if (!range || policy > overlap::cancel_other) return errc::invalid_option;
    if (!task.when.has_times()) return errc::invalid_schedule; // it has no times of its own
    if (task.backfill() != nullptr && !task.backfill()->over()) return errc::already_running;

    auto made = std::make_unique<backfill_state>(task.when);
    made->anchor = anchor_before(task.when, task.anchor, from);
    made->to = to;
    made->beside = policy == overlap::allow_all;
    backfill_progress& p = made->progress;
    p.slots = p.left = task.when.count(from - tick, to - tick, made->anchor);
    p.next = task.when.next_after(from - tick, made->anchor);
    // All of them fall due at once, so it is known what the policy lets through.
    std::uint64_t most = p.slots;
    if (policy == overlap::skip) most = task.in_flight() == 0 ? 1 : 0;
    if (policy == overlap::buffer_one) most = task.in_flight() == 0 ? 2 : 1;
    if (policy == overlap::cancel_other) {
        most = 1;
        p.next = task.when.previous_before(to, made->anchor);
    }
    bool inside = p.next && *p.next >= from && *p.next < to;
    p.left = inside ? std::min(p.left, most) : 0;
    p.skipped = p.slots - p.left;
    if (p.left == 0) p.next = moment();
    (void)task.made_past();
    make_room_for_all(task);
    if (policy == overlap::cancel_other && p.left > 0) cancel_running(task, cancel_reason::overlap, now);
    task.past->backfill = std::move(made); // from here on there is memory for all
    ++backfills_;
    check_backfill(task);
    want_place(task, now); // also what waited for those that were cancelled
    admit(now);
    return boost::outcome_v2::success();
}

// One of its runs waits at a time, behind the slots and the manual runs of the task.
void scheduler::next_of_backfill(task_record& task, instant now) {
    backfill_state& b = *task.backfill();
    if (b.waiting == nullptr && b.progress.left > 0 && !as_many_as_may(task)) {
        run_record& run = make_run(task, rondo::trigger::backfill, *b.progress.next, now);
        run.state = run_state_kind::waiting;
        run.of_backfill = true;
        run.overlap = b.beside ? overlap::allow_all : overlap::buffer_all;
        b.waiting = &run;
    }
    bool put_off = b.waiting != nullptr && b.waiting->heap_index != not_in_heap;
    if (b.waiting != nullptr && !put_off) want_place(*b.waiting, now);
}

void scheduler::begin_of_backfill(run_record& run, instant now) {
    task_record& task = *run.task;
    make_room_for_all(task); // first, as it may throw
    backfill_state& b = *task.backfill();
    if (is_by_wall(b.when) && run.scheduled_at > now.wall) { // the clock was set back
        run.turn = {.task = &task, .run = &run};
        return deadlines_.push(run, look_again_at(run.scheduled_at, now));
    }
    begin_manual_run(run, {}, now); // which is for all users
    b.waiting = nullptr;
    --b.progress.left;
    ++b.progress.in_flight;
    b.progress.next = b.progress.left > 0 ? b.when.next_after(run.scheduled_at, b.anchor) : moment();
    if (!b.progress.next || *b.progress.next >= b.to || *b.progress.next <= run.scheduled_at)
        b.progress.skipped += std::exchange(b.progress.left, 0); // the last, or a rule contradicts itself
    if (b.progress.left == 0) b.progress.next = moment();
    next_of_backfill(task, now);
}

void scheduler::ended_of_backfill(const run_record& run, rondo::outcome how) {
    task_record& task = *run.task;
    backfill_progress& p = task.backfill()->progress;
    --p.in_flight;
    ++(how == outcome::success ? p.succeeded : p.failed);
    check_backfill(task);
}

void scheduler::check_backfill(task_record& task) {
    if (!task.backfill()->over()) return;
    --backfills_;
    actions_.push_back({action::kind::backfill_done, &task});
}

void scheduler::stop_backfill(task_record& task, instant now) {
    recycle();
    attend(task);
    make_room_for_all(task); // first, as it may throw
    if (task.backfill() != nullptr && !task.backfill()->over()) stop_backfill_now(task, now);
}

void scheduler::stop_backfill_now(task_record& task, instant now) {
    backfill_state& b = *task.backfill();
    b.progress.skipped += std::exchange(b.progress.left, 0);
    b.progress.next = moment();
    run_record* run = std::exchange(b.waiting, nullptr);
    check_backfill(task);
    if (run != nullptr) release(*run, now);
}

} // namespace rondo::core
