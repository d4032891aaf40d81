// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_REPOSITORY_THREAD_GATE_HPP
#define RONDO_TESTS_REPOSITORY_THREAD_GATE_HPP

#include <repository/sqlite/open_file.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace rondo::testing {

/// Holds the database thread before each transaction until it is let go, and counts transactions.
class thread_gate {
public:
    [[nodiscard]] sqlite::detail::seams seams() {
        sqlite::detail::seams s;
        s.before_transaction = [this](sqlite3*) {
            ++transactions;
            std::unique_lock lock(mutex_);
            arrived_ = true;
            wake_.notify_all();
            wake_.wait(lock, [this] { return open_; });
        };
        return s;
    }
    /// Until the thread is about to work.
    void wait_for_thread() {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return arrived_; });
    }
    void set(bool open) {
        const std::lock_guard lock(mutex_);
        open_ = open;
        arrived_ = false;
        wake_.notify_all();
    }

    std::atomic<std::uint64_t> transactions{0};

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    bool open_ = true;
    bool arrived_ = false;
};

} // namespace rondo::testing

#endif // RONDO_TESTS_REPOSITORY_THREAD_GATE_HPP
