// SPDX-License-Identifier: BSL-1.0
#include <repository/waiters.hpp>

#include <utility>

namespace rondo::repository_detail {

/// By whoever has taken a waiter off: until it is over the context waits in `shut_down`.
class waiters::delivery {
public:
    explicit delivery(waiters& to) noexcept : to_(to) {}
    delivery(const delivery&) = delete;
    delivery& operator=(const delivery&) = delete;
    ~delivery() {
        const std::lock_guard lock(to_.mutex_);
        if (--to_.delivering_ == 0) to_.delivered_.notify_all();
    }

private:
    waiters& to_;
};

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

// With the lock, whoever is woken would have to wait for it at once.
void waiters::complete(waiter& w, bool aborted) {
    const std::shared_ptr<waiter> last = take_off(w);
    if (last == nullptr) return;
    const delivery counted(*this); // ends first: what is freed behind it is of ours
    last->deliver(aborted);
}

std::shared_ptr<waiter> waiters::take_off(waiter& w) {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(&w);
    if (found == waiting_.end()) return nullptr;
    std::shared_ptr<waiter> mine = std::move(found->second);
    waiting_.erase(found);
    ++delivering_;
    return mine;
}

void waiters::shut_down() noexcept {
    std::unordered_map<waiter*, std::shared_ptr<waiter>> dropped;
    {
        std::unique_lock lock(mutex_);
        down_ = true;
        dropped.swap(waiting_);
        delivered_.wait(lock, [&] { return delivering_ == 0; });
    }
    // Without the lock: a coroutine may own the repository, whose destructor joins the thread, which
    // may want the lock.
    for (auto& [key, w] : dropped) w->drop();
}

} // namespace rondo::repository_detail
