// SPDX-License-Identifier: BSL-1.0
// Slots whose runs an earlier process took with it.
#include <runtime/engine.hpp>

#include <functional>
#include <map>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace rondo::runtime {
namespace {

/// What the record says of one instant, which may be a slot.
struct attempts {
    bool of_slot = false;
    bool beside = false; ///< somebody asked for a run with it, whose attempts cannot be told from the slot's
    const run* last = nullptr; ///< by number: the wall clock may have been set back between them
};

/// The runs that their process took with them, of slots that nothing has been tried for since; the latest slot first.
std::vector<run> taken_along(const std::vector<run>& runs) {
    std::map<wall_time, attempts, std::greater<>> slots;
    for (const run& r : runs) {
        attempts& a = slots[r.scheduled_at];
        a.beside = a.beside || r.trigger == trigger::manual || r.trigger == trigger::backfill;
        a.of_slot = a.of_slot || takes_slot(r.trigger);
        if (a.last == nullptr || r.attempt > a.last->attempt) a.last = &r;
    }
    std::vector<run> found;
    for (const auto& [slot, a] : slots)
        if (a.of_slot && !a.beside && a.last->outcome == outcome::abandoned &&
            a.last->message == abandoned_message)
            found.push_back(*a.last);
    return found;
}

} // namespace

void engine::read_abandoned(core::task_record& task, const task_state& state, waiter_ptr<void> done) {
    history_filter filter;
    filter.uid = task.uid.str();
    filter.limit = history_limit_max;
    auto fail = [this, &task, done](error_code why) { on_registered(task, done, why); };
    call<history_page>([filter](rondo::repository& store) { return store.history(filter); },
                       [this, &task, state, done, fail](result<history_page> page) {
                           if (!page) return fail(page.error());
                           try {
                               auto found = taken_along(page.value().runs);
                               if (!found.empty()) changes_.reruns.insert_or_assign(&task, std::move(found));
                           } catch (const std::bad_alloc&) {
                               return fail(make_error_code(boost::system::errc::not_enough_memory));
                           }
                           register_on(task, state, done, clock_.now());
                           obey_or_later();
                       },
                       fail);
}

void engine::rerun_abandoned(core::task_record& task, bool live, instant now) noexcept {
    if (changes_.reruns.empty()) return;
    auto found = changes_.reruns.extract(&task);
    if (!found || !live) return;
    try {
        with_core([&](core::scheduler& core) {
            for (const run& r : found.mapped()) core.rerun(task, r, now);
        });
    } catch (...) { // no memory
        log_exception("what a process took with it is not run again");
    }
}

} // namespace rondo::runtime
