// SPDX-License-Identifier: BSL-1.0
#include <rondo/context.hpp>
#include <rondo/format.hpp>

#include <runtime/pending.hpp>
#include <runtime/run_state.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace rondo {
namespace {

/// One sleep on a clock that may be virtual. The timer's handler owns it, so it goes with the execution
/// context; the clock knows it only while it is armed.
class sleep final : public clock_waiter, public std::enable_shared_from_this<sleep> {
public:
    sleep(std::shared_ptr<clock> c, const boost::asio::any_io_executor& executor, steady_time deadline)
        : clock_(std::move(c)), timer_(executor), deadline_(deadline) {}
    ~sleep() { clock_->disarm(*this); }

    void start(runtime::pending_ptr<void> done) {
        done_ = std::move(done);
        wait();
    }

    void wake() noexcept override {
        if (auto self = weak_from_this().lock())
            boost::asio::post(timer_.get_executor(), [self] { self->timer_.cancel(); });
    }

private:
    void wait() {
        timer_.expires_at(clock_->arm(*this, deadline_));
        timer_.async_wait([self = shared_from_this()](error_code) { self->look(); });
    }

    void look() {
        if (done_->done()) return;
        if (clock_->now().steady < deadline_) return wait();
        done_->complete(boost::outcome_v2::success());
    }

    std::shared_ptr<clock> clock_;
    boost::asio::steady_timer timer_;
    steady_time deadline_;
    runtime::pending_ptr<void> done_;
};

} // namespace

const shared_string& context::uid() const noexcept {
    return state_->uid;
}
const shared_string& context::name() const noexcept {
    return state_->name;
}
run_id context::id() const noexcept {
    return state_->id;
}
rondo::trigger context::trigger() const noexcept {
    return state_->trigger;
}
std::uint32_t context::attempt() const noexcept {
    return state_->attempt;
}
wall_time context::scheduled_at() const noexcept {
    return state_->scheduled_at;
}
wall_time context::started_at() const noexcept {
    return state_->started_at;
}
std::uint64_t context::fencing_token() const noexcept {
    return state_->fencing_token;
}
std::string context::slot_key() const {
    return fmt::format("{}@{}", state_->uid, moment(state_->scheduled_at));
}
std::optional<steady_time> context::deadline() const noexcept {
    return state_->deadline;
}
cancellation_token context::token() const {
    return state_->token();
}
instant context::now() const noexcept {
    return state_->clock->now();
}
boost::asio::any_io_executor context::get_executor() const {
    return state_->executor();
}

bool context::progress(double share, std::string_view text) const {
    if (std::isnan(share)) return false;
    return state_->note(
        [&](runtime::run_notes& notes) { notes.progress(share, text, state_->clock->now().wall); });
}
bool context::log(std::string_view text) const {
    return state_->note([&](runtime::run_notes& notes) { notes.log(text, state_->clock->now().wall); });
}

void context::start_sleep(detail::completion<void> done, std::chrono::nanoseconds d) const {
    auto executor = state_->executor();
    auto waiting = runtime::make_pending<void>(std::move(done), executor);
    auto now = state_->clock->now().steady;
    auto longest = std::chrono::nanoseconds(std::chrono::years(100));
    auto nap = std::make_shared<sleep>(state_->clock, executor,
                                       now + std::clamp(d, std::chrono::nanoseconds(0), longest));
    // A cancel must end the wait of the timer too, which otherwise keeps the run's frame company.
    waiting->allow_cancel([weak = std::weak_ptr(nap)] {
        if (auto self = weak.lock()) self->wake();
    });
    boost::asio::dispatch(executor, [nap, waiting]() mutable { nap->start(std::move(waiting)); });
}

} // namespace rondo
