// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_CANCELLATION_STATE_HPP
#define RONDO_RUNTIME_CANCELLATION_STATE_HPP

#include <rondo/cancellation.hpp>

#include <runtime/deadline_timer.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

namespace rondo::detail {

/// What sources and tokens share: the standard library's stop state, with a reason, a deadline and a
/// parent. `std::stop_source` brings the thread safety.
class cancellation_state {
public:
    explicit cancellation_state(std::shared_ptr<cancellation_state> parent);
    ~cancellation_state();
    cancellation_state(const cancellation_state&) = delete;
    cancellation_state& operator=(const cancellation_state&) = delete;

    bool cancel(cancel_reason reason);
    [[nodiscard]] cancel_reason reason() const noexcept { return reason_.load(); }
    [[nodiscard]] cancel_reason root_reason() const noexcept;
    [[nodiscard]] std::stop_token stop_token() const noexcept { return source_.get_token(); }
    [[nodiscard]] std::optional<steady_time> deadline() const;
    /// Returns whether that is nearer than its own deadline was.
    bool expires_at(steady_time t);
    /// Remembers the timer of the nearest deadline, waiting already, and stops the one that it replaces.
    void watch(const std::shared_ptr<deadline_timer>& timer);

private:
    struct on_parent {
        cancellation_state* self;
        void operator()() const { self->cancel(cancel_reason::parent); }
    };

    void stop_timer() noexcept;

    std::shared_ptr<cancellation_state> parent_;
    std::stop_source source_;
    std::atomic<cancel_reason> reason_{cancel_reason::none};
    mutable std::mutex mutex_; // guards the next two
    std::optional<steady_time> deadline_;
    std::shared_ptr<deadline_timer> timer_;
    std::optional<std::stop_callback<on_parent>> link_; // last: gone first, and waits if it is being called
};

} // namespace rondo::detail

#endif // RONDO_RUNTIME_CANCELLATION_STATE_HPP
