// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_HANDLER_WAITER_HPP
#define RONDO_REPOSITORY_HANDLER_WAITER_HPP

#include <repository/waiters.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace rondo::repository_detail {

/// A waiter with its handler, which takes whether the wait was aborted.
template <class Handler>
class handler_waiter final : public waiter {
public:
    handler_waiter(std::shared_ptr<waiters> home, Handler handler)
        : waiter(std::move(home)), parts_(std::move(handler)) {}

private:
    using executor = boost::asio::associated_executor_t<Handler>;
    using tracked = std::decay_t<decltype(boost::asio::prefer(
        std::declval<executor>(), boost::asio::execution::outstanding_work.tracked))>;

    struct parts {
        explicit parts(Handler h)
            : work(boost::asio::prefer(boost::asio::get_associated_executor(h),
                                       boost::asio::execution::outstanding_work.tracked)),
              handler(std::move(h)) {}

        tracked work; // `run()` of the context does not return while we wait
        Handler handler;
    };

    void deliver(bool aborted) override {
        parts taken = std::move(*parts_);
        parts_.reset();
        boost::asio::post(taken.work, boost::asio::append(std::move(taken.handler), aborted));
    }
    void drop() noexcept override { parts_.reset(); }

    std::optional<parts> parts_;
};

/// In the cancellation slot of whoever waits.
class abort_wait {
public:
    explicit abort_wait(const std::shared_ptr<waiter>& w) : waiter_(w) {}

    void operator()(boost::asio::cancellation_type type) const {
        if ((type & boost::asio::cancellation_type::terminal) == boost::asio::cancellation_type::none) return;
        if (const auto w = waiter_.lock()) w->home().complete(*w, true);
    }

private:
    std::weak_ptr<waiter> waiter_;
};

/// The waiter of a handler, which its cancellation slot, if there is one, completes as aborted. `waiters::add` is to
/// follow.
template <class Handler>
std::shared_ptr<waiter> make_waiter(boost::asio::execution_context& context, Handler handler) {
    namespace asio = boost::asio;
    auto home = asio::use_service<waiters_service>(context).get();
    auto slot = asio::get_associated_cancellation_slot(handler);
    std::shared_ptr<waiter> made =
        std::make_shared<handler_waiter<Handler>>(std::move(home), std::move(handler));
    if (slot.is_connected()) slot.assign(abort_wait(made));
    return made;
}

} // namespace rondo::repository_detail

#endif // RONDO_REPOSITORY_HANDLER_WAITER_HPP
