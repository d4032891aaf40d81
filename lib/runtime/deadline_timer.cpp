// SPDX-License-Identifier: BSL-1.0
#include <runtime/deadline_timer.hpp>

#include <runtime/host_clock.hpp>

#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <utility>

namespace rondo::detail {

/// Owns the timer that it waits for, so that both go with the context.
class deadline_timer::handler {
public:
    handler(std::shared_ptr<deadline_timer> home, std::unique_ptr<boost::asio::steady_timer> timer,
            std::function<void()> expired)
        : home_(std::move(home)), timer_(std::move(timer)), expired_(std::move(expired)) {}
    handler(handler&&) noexcept = default;
    handler& operator=(handler&&) = delete;
    ~handler() { let_go(); }

    void operator()(boost::system::error_code ec) {
        bool due = !ec && runtime::unwatched_clock().now().steady >= home_->expiry_;
        if (!ec && !due && wait_on()) return;
        let_go();
        if (due) expired_();
    }

private:
    // The clock is not the timer's, which stands still while the machine sleeps.
    bool wait_on() {
        auto home = home_; // this handler moves on
        std::lock_guard lock(home->mutex_);
        if (home->stopped_) return false;
        auto& timer = *timer_;
        timer.expires_at(runtime::unwatched_clock().timer_for(home->expiry_));
        timer.async_wait(std::move(*this));
        return true;
    }

    void let_go() noexcept {
        if (timer_ == nullptr) return; // moved from, or done
        {
            std::lock_guard lock(home_->mutex_);
            home_->timer_ = nullptr;
        }
        timer_.reset();
    }

    std::shared_ptr<deadline_timer> home_;
    std::unique_ptr<boost::asio::steady_timer> timer_;
    std::function<void()> expired_;
};

std::shared_ptr<deadline_timer> deadline_timer::start(boost::asio::any_io_executor executor, steady_time t,
                                                      std::function<void()> expired) {
    std::shared_ptr<deadline_timer> self(new deadline_timer(t));
    auto timer = std::make_unique<boost::asio::steady_timer>(std::move(executor),
                                                             runtime::unwatched_clock().timer_for(t));
    boost::asio::steady_timer& started = *timer;
    self->timer_ = &started; // before another thread can run the handler
    started.async_wait(handler(self, std::move(timer), std::move(expired)));
    return self;
}

void deadline_timer::stop() noexcept {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    if (timer_ == nullptr) return;
    try {
        boost::asio::post(timer_->get_executor(), [self = shared_from_this()] {
            std::lock_guard in_turn(self->mutex_);
            if (self->timer_ != nullptr) self->timer_->cancel();
        });
    } catch (...) { // no memory: then it fires, for nothing
    }
}

} // namespace rondo::detail
