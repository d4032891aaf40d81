// SPDX-License-Identifier: BSL-1.0
#include <rondo/cancellation.hpp>
#include <rondo/clock.hpp>
#include <runtime/cancellation_state.hpp>

#include <algorithm>
#include <utility>

namespace rondo {
namespace detail {

cancellation_state::cancellation_state(std::shared_ptr<cancellation_state> parent)
    : parent_(std::move(parent)) {
    if (parent_ != nullptr) link_.emplace(parent_->stop_token(), on_parent{this});
}

cancellation_state::~cancellation_state() {
    stop_timer();
}

bool cancellation_state::cancel(cancel_reason reason) {
    if (reason == cancel_reason::none) reason = cancel_reason::requested;
    auto expected = cancel_reason::none;
    if (!reason_.compare_exchange_strong(expected, reason)) return false;
    stop_timer();
    // A callback may let go of the last reference to us, so the source must live here.
    std::stop_source source = source_;
    source.request_stop();
    return true;
}

cancel_reason cancellation_state::root_reason() const noexcept {
    const cancellation_state* at = this;
    while (at->reason() == cancel_reason::parent && at->parent_ != nullptr) at = at->parent_.get();
    return at->reason();
}

std::optional<steady_time> cancellation_state::deadline() const {
    std::optional<steady_time> nearest;
    for (const cancellation_state* at = this; at != nullptr; at = at->parent_.get()) {
        std::lock_guard lock(at->mutex_);
        if (at->deadline_ && (!nearest || *at->deadline_ < *nearest)) nearest = at->deadline_;
    }
    return nearest;
}

bool cancellation_state::expires_at(steady_time t) {
    std::lock_guard lock(mutex_);
    bool nearer = !deadline_ || t < *deadline_;
    if (nearer) deadline_ = t;
    return nearer;
}

void cancellation_state::watch(const std::shared_ptr<deadline_timer>& timer) {
    std::shared_ptr<deadline_timer> farther = timer;
    {
        std::lock_guard lock(mutex_);
        // Another thread may have come in between with a nearer one.
        if (timer->expiry() <= *deadline_) std::swap(timer_, farther);
    }
    if (farther != nullptr) farther->stop();
    if (reason() != cancel_reason::none) stop_timer(); // meanwhile, by another thread
}

// Nobody's context shall wait for a deadline that no longer matters.
void cancellation_state::stop_timer() noexcept {
    std::shared_ptr<deadline_timer> timer;
    {
        std::lock_guard lock(mutex_);
        timer.swap(timer_);
    }
    if (timer != nullptr) timer->stop();
}

} // namespace detail

bool cancellation_token::is_cancelled() const noexcept {
    return reason() != cancel_reason::none;
}

cancel_reason cancellation_token::reason() const noexcept {
    return state_ == nullptr ? cancel_reason::none : state_->reason();
}

cancel_reason cancellation_token::root_reason() const noexcept {
    return state_ == nullptr ? cancel_reason::none : state_->root_reason();
}

std::optional<steady_time> cancellation_token::deadline() const noexcept {
    return state_ == nullptr ? std::nullopt : state_->deadline();
}

std::stop_token cancellation_token::stop_token() const noexcept {
    return state_ == nullptr ? std::stop_token() : state_->stop_token();
}

cancellation_callback cancellation_token::on_cancel(std::function<void()> f) const {
    return {stop_token(), std::move(f)};
}

cancellation_source::cancellation_source() : state_(std::make_shared<detail::cancellation_state>(nullptr)) {}

cancellation_source::cancellation_source(const cancellation_token& parent)
    : state_(std::make_shared<detail::cancellation_state>(parent.state_)) {}

cancellation_token cancellation_source::token() const {
    return cancellation_token(state_);
}

bool cancellation_source::cancel(cancel_reason reason) const {
    return state_->cancel(reason);
}

void cancellation_source::cancel_at(boost::asio::any_io_executor executor, steady_time deadline) const {
    if (!state_->expires_at(deadline) || state_->reason() != cancel_reason::none) return;
    auto expired = [weak = std::weak_ptr(state_)] {
        if (auto state = weak.lock()) state->cancel(cancel_reason::timeout);
    };
    state_->watch(detail::deadline_timer::start(std::move(executor), deadline, std::move(expired)));
}

void cancellation_source::cancel_after(boost::asio::any_io_executor executor,
                                       std::chrono::nanoseconds d) const {
    constexpr std::chrono::nanoseconds for_ever = std::chrono::years(100);
    cancel_at(std::move(executor), system_clock().now().steady + std::clamp(d, -for_ever, for_ever));
}

} // namespace rondo
