// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_WRITER_HPP
#define RONDO_REPOSITORY_SQLITE_WRITER_HPP

#include <rondo/error.hpp>

#include <repository/sqlite/database.hpp>
#include <repository/sqlite/lock_file.hpp>
#include <repository/sqlite/look_out.hpp>
#include <repository/sqlite/open_file.hpp>
#include <repository/sqlite/open_name.hpp>
#include <repository/waiters.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace rondo::sqlite::detail {

/// One call of the repository on its way through the database thread.
class job {
public:
    job() = default;
    job(const job&) = delete;
    job& operator=(const job&) = delete;
    virtual ~job() = default;

    /// Does the work, within a transaction. It is done again, from its beginning, if a transaction that
    /// it shared with others failed. Throws `failure`.
    virtual void run(database& db) = 0;
    /// What has joined it since, behind all that ran, in the same transaction. False: nothing has, and nothing will
    /// any more.
    virtual bool run_more(database& /*db*/) { return false; }
    /// Nothing joins it any more. What has goes with the next `run`.
    virtual void close() {}

    std::optional<errc> error;                       // of the last run, or of its commit
    std::weak_ptr<repository_detail::waiter> waiter; // nobody, once the caller gave up
};

/// The queue of jobs, and the loop that empties it. All that gathered while a transaction was committed
/// goes into the next one, so the more wait the fewer syncs each one costs.
class writer {
public:
    /// The lock, null without a file, must be there while `run` is.
    writer(database db, open_name name, lock_file* lock, seams s,
           std::optional<std::chrono::microseconds> busy_poll)
        : lock_(lock), name_(std::move(name)), db_(std::move(db)), seams_(std::move(s)),
          look_out_(busy_poll, seams_.look) {}

    /// Any thread. False: it has stopped, and nothing will happen.
    [[nodiscard]] bool push(std::shared_ptr<job> j);
    /// Likewise, of two with one waiter, which go into one transaction if they can, in this order.
    [[nodiscard]] bool push(std::shared_ptr<job> first, std::shared_ptr<job> second);

    /// The loop of the database thread. Returns after `stop`, when the queue is empty.
    void run();
    void stop();

    /// How long a loop should look for the answer to its call before it sleeps. Any thread.
    [[nodiscard]] polling poll_for_answer() const noexcept {
        return {look_out_.for_answer(), look_out_.always()};
    }

private:
    using jobs = std::vector<std::shared_ptr<job>>;
    using steady = std::chrono::steady_clock;

    struct turn {
        jobs batch;
        steady::time_point called_at; // of the first of them
    };

    void note_call() noexcept;
    void look_for_call() const;
    [[nodiscard]] turn wait_for_jobs();
    void process(const jobs& batch);
    void look_at_log(const checkpointed& c) noexcept;
    [[nodiscard]] bool refuse(const jobs& batch) noexcept;
    void run_alone(job& j);
    [[nodiscard]] bool run_more(const jobs& batch);
    [[nodiscard]] bool run_together(const jobs& batch);
    void announce_transaction();
    void checkpoint();
    void beat() noexcept;

    lock_file* lock_;
    std::chrono::steady_clock::time_point beaten_{};
    open_name name_;
    database db_;
    std::optional<errc> log_error_; // of a checkpoint, until another was whole
    steady::time_point log_retry_at_{};
    seams seams_;
    detail::look_out look_out_;
    std::atomic<bool> called_ = false;  // somebody pushed, or stopped us; written under the mutex
    std::atomic<int> called_from_ = -1; // the processor of who pushed last; likewise
    std::mutex mutex_;
    std::condition_variable wake_;
    jobs queue_;                   // under the mutex
    steady::time_point called_at_; // likewise: when the first of them came
    bool stopped_ = false;         // under the mutex
};

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_WRITER_HPP
