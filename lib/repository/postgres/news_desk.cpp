// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/news_desk.hpp>

#include <repository/handler_waiter.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

namespace rondo::postgres::detail {

struct news_desk::initiate {
    template <class Handler>
    void operator()(Handler handler, const std::shared_ptr<news_desk>& desk) const {
        namespace asio = boost::asio;
        auto& context = asio::query(asio::get_associated_executor(handler), asio::execution::context);
        const auto waiting = repository_detail::make_waiter(context, std::move(handler));
        if (!waiting->home().add(waiting)) return;
        bool at_once = false;
        {
            const std::lock_guard lock(desk->mutex_);
            desk->waiting_ = waiting;
            desk->deserted_ = false; // whoever waited before may have found no memory
            at_once = desk->there_is_some_ || desk->closed_;
        }
        if (at_once) waiting->home().complete(*waiting, false);
    }
};

repository::awaitable<repository_news> news_desk::wait(std::shared_ptr<news_desk> desk) {
    struct leave { // also if we are destroyed where we wait
        news_desk& desk;
        bool stays = false;
        ~leave() { desk.deserted_ = desk.deserted_ || !stays; }
    } on_exit{*desk};
    const bool aborted =
        co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
            initiate(), boost::asio::use_awaitable, desk);
    if (aborted) co_return error_code(boost::asio::error::operation_aborted);
    on_exit.stays = true;
    const std::lock_guard lock(desk->mutex_);
    if (!desk->there_is_some_) co_return errc::store_failed; // it is closed
    desk->there_is_some_ = false;
    co_return std::exchange(desk->news_, {});
}

bool news_desk::begin_anew() {
    const std::lock_guard lock(mutex_);
    if (!waiting_.expired()) return false;
    news_ = {};
    there_is_some_ = false;
    deserted_ = false;
    return true;
}

void news_desk::close() noexcept {
    try {
        std::shared_ptr<repository_detail::waiter> who;
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
            who = waiting_.lock();
        }
        if (who != nullptr) who->home().complete(*who, false);
    } catch (const std::exception&) { // no memory: whoever waits is let go of
    }
}

} // namespace rondo::postgres::detail
