// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_WAITERS_HPP
#define RONDO_REPOSITORY_WAITERS_HPP

#include <boost/asio/execution_context.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace rondo::repository_detail {

class waiters;

/// A coroutine that waits for the thread of a store, as seen from there. Both may touch it only through
/// the `waiters` of its execution context.
class waiter {
public:
    explicit waiter(std::shared_ptr<waiters> home) : home_(std::move(home)) {}
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    virtual ~waiter() = default;

    [[nodiscard]] waiters& home() const noexcept { return *home_; }

private:
    friend class waiters;

    /// Posts the handler to its executor. The context lives: `shut_down` waits for the end of this.
    virtual void deliver(bool aborted) = 0;
    /// Destroys the handler, and with it the coroutine.
    virtual void drop() noexcept = 0;

    std::shared_ptr<waiters> home_;
};

/// All who wait within one execution context. A handler must not outlive its context, and nothing may
/// be posted to a context that is gone; yet the thread of a store knows nothing of contexts. So each
/// handler belongs to this list, and whoever takes it off the list, under the mutex, has it: the
/// thread, a cancellation, or the end of the context.
class waiters {
public:
    /// False: the context is being destroyed, and the waiter was dropped.
    bool add(const std::shared_ptr<waiter>& w);

    /// Resumes the waiter, unless it was resumed or dropped before.
    void complete(waiter& w, bool aborted);

    /// The end of the context. Waits for those who post to it at this moment.
    void shut_down() noexcept;

    /// This thread runs the context. False: not the only one. Any thread.
    [[nodiscard]] bool seen_on(std::thread::id thread) noexcept {
        std::thread::id first;
        if (!first_.compare_exchange_strong(first, thread) && first != thread) several_ = true;
        return !several_;
    }
    /// Whether no other was seen yet.
    [[nodiscard]] bool has_one_thread() const noexcept { return !several_; }

private:
    class delivery;

    [[nodiscard]] std::shared_ptr<waiter> take_off(waiter& w);

    std::atomic<std::thread::id> first_; // that was seen
    std::atomic<bool> several_ = false;
    std::mutex mutex_;
    std::unordered_map<waiter*, std::shared_ptr<waiter>> waiting_;
    std::size_t delivering_ = 0; // threads
    std::condition_variable delivered_;
    bool down_ = false;
};

/// Ties the `waiters` to an execution context, whose destructor calls `shutdown` before it destroys
/// its own queue.
class waiters_service : public boost::asio::execution_context::service {
public:
    static inline boost::asio::execution_context::id id;

    explicit waiters_service(boost::asio::execution_context& context)
        : service(context), waiters_(std::make_shared<repository_detail::waiters>()) {}

    [[nodiscard]] const std::shared_ptr<repository_detail::waiters>& get() const noexcept { return waiters_; }

private:
    void shutdown() override { waiters_->shut_down(); }

    std::shared_ptr<repository_detail::waiters> waiters_; // that thread may hold it longer
};

} // namespace rondo::repository_detail

#endif // RONDO_REPOSITORY_WAITERS_HPP
