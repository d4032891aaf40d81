// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <runtime/run_waiters.hpp>

#include <fmt/format.h>

#include <utility>

namespace rondo::runtime {
namespace {

constexpr std::chrono::nanoseconds pauses_again_after = std::chrono::seconds(1);

} // namespace

// Who follows a run waits for its last attempt.
void engine::keep_for_followers(const core::action& a, ended_run& ended) noexcept {
    const run& r = ended.request.run;
    try {
        if (!a.last)
            chains_[r.id].last = r;
        else if (auto chain = extracted(chains_, r.id))
            join_waiters(ended, std::move(chain.mapped().followers));
    } catch (...) { // no memory
        log_exception("who follows a run is not told of all its attempts");
    }
    if (a.last && is_failure(a.outcome)) tell_failure(*a.task, r);
}

void engine::retry_later(const core::action& a) {
    if (auto chain = extracted(chains_, a.run->id)) {
        chain.key() = a.next->id;
        chains_.insert(std::move(chain));
    }
    if (logs(log_level::info))
        log(log_level::info,
            fmt::format("task {} run {} will be tried again as {}", a.task->uid, a.run->id, a.next->id));
    if (!anybody_listens()) return;
    event e;
    e.kind = event_kind::retry_planned;
    e.at = clock_.now().wall;
    e.uid = a.task->uid;
    e.id = a.next->id;
    e.trigger = a.next->trigger;
    e.scheduled_at = a.next->scheduled_at;
    e.count = a.next->attempt;
    publish(e);
}

void engine::no_retry(const core::action& a) {
    auto found = extracted(chains_, a.run->id);
    if (!found || !found.mapped().last) return;
    chain last = std::move(found.mapped());
    tell_failure(*a.task, *last.last);
    if (ended_run* on_its_way = outbox_.find_end(last.last->id)) {
        join_waiters(*on_its_way, std::move(last.followers));
        if (outage_.down) let_waiters_go(*on_its_way);
        return;
    }
    tell_all(std::move(last.followers), std::move(*last.last));
}

void engine::on_backfill_done(const core::action& a) {
    if (auto done = backfills_.find(a.task->uid.view()); done != backfills_.end())
        backfills_.extract(done).mapped()->complete(a.task->backfill()->progress);
}

void engine::tell_failure(const core::task_record& task, const run& last) {
    auto* body = static_cast<detail::body*>(task.payload.get());
    if (body == nullptr || body->extras() == nullptr || !body->extras()->on_failure) return;
    try {
        body->extras()->on_failure(last);
    } catch (...) {
        log_exception("on_failure threw");
    }
}

task_update engine::pause_of(const core::task_record& task) {
    stat s = with_core([&](core::scheduler& core) { return core.stat_of(task); });
    task_update update{task.uid, s.paused, {}};
    update.pause_reason = s.pause_reason;
    update.paused_until = s.paused_until;
    return update;
}

// In force already, and told; on record as soon as may be.
void engine::on_own_pause(const core::action& a) {
    bool pauses = a.kind == core::action::kind::task_paused;
    task_update update = pause_of(*a.task);
    // Where others have the task, each sees that a pause is over, and may by then have another on record.
    if (pauses || sharing_.clock == nullptr) own_pauses_.insert_or_assign(a.task->uid.str(), update);
    if (pauses)
        log(log_level::warning, fmt::format("task {} is paused: {}", a.task->uid, update.pause_reason));
    event e;
    e.kind = pauses ? event_kind::task_paused : event_kind::task_resumed;
    e.at = clock_.now().wall;
    e.uid = a.task->uid;
    e.message = update.pause_reason;
    publish(e);
    record_pauses();
}

void engine::record_pauses() {
    pauses_at_ = steady_time::max();
    if (own_pauses_.empty() || recording_pauses_) return;
    auto later = [this](error_code) {          // no memory
        own_pauses_.merge(pauses_on_the_way_); // unless there is a later one
        pauses_on_the_way_.clear();
        recording_pauses_ = false;
        pauses_at_ = clock_.now().steady + pauses_again_after;
        rearm();
    };
    try {
        std::vector<task_update> updates;
        for (auto& [uid, update] : own_pauses_) updates.push_back(update);
        pauses_on_the_way_ = std::exchange(own_pauses_, {});
        recording_pauses_ = true;
        call<void>([updates](rondo::repository& r) { return r.update_tasks(updates); },
                   [this, updates](result<void> r) { on_pauses_recorded(updates, r.has_value()); }, later);
    } catch (...) {
        log_exception("a pause is recorded later");
        later({});
    }
}

// What somebody has said by hand meanwhile is no longer on the way, and may have been overwritten: say it again.
void engine::on_pauses_recorded(const std::vector<task_update>& updates, bool recorded) {
    recording_pauses_ = false;
    for (const task_update& u : updates) {
        bool by_hand = !pauses_on_the_way_.contains(u.uid.view());
        core::task_record* task = core_.find(u.uid.view());
        bool live = task != nullptr && task->state == core::task_state_kind::live;
        if (by_hand && live) own_pauses_.insert_or_assign(u.uid.str(), pause_of(*task));
        if (!by_hand && !recorded) own_pauses_.try_emplace(u.uid.str(), u); // unless there is a later one
    }
    pauses_on_the_way_.clear();
    if (recorded) {
        record_pauses();
        check_drained();
        return;
    }
    pauses_at_ = clock_.now().steady + pauses_again_after;
    rearm();
}

} // namespace rondo::runtime
