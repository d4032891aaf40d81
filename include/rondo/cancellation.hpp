// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CANCELLATION_HPP
#define RONDO_CANCELLATION_HPP

#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

namespace rondo {

namespace detail {
class cancellation_state;
}

/// Keeps a callback registered while it lives. Its destructor waits for a callback that another
/// thread is running at that moment, as `std::stop_callback` does.
class [[nodiscard]] cancellation_callback {
public:
    cancellation_callback() = default;
    cancellation_callback(std::stop_token token, std::function<void()> f)
        : callback_(
              std::make_unique<std::stop_callback<std::function<void()>>>(std::move(token), std::move(f))) {}

private:
    std::unique_ptr<std::stop_callback<std::function<void()>>> callback_; // on the heap: not movable itself
};

/// Tells whether, why and when work should stop: what a Go context does for cancellation. A token is
/// a shared view of a `cancellation_source`; a default one is never cancelled. All of it may be used
/// from any thread.
class cancellation_token {
public:
    cancellation_token() = default;

    [[nodiscard]] bool is_cancelled() const noexcept;
    /// Why; `none` until it is cancelled, and set before any callback runs.
    [[nodiscard]] cancel_reason reason() const noexcept;
    /// As `reason`, but where that is `parent`, the reason of the ancestor that began it.
    [[nodiscard]] cancel_reason root_reason() const noexcept;
    /// The nearest deadline of the source and its ancestors. It is cancelled then with reason
    /// `timeout`, never earlier.
    [[nodiscard]] std::optional<steady_time> deadline() const noexcept;
    /// The same signal for code that knows the standard library only.
    [[nodiscard]] std::stop_token stop_token() const noexcept;
    /// Calls `f` once: on the thread that cancels, or here and now if that has happened already.
    /// `f` must not throw (`std::terminate`), and must not block.
    [[nodiscard]] cancellation_callback on_cancel(std::function<void()> f) const;

private:
    friend class cancellation_source;
    explicit cancellation_token(std::shared_ptr<detail::cancellation_state> state)
        : state_(std::move(state)) {}

    std::shared_ptr<detail::cancellation_state> state_; // null: can never be cancelled
};

/// Cancels the tokens it gives out. Copies are the same source. When the last copy is gone its tokens
/// can only be cancelled by their parent or deadline. Any thread.
class cancellation_source {
public:
    cancellation_source();
    /// Is cancelled with reason `parent` when `parent` is, at once if that has happened already.
    explicit cancellation_source(const cancellation_token& parent);

    // A move copies, so that no source is ever empty.
    cancellation_source(const cancellation_source&) = default;
    cancellation_source& operator=(const cancellation_source&) = default;
    ~cancellation_source() = default;

    [[nodiscard]] cancellation_token token() const;
    /// The first reason stays. Returns whether this call was the one. `none` counts as `requested`.
    bool cancel(cancel_reason reason = cancel_reason::requested) const;
    /// Cancels with reason `timeout` at `deadline` of the monotonic clock of `system_clock()`, by a timer
    /// on `executor`. The nearest of several calls counts. If the execution context is destroyed first,
    /// nothing happens.
    void cancel_at(boost::asio::any_io_executor executor, steady_time deadline) const;
    /// As `cancel_at(executor, now + d)`.
    void cancel_after(boost::asio::any_io_executor executor, std::chrono::nanoseconds d) const;

private:
    std::shared_ptr<detail::cancellation_state> state_; // never null
};

} // namespace rondo

#endif // RONDO_CANCELLATION_HPP
