// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/writer.hpp>

#include <repository/sqlite/failure.hpp>

#include <utility>

namespace rondo::sqlite::detail {

bool writer::push(std::shared_ptr<job> j) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return false;
        queue_.push_back(std::move(j));
    }
    wake_.notify_one();
    return true;
}

void writer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    wake_.notify_one();
}

writer::jobs writer::wait_for_jobs() {
    jobs batch;
    std::unique_lock lock(mutex_);
    const auto woken = [this] { return stopped_ || !queue_.empty(); };
    while (!wake_.wait_for(lock, seams_.beat_interval, woken)) {
        lock.unlock(); // a disk may keep us, and those who come must not wait for it
        beat();
        lock.lock();
    }
    batch.swap(queue_);
    return batch;
}

void writer::run() {
    for (jobs batch = wait_for_jobs(); !batch.empty(); batch = wait_for_jobs()) {
        process(batch);
        for (const auto& j : batch)
            if (const auto w = j->waiter.lock()) w->home().complete(*w, false);
    }
}

void writer::beat() noexcept {
    const auto now = std::chrono::steady_clock::now();
    if (lock_ == nullptr || !db_.started() || now - beaten_ < seams_.beat_interval) return;
    beaten_ = now;
    lock_->beat();
}

void writer::process(const jobs& batch) {
    beat();
    if (!name_.leads_to_it()) { // what is written now would be gone with the file
        for (const auto& j : batch) j->error = errc::store_cannot_open;
        return;
    }
    if (batch.size() > 1 && run_together(batch)) return;
    // Alone, each gets the error that is its own; and a disk too full for all may have room for some.
    for (const auto& j : batch) run_alone(*j);
}

void writer::announce_transaction() {
    if (seams_.before_transaction) seams_.before_transaction(db_.raw().handle());
}

void writer::run_alone(job& j) {
    announce_transaction();
    j.error = error_of([&] {
        transaction t(db_.raw());
        j.run(db_);
        t.commit();
    });
}

bool writer::run_together(const jobs& batch) {
    announce_transaction();
    bool begun = false;
    bool whole = true;
    const auto error = error_of([&] {
        transaction t(db_.raw());
        begun = true;
        for (const auto& j : batch) whole = whole && run_in_savepoint(*j);
        if (whole) t.commit();
    });
    if (begun) return whole && !error;
    // Somebody else holds the file. Alone, each would wait for it as long as we did together.
    for (const auto& j : batch) j->error = error;
    return true;
}

bool writer::run_in_savepoint(job& j) {
    savepoint part(db_.raw());
    j.error = error_of([&] { j.run(db_); });
    // Some errors take the whole transaction with them, and with it the work of the others.
    if (!db_.raw().in_transaction()) return false;
    if (j.error)
        part.undo();
    else
        part.release();
    return true;
}

} // namespace rondo::sqlite::detail
