// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/writer.hpp>

#include <repository/sqlite/failure.hpp>

#include <thread>
#include <utility>

namespace rondo::sqlite::detail {

bool writer::push(std::shared_ptr<job> j) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return false;
        queue_.push_back(std::move(j));
        note_call();
    }
    wake_.notify_one();
    return true;
}

bool writer::push(std::shared_ptr<job> first, std::shared_ptr<job> second) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return false;
        queue_.reserve(queue_.size() + 2); // both or none
        queue_.push_back(std::move(first));
        queue_.push_back(std::move(second));
        note_call();
    }
    wake_.notify_one();
    return true;
}

void writer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        called_ = true;
    }
    wake_.notify_one();
}

// Under the mutex.
void writer::note_call() noexcept {
    if (!called_) called_at_ = steady::now();
    called_from_ = look_out_.here();
    called_ = true;
}

// Others may want this processor.
void writer::look_for_call() const {
    const auto time = look_out_.for_call();
    if (time == look_out::duration(0) || called_) return;
    const auto until = steady::now() + time;
    for (bool looks = look_out_.is_apart_from(called_from_); looks && !called_;) {
        std::this_thread::yield();
        looks = steady::now() < until && look_out_.is_apart_from(called_from_);
    }
    if (seams_.on_looked_out) seams_.on_looked_out(called_);
}

writer::turn writer::wait_for_jobs() {
    look_for_call();
    turn next;
    std::unique_lock lock(mutex_);
    const auto woken = [this] { return stopped_ || !queue_.empty(); };
    while (!wake_.wait_for(lock, seams_.beat_interval, woken)) {
        lock.unlock(); // a disk may keep us, and those who come must not wait for it
        beat();
        lock.lock();
    }
    next.batch.swap(queue_);
    next.called_at = called_at_;
    called_ = stopped_;
    return next;
}

void writer::run() {
    auto answered_at = steady::now();
    for (turn t = wait_for_jobs(); !t.batch.empty(); t = wait_for_jobs()) {
        const auto until_call = t.called_at - answered_at;
        process(t.batch);
        answered_at = steady::now();
        look_out_.on_turn(until_call, answered_at - t.called_at); // they look at it when they call again
        for (const auto& j : t.batch)
            if (const auto w = j->waiter.lock()) w->home().complete(*w, false);
        // While they are at work, not when the next call is there.
        t.batch.clear();
        checkpoint();
    }
}

void writer::checkpoint() {
    if (!db_.raw().log_is_long()) return;
    if (seams_.before_checkpoint) seams_.before_checkpoint();
    look_at_log(db_.raw().checkpoint());
}

void writer::look_at_log(const checkpointed& c) noexcept {
    if (c.failed || c.whole) log_error_ = c.failed;
}

// A disk that failed while the log went into the file, or was synced for that, must not go unheard: what was written
// before may be lost. A full one says so itself, when the log has no room either.
bool writer::refuse(const jobs& batch) noexcept {
    constexpr auto pause = std::chrono::milliseconds(100); // it takes long, and others ask, too
    if (!log_error_) return false;
    if (const auto now = steady::now(); now >= log_retry_at_) {
        look_at_log(db_.raw().checkpoint());
        log_retry_at_ = steady::now() + pause;
    }
    for (const auto& j : batch) j->error = log_error_;
    return log_error_.has_value();
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
    if (refuse(batch)) return;
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
        j.close();
        transaction t(db_.raw());
        j.run(db_);
        t.commit();
    });
}

bool writer::run_more(const jobs& batch) {
    bool more = false;
    for (const auto& j : batch) more = j->run_more(db_) || more;
    return more;
}

// Without savepoints, for which SQLite would copy each page before it changes it. Errors are few.
bool writer::run_together(const jobs& batch) {
    announce_transaction();
    bool begun = false;
    const auto error = error_of([&] {
        transaction t(db_.raw());
        begun = true;
        for (const auto& j : batch) j->run(db_);
        while (run_more(batch)) {
        }
        t.commit();
    });
    // Somebody else may hold the file. Alone, each would wait for it as long as we did together.
    const bool done = !error || !begun;
    if (done)
        for (const auto& j : batch) j->error = error;
    return done;
}

} // namespace rondo::sqlite::detail
