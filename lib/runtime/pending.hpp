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

#include <runtime/late_answers.hpp>
#include <runtime/waiter.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

namespace rondo::runtime {

/// An operation that waits to be completed, once, from any thread. The handler runs on its associated
/// executor, never inside `complete`; its work counts until then. Dropped without completion, the
/// handler is destroyed.
template <class T>
class pending final : public late_answers::entry,
                      public waiter<T>,
                      public std::enable_shared_from_this<pending<T>> {
public:
    /// `home` is where the handler runs if it has no executor of its own. What there is no memory for waits in
    /// `late`.
    pending(detail::completion<T> handler, boost::asio::any_io_executor home,
            std::shared_ptr<late_answers> late)
        : handler_(std::move(handler)), home_(std::move(home)), late_(std::move(late)),
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

    /// The first call counts. Returns whether this was it. Throws nothing if there is a place for what is late.
    bool complete(result<T> r) override {
        if (done_.exchange(true)) return false;
        answer_.emplace(std::move(r));
        try {
            hand_on();
        } catch (...) {
            if (late_ == nullptr) throw;
            late_->keep(this->shared_from_this());
        }
        return true;
    }

    [[nodiscard]] bool done() const noexcept override { return done_; }

    /// Destroys the handler uncalled: its execution context is going down.
    void drop() {
        if (done_.exchange(true)) return;
        [[maybe_unused]] auto handler = std::move(handler_);
        executor_ = {};
        home_ = {};
    }

private:
    // Posted first, for an erased executor can only dispatch, and might call the handler from in here.
    void hand_on() override {
        auto home = home_; // the handler may have been called before this returns
        boost::asio::post(home, [self = this->shared_from_this()] { self->deliver(); });
    }

    void deliver() {
        auto executor = std::move(executor_); // while it works, nobody may let go of it
        try {
            executor.execute([self = this->shared_from_this()] { self->call(); });
        } catch (...) {
            if (!answer_ || late_ == nullptr) throw; // the handler itself
            executor_ = std::move(executor);
            late_->keep(this->shared_from_this());
        }
    }

    void call() {
        auto handler = std::move(handler_);
        result<T> r = std::move(*answer_);
        answer_.reset();
        home_ = {};
        // Here, on the handler's executor, where the slot may be touched.
        if (cancellable_) boost::asio::get_associated_cancellation_slot(handler).clear();
        std::move(handler)(std::move(r));
    }

    detail::completion<T> handler_;
    boost::asio::any_io_executor home_;
    std::shared_ptr<late_answers> late_;
    boost::asio::any_completion_executor executor_; // the handler's; tracks work
    std::optional<result<T>> answer_;               // once it is there, until the handler is called
    bool cancellable_ = false;
    std::atomic<bool> done_ = false;
};

template <class T>
using pending_ptr = std::shared_ptr<pending<T>>;

template <class T>
pending_ptr<T> make_pending(detail::completion<T> handler, const boost::asio::any_io_executor& home,
                            std::shared_ptr<late_answers> late = nullptr) {
    return std::make_shared<pending<T>>(std::move(handler), home, std::move(late));
}

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_PENDING_HPP
