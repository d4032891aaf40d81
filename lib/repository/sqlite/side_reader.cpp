// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/side_reader.hpp>

#include <repository/sqlite/failure.hpp>

#include <utility>

namespace rondo::sqlite::detail {

bool side_reader::push(std::shared_ptr<job> j) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return false;
        queue_.push_back(std::move(j));
    }
    wake_.notify_one();
    return true;
}

void side_reader::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    wake_.notify_one();
}

void side_reader::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
        if (queue_.empty()) return;
        const std::shared_ptr<job> j = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        process(*j);
        if (const auto w = j->waiter.lock()) w->home().complete(*w, false);
        lock.lock();
    }
}

void side_reader::process(job& j) {
    j.error = errc::store_failed;
    if (stopped_) return;
    j.error = error_of([&] {
        database db(connection(path_, access::read));
        if (!file_.leads_to_it()) throw failure(errc::store_cannot_open); // that is another file
        const auto broken_off = [&] { return stopped_ || j.waiter.expired(); };
        const interruptible here(db.raw(), broken_off);
        j.run(db);
    });
}

} // namespace rondo::sqlite::detail
