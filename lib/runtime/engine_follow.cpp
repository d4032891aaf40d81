// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <core/history_reader.hpp>

#include <memory>
#include <new>
#include <utility>

namespace rondo::runtime {

/// The history of a task, as far as one that follows it has not decided about it.
struct engine::followed_reading {
    followed_reading(core::task_record& t, const task_state& s, waiter_ptr<void> d)
        : task(t), state(s), done(std::move(d)), found(t.when.outcomes(), *s.next_slot) {}

    core::task_record& task; // that follows; it is being registered, and stays until it is live or forgotten
    task_state state;
    waiter_ptr<void> done;
    history_filter filter;
    core::history_reader found;
};

void engine::read_followed(core::task_record& task, const task_state& state, moment from,
                           waiter_ptr<void> done) {
    auto r = std::make_shared<followed_reading>(task, state, std::move(done));
    r->filter.uid = std::string(task.when.followed());
    r->filter.limit = history_limit_max;
    r->filter.from = from;
    // Those on their way, before anything is read: they may go on record behind our back.
    outbox_.for_each_end([&](const ended_run& e) {
        if (e.request.run.uid.view() == *r->filter.uid) r->found.note(e.request.run);
    });
    read_page(r);
}

void engine::read_page(const std::shared_ptr<followed_reading>& r) {
    auto fail = [this, r](error_code why) { on_registered(r->task, r->done, why); };
    auto read_on = [self = shared_from_this(), r, fail] {
        try {
            if (error_code no = self->usable()) return fail(no);
            self->read_page(r);
        } catch (const std::bad_alloc&) {
            fail(make_error_code(boost::system::errc::not_enough_memory));
        }
    };
    call<history_page>([filter = r->filter](rondo::repository& store) { return store.history(filter); },
                       [this, r, fail, read_on](result<history_page> page) {
                           if (!page) return fail(page.error());
                           const auto& next = page.value().next;
                           if (next && r->filter.before && !(*next < *r->filter.before))
                               return fail(errc::store_corrupt); // it would never end
                           r->found.read(page.value().runs,
                                         [&](wall_time slot) { return core_.is_told_of(r->task, slot); });
                           if (!next) return on_registered(r->task, r->done, r->state, &r->found);
                           r->filter.before = next;
                           // Not from in here: a repository that answers at once would have us call ourselves.
                           post(read_on);
                       },
                       fail);
}

} // namespace rondo::runtime
