// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

namespace rondo::runtime {
namespace {

constexpr std::size_t told_max = 1000; // in one call

void tell_all(const std::vector<gone_task>& gone, const result<void>& r) {
    for (const gone_task& g : gone) g.tell(r);
}

} // namespace

void engine::remove(waiter_ptr<void> done, const std::string& uid) {
    if (remove_one(std::move(done), uid)) obey();
}

// What follows from it is done with the next input, or by who comes after the last of several. False: there is no such
// task.
bool engine::remove_one(waiter_ptr<void> done, const std::string& uid) {
    auto task = live_task(uid);
    if (!task) {
        done->complete(task.error());
        return false;
    }
    add_waiter(changes_.removals[uid], std::move(done));
    with_core([&](core::scheduler& core) { core.remove(*task.value(), clock_.now()); });
    return true;
}

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
    if (auto stopped = backfills_.find(a.task->uid.view()); stopped != backfills_.end())
        backfills_.extract(stopped).mapped()->complete(errc::task_not_exists);
    auto found = changes_.removals.find(a.task->uid.view());
    if (found == changes_.removals.end()) return;
    gone_task gone{a.task->uid, std::move(found->second)};
    changes_.removals.erase(found);
    try {
        changes_.gone.push_back(std::move(gone));
    } catch (...) { // no memory to tell the repository, which may go on to take it for active
        gone.tell(make_error_code(boost::system::errc::not_enough_memory));
        throw;
    }
    if (changes_.gone.size() == 1) tell_soon(); // those that go together are told together
    if (changes_.gone.size() == told_max) tell_gone();
}

// If there is no memory for that, the next tick does it.
void engine::tell_soon() noexcept {
    try {
        post([self = shared_from_this()] { self->tell_gone(); });
        changes_.telling = true;
    } catch (...) {
        changes_.telling = false;
        put_off("the repository hears later of tasks that are gone");
    }
}

// Before their uids are registered again.
void engine::tell_gone() noexcept {
    changes_.telling = false;
    if (changes_.gone.empty()) return;
    std::vector<gone_task> gone = std::exchange(changes_.gone, {});
    std::shared_ptr<std::vector<gone_task>> told;
    try {
        std::vector<task_update> updates;
        updates.reserve(gone.size());
        for (const gone_task& g : gone) updates.push_back({g.uid, std::nullopt, false});
        told = std::make_shared<std::vector<gone_task>>(std::move(gone));
        call<void>([updates = std::move(updates)](rondo::repository& r) { return r.update_tasks(updates); },
                   [told](const result<void>& r) { tell_all(*told, r); },
                   [told](error_code why) { tell_all(*told, why); });
    } catch (...) {
        log_exception("the repository does not hear of tasks that are gone");
        tell_all(told != nullptr ? *told : gone, make_error_code(boost::system::errc::not_enough_memory));
    }
}

// What was decided about it may still be on its way to the repository. A task that takes its uid must not go on from
// what is on record before that is.
void engine::note_parting(const core::task_record& task) noexcept {
    const outbox::mark all{outbox_.begins_seen + core_.decisions_count(), outbox_.ends_seen};
    if (outbox_.is_past(all)) return;
    try {
        changes_.partings.insert_or_assign(task.uid.str(), all);
    } catch (const std::bad_alloc&) { // then all wait for it
        changes_.last_parting = all;
    }
}

bool engine::waits_for_parting(const core::task_record& task) const {
    if (!outbox_.is_past(changes_.last_parting)) return true;
    if (own_pauses_.contains(task.uid.view()) || pauses_on_the_way_.contains(task.uid.view())) return true;
    auto before = changes_.partings.find(task.uid.view());
    return before != changes_.partings.end() && !outbox_.is_past(before->second);
}

// Puts them in front. Nobody waits for a store that is down.
std::size_t engine::ready_adds() {
    if (changes_.partings.empty() && outbox_.is_past(changes_.last_parting) && own_pauses_.empty() &&
        pauses_on_the_way_.empty())
        return changes_.adds.size();
    auto waiting = std::stable_partition(changes_.adds.begin(), changes_.adds.end(),
                                         [this](const auto& a) { return !waits_for_parting(*a.first); });
    const auto ready = static_cast<std::size_t>(waiting - changes_.adds.begin());
    if (!outage_.down) return ready;
    while (changes_.adds.size() > ready) { // and those that joined them
        auto [task, done] = std::move(changes_.adds.back());
        changes_.adds.pop_back();
        on_registered(*task, done, errc::store_failed);
    }
    return ready;
}

// Something went on record, or was let go.
void engine::look_at_partings() noexcept {
    if (changes_.partings.empty() && changes_.adds.empty()) return;
    std::erase_if(changes_.partings, [this](const auto& p) { return outbox_.is_past(p.second); });
    if (!changes_.registering && !changes_.adds.empty()) register_soon();
}

} // namespace rondo::runtime
