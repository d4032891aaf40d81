// SPDX-License-Identifier: BSL-1.0
#include <runtime/run_state.hpp>

#include <exception>

namespace rondo::detail {

boost::asio::any_io_executor run_state::executor() const {
    std::lock_guard lock(mutex_);
    if (seat_ != nullptr) return seat_->executor;
    return strand_ ? strand_ : home_;
}

cancel_reason run_state::take(body_seat& s) {
    std::lock_guard lock(mutex_);
    seat_ = &s;
    has_turn_ = true;
    return at_turn_;
}

body_seat* run_state::seat() const {
    std::lock_guard lock(mutex_);
    return seat_;
}

void run_state::leave_seat(bool keep_strand) noexcept {
    std::lock_guard lock(mutex_);
    if (seat_ != nullptr && keep_strand) strand_ = seat_->executor;
    seat_ = nullptr;
}

bool run_state::has_turn() const {
    std::lock_guard lock(mutex_);
    return has_turn_;
}

bool run_state::cancel_at_turn(cancel_reason reason) {
    std::lock_guard lock(mutex_);
    if (!has_turn_) at_turn_ = reason;
    return !has_turn_;
}

cancellation_token run_state::token() {
    std::lock_guard lock(mutex_);
    if (!source_) {
        source_.emplace();
        if (cancelled()) source_->cancel(reason_);
    }
    return source_->token();
}

void run_state::cancel(cancel_reason reason) {
    std::optional<cancellation_source> source;
    {
        std::lock_guard lock(mutex_);
        reason_ = reason;
        source = source_;
    }
    if (source) source->cancel(reason); // calls back, so not under the lock
}

void run_state::leave_strand(bool context_gone) noexcept {
    std::lock_guard lock(mutex_);
    seat_ = nullptr;
    strand_ = {};
    if (context_gone) home_ = {};
}

std::shared_ptr<const run_output> run_state::output() const {
    std::lock_guard lock(mutex_);
    return notes_ != nullptr ? std::make_shared<const run_output>(notes_->copy()) : nullptr;
}

std::optional<run_progress> run_state::progress() const {
    if (!has_notes_) return std::nullopt;
    std::lock_guard lock(mutex_);
    return notes_ != nullptr ? notes_->latest_progress() : std::nullopt;
}

std::shared_ptr<const run_output> run_state::take_output() noexcept {
    notes_taken_ = true;
    if (!has_notes_) return nullptr;
    try {
        return output();
    } catch (...) { // its end matters more
        return nullptr;
    }
}

std::string current_exception_text() {
    try {
        throw;
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "unknown exception";
    }
}

} // namespace rondo::detail
