// SPDX-License-Identifier: BSL-1.0
#include <repository/waiters.hpp>

#include <utility>

namespace rondo::repository_detail {

bool waiters::add(const std::shared_ptr<waiter>& w) {
    {
        const std::lock_guard lock(mutex_);
        if (!down_) {
            waiting_.emplace(w.get(), w);
            return true;
        }
    }
    w->drop();
    return false;
}

void waiters::complete(waiter& w, bool aborted) {
    // The lock spans the posting: the context waits for it in `shut_down`. Posting runs no handler, so
    // nothing comes back to us under the lock.
    std::shared_ptr<waiter> last; // freed after the lock
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(&w);
    if (found == waiting_.end()) return;
    last = std::move(found->second);
    waiting_.erase(found);
    last->deliver(aborted);
}

void waiters::shut_down() noexcept {
    std::unordered_map<waiter*, std::shared_ptr<waiter>> dropped;
    {
        const std::lock_guard lock(mutex_);
        down_ = true;
        dropped.swap(waiting_);
    }
    // Without the lock: a coroutine may own the repository, whose destructor joins the thread, which
    // may want the lock.
    for (auto& [key, w] : dropped) w->drop();
}

} // namespace rondo::repository_detail
