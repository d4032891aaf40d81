// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <memory>
#include <utility>

namespace rondo::runtime {

/// The history of a task, as far as one that follows it has not decided about it.
struct engine::followed_reading {
    followed_reading(core::task_record& t, const task_state& s, pending_ptr<void> d)
        : task(t), state(s), done(std::move(d)) {}

    core::task_record& task; // that follows; it is being registered, and stays until it is live or forgotten
    task_state state;
    pending_ptr<void> done;
    history_filter filter;
    core::history_reader found;
};

void engine::read_followed(core::task_record& task, const task_state& state, moment from,
                           pending_ptr<void> done) {
    auto r = std::make_shared<followed_reading>(task, state, std::move(done));
    r->filter.uid = std::string(task.when.followed());
    r->filter.limit = history_limit_max;
    r->filter.from = from;
    read_page(std::move(r));
}

void engine::read_page(std::shared_ptr<followed_reading> r) {
    auto filter = r->filter;
    call<history_page>([filter](rondo::repository& store) { return store.history(filter); },
                       [this, r](result<history_page> page) {
                           bool runs_on = page && page.value().next && r->filter.before &&
                                          !(*page.value().next < *r->filter.before);
                           if (runs_on) page = errc::store_corrupt;
                           if (!page) return finish_add(r->task, page.error(), r->done, nullptr);
                           r->found.read(page.value().runs);
                           if (!page.value().next) return finish_add(r->task, r->state, r->done, &r->found);
                           r->filter.before = page.value().next;
                           // Not from in here: a repository that answers at once would have us call ourselves.
                           post([self = shared_from_this(), r] {
                               if (error_code no = self->usable())
                                   self->finish_add(r->task, no, r->done, nullptr);
                               else
                                   self->read_page(r);
                           });
                       });
}

} // namespace rondo::runtime
