// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

namespace rondo::runtime {

void engine::on_task_gone(const core::action& a) {
    {
        auto body = std::move(a.task->payload);
    } // here, outside the lock, and before anybody is told
    note_parting(*a.task);
    event e;
    e.kind = event_kind::task_removed;
    e.at = clock_.now().wall;
    e.uid = a.task->uid;
    publish(e);
    if (auto stopped = backfills_.extract(a.task->uid.str()))
        stopped.mapped()->complete(errc::task_not_exists);
    auto found = removals_.find(a.task->uid.view());
    if (found == removals_.end()) return;
    auto waiters = std::make_shared<std::vector<pending_ptr<void>>>(std::move(found->second));
    removals_.erase(found);
    auto answer = [waiters](result<void> r) {
        for (auto& waiter : *waiters) waiter->complete(r);
    };
    try {
        task_update inactive{a.task->uid, std::nullopt, false};
        call<void>([inactive](rondo::repository& r) { return r.update_tasks({inactive}); }, answer, answer);
    } catch (...) { // no memory to ask the repository, which may go on to take it for active
        answer(make_error_code(boost::system::errc::not_enough_memory));
        throw;
    }
}

// What was decided about it may still be on its way to the repository. A task that takes its uid must not go on from
// what is on record before that is.
void engine::note_parting(const core::task_record& task) noexcept {
    const outbox::mark all{outbox_.begins_seen + core_.decisions_count(), outbox_.ends_seen};
    if (outbox_.is_past(all)) return;
    try {
        partings_.insert_or_assign(task.uid.str(), all);
    } catch (const std::bad_alloc&) { // then all wait for it
        last_parting_ = all;
    }
}

bool engine::waits_for_parting(const core::task_record& task) const {
    if (!outbox_.is_past(last_parting_)) return true;
    if (own_pauses_.contains(task.uid.view()) || pauses_on_the_way_.contains(task.uid.view())) return true;
    auto before = partings_.find(task.uid.view());
    return before != partings_.end() && !outbox_.is_past(before->second);
}

// Puts them in front. Nobody waits for a store that is down.
std::size_t engine::ready_adds() {
    if (partings_.empty() && outbox_.is_past(last_parting_) && own_pauses_.empty() &&
        pauses_on_the_way_.empty())
        return adds_.size();
    auto waiting = std::stable_partition(adds_.begin(), adds_.end(),
                                         [this](const auto& a) { return !waits_for_parting(*a.first); });
    const auto ready = static_cast<std::size_t>(waiting - adds_.begin());
    if (!store_down_) return ready;
    while (adds_.size() > ready) { // and those that joined them
        auto [task, done] = std::move(adds_.back());
        adds_.pop_back();
        on_registered(*task, done, errc::store_failed);
    }
    return ready;
}

// Something went on record, or was let go.
void engine::look_at_partings() noexcept {
    if (partings_.empty() && adds_.empty()) return;
    std::erase_if(partings_, [this](const auto& p) { return outbox_.is_past(p.second); });
    if (!registering_ && !adds_.empty()) register_soon();
}

} // namespace rondo::runtime
