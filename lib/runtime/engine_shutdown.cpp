// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <runtime/run_waiters.hpp>

#include <utility>

namespace rondo::runtime {

void engine::shutdown(pending_ptr<shutdown_report> done, std::chrono::nanoseconds grace) {
    if (report_) {
        if (done != nullptr) done->complete(*report_);
        return;
    }
    if (done != nullptr) shutdown_waiters_.push_back(std::move(done));
    if (life_ == life::over) return; // on its way
    bool first = life_ != life::draining;
    life_ = life::draining;
    if (timer_ == nullptr && !driver_lost_ && first) { // never started: nothing to drive, nothing to wait for
        finish_shutdown();
        return;
    }
    with_core([&](core::scheduler& core) { core.shutdown(grace, clock_.now()); });
    obey();
}

// Nothing runs any more, or nothing can be done about it. The repository has a little time left.
void engine::on_shutdown_done() {
    drain_until_ = clock_.now().steady + options_.cancel_grace;
    // After the actions that come with this one.
    post([self = shared_from_this()] { self->check_drained(); });
}

void engine::check_drained() {
    if (drain_until_ == steady_time::max() || life_ != life::draining) return;
    bool pauses_left = recording_pauses_ || !own_pauses_.empty();
    if (outbox_.empty() && !core_.has_decisions() && !recording_.on && !pauses_left) finish_shutdown();
}

// What is left is let go of in parts, as there may be a million of anything.
void engine::finish_shutdown() {
    drain_until_ = steady_time::max();
    life_ = life::over;
    outage_.retry_at = steady_time::max();
    cancel_recording();
    leaving_.emplace();
    leaving_->report.unrecorded = outbox_.size() + core_.decisions_count() + own_pauses_.size() +
                                  (recording_pauses_ ? pauses_on_the_way_.size() : 0);
    core_.start_walk();
    leave_in_parts();
}

void engine::leave_in_parts() {
    constexpr std::size_t part_max = 1000;
    for (std::size_t left = part_max; left > 0; --left)
        if (!leave_one()) return end_life();
    post([self = shared_from_this()] { self->leave_in_parts(); });
}

// One of them; false: there is none.
bool engine::leave_one() {
    if (leaving_->bucket != runs_.bucket_count()) return report_stragglers(leaving_->bucket++), true;
    if (!outbox_.ends.empty()) {
        ended_run left = outbox_.drop_end();
        let_waiters_go(left);
    } else if (!outbox_.begins.empty()) {
        (void)outbox_.drop_begin();
    } else if (!changes_.adds.empty()) {
        auto [task, done] = std::move(changes_.adds.back());
        changes_.adds.pop_back();
        auto body = with_core([gone = task](core::scheduler& core) { return core.forget(*gone); });
        body.reset(); // before anybody is told, and outside the lock
        done->complete(errc::shutting_down);
    } else if (!changes_.many_adds.empty()) {
        auto [who, what] = changes_.many_adds.front().tasks.take();
        {
            auto gone = std::move(what);
        } // before anybody is told
        who->complete(errc::shutting_down);
        if (changes_.many_adds.front().tasks.empty()) changes_.many_adds.pop_front();
    } else if (!changes_.joins.empty()) {
        auto waiting = changes_.joins.extract(changes_.joins.begin());
        for (waiting_add& j : waiting.mapped()) j.done->complete(errc::shutting_down);
    } else if (!calls_.empty()) {
        auto call = std::move(calls_.front()); // nobody watches their deadlines any more
        calls_.pop_front();
        call->expire(errc::shutting_down);
    } else if (core::task_record* task = core_.walk()) {
        if (task->runs() == nullptr) auto body = std::move(task->payload);
    } else {
        return leave_waiter();
    }
    return true;
}

void engine::report_stragglers(std::size_t bucket) {
    runs_.for_each_in(bucket, [&](const detail::run_state& state) {
        leaving_->report.still_running.push_back(
            {state.uid, state.id, state.started_at, state.record->cancelled, state.record->outcome});
    });
}

bool engine::leave_waiter() {
    if (!backfills_.empty()) {
        backfills_.extract(backfills_.begin()).mapped()->complete(errc::shutting_down);
    } else if (!chains_.empty()) {
        auto left = chains_.extract(chains_.begin());
        chain& c = left.mapped();
        if (c.last) tell_all(std::move(c.followers), std::move(*c.last));
        for (auto& follower : c.followers) follower->complete(errc::shutting_down);
    } else if (!run_waiters_.empty()) {
        auto left = run_waiters_.extract(run_waiters_.begin());
        for (auto& waiter : left.mapped()) waiter->complete(errc::shutting_down);
    } else if (!changes_.many_removals.empty()) {
        (void)changes_.many_removals.front().take().first->complete(errc::shutting_down);
        if (changes_.many_removals.front().empty()) changes_.many_removals.pop_front();
    } else if (!changes_.gone.empty()) {
        changes_.gone.back().tell(errc::shutting_down);
        changes_.gone.pop_back();
    } else if (!changes_.removals.empty()) {
        auto left = changes_.removals.extract(changes_.removals.begin());
        for (auto& waiter : left.mapped()) waiter->complete(errc::shutting_down);
    } else {
        return false;
    }
    return true;
}

void engine::end_life() {
    report_ = std::move(leaving_->report);
    leaving_.reset();
    readers_.close();
    for (auto& waiter : std::exchange(shutdown_waiters_, {})) waiter->complete(*report_);
    if (timer_ != nullptr) timer_->cancel();
    watch_.stop();
    if (auto signal = sharing_.watching.lock()) signal->emit(boost::asio::cancellation_type::terminal);
}

} // namespace rondo::runtime
