// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_CONTEXT_SERVICE_HPP
#define RONDO_RUNTIME_CONTEXT_SERVICE_HPP

#include <boost/asio/execution_context.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace rondo::runtime {

/// Somebody who holds strands, executors and handlers of an execution context.
class context_guest {
public:
    /// The context is being destroyed: let go of all that belongs to it. Nobody runs it any more.
    virtual void on_context_shutdown() noexcept = 0;

protected:
    ~context_guest() = default;
};

/// Tells its guests when their execution context is destroyed under them: a strand or a handler that
/// outlived its context would touch freed memory.
class context_service final : public boost::asio::execution_context::service {
public:
    inline static boost::asio::execution_context::id id;

    explicit context_service(boost::asio::execution_context& context) : service(context) {}

    void add(std::weak_ptr<context_guest> guest) {
        std::lock_guard lock(mutex_);
        std::erase_if(guests_, [](auto& g) { return g.expired(); });
        guests_.push_back(std::move(guest));
    }

private:
    void shutdown() override {
        while (true) { // one may leave another behind
            std::vector<std::weak_ptr<context_guest>> guests;
            {
                std::lock_guard lock(mutex_);
                guests.swap(guests_);
            }
            if (guests.empty()) return;
            for (auto& guest : guests)
                if (auto alive = guest.lock()) alive->on_context_shutdown();
        }
    }

    std::mutex mutex_; // guards guests_
    std::vector<std::weak_ptr<context_guest>> guests_;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_CONTEXT_SERVICE_HPP
