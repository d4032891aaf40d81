// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_PENDING_HPP
#define RONDO_RUNTIME_PENDING_HPP

#include <rondo/detail/completion.hpp>
#include <rondo/error.hpp>

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace rondo::runtime {

/// An operation that waits to be completed, once, from any thread. The handler runs on its associated
/// executor, never inside `complete`; its work counts until then. Dropped without completion, the
/// handler is destroyed.
template <class T>
class pending : public std::enable_shared_from_this<pending<T>> {
public:
    /// `home` is where the handler runs if it has no executor of its own.
    pending(detail::completion<T> handler, boost::asio::any_io_executor home)
        : handler_(std::move(handler)), home_(std::move(home)),
          executor_(boost::asio::prefer(boost::asio::get_associated_executor(handler_, home_),
                                        boost::asio::execution::outstanding_work.tracked)) {}

    /// Lets the handler's cancellation slot end the wait, and then calls `also`. Call it once, on the
    /// initiating thread, before anybody can complete it.
    template <class F>
    void allow_cancel(F also) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (!slot.is_connected()) return;
        cancellable_ = true;
        slot.assign([weak = this->weak_from_this(), also](boost::asio::cancellation_type) {
            // By value: completing clears the slot, and with it this function object.
            auto then = also;
            auto self = weak.lock();
            if (self == nullptr) return;
            self->complete(error_code(boost::asio::error::operation_aborted));
            then();
        });
    }
    void allow_cancel() {
        allow_cancel([] {});
    }

    /// The first call counts. Returns whether this was it.
    bool complete(result<T> r) {
        if (done_.exchange(true)) return false;
        // Posted first, for an erased executor can only dispatch, and might call the handler from in here.
        boost::asio::post(home_, [handler = std::move(handler_), r = std::move(r),
                                  executor = std::move(executor_), clear = cancellable_]() mutable {
            auto call = [handler = std::move(handler), r = std::move(r), clear]() mutable {
                // Here, on the handler's executor, where the slot may be touched.
                if (clear) boost::asio::get_associated_cancellation_slot(handler).clear();
                std::move(handler)(std::move(r));
            };
            executor.execute(std::move(call));
        });
        return true;
    }

    [[nodiscard]] bool done() const noexcept { return done_; }

    /// Destroys the handler uncalled: its execution context is going down.
    void drop() {
        if (done_.exchange(true)) return;
        [[maybe_unused]] auto handler = std::move(handler_);
        executor_ = {};
        home_ = {};
    }

private:
    detail::completion<T> handler_;
    boost::asio::any_io_executor home_;
    boost::asio::any_completion_executor executor_; // the handler's; tracks work
    bool cancellable_ = false;
    std::atomic<bool> done_ = false;
};

template <class T>
using pending_ptr = std::shared_ptr<pending<T>>;

template <class T>
pending_ptr<T> make_pending(detail::completion<T> handler, const boost::asio::any_io_executor& home) {
    return std::make_shared<pending<T>>(std::move(handler), home);
}

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_PENDING_HPP
