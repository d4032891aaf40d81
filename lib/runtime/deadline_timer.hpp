// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_DEADLINE_TIMER_HPP
#define RONDO_RUNTIME_DEADLINE_TIMER_HPP

#include <rondo/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <mutex>

namespace rondo::detail {

/// A timer that any thread may stop. It belongs to its execution context: whoever holds this handle
/// touches the context only under the mutex, for which the end of the timer waits.
class deadline_timer : public std::enable_shared_from_this<deadline_timer> {
public:
    /// Calls `expired` on `executor` at `t`, unless it is stopped or its context is destroyed before.
    static std::shared_ptr<deadline_timer> start(boost::asio::any_io_executor executor, steady_time t,
                                                 std::function<void()> expired);

    [[nodiscard]] steady_time expiry() const noexcept { return expiry_; }
    /// Its context need not wait for it any more.
    void stop() noexcept;

private:
    explicit deadline_timer(steady_time t) : expiry_(t) {}

    class handler;

    const steady_time expiry_;
    std::mutex mutex_;                           // guards the next two
    bool stopped_ = false;                       // nobody waits for it any more
    boost::asio::steady_timer* timer_ = nullptr; // its handler's, while that is there
};

} // namespace rondo::detail

#endif // RONDO_RUNTIME_DEADLINE_TIMER_HPP
