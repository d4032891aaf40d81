// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_TRACES_GATES_HPP
#define RONDO_TESTS_TRACES_GATES_HPP

#include <rondo/context.hpp>
#include <rondo/time.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <vector>

namespace rondo::traces {

/// Where bodies wait until the player lets them go on. Who sleeps on the manager's clock wakes together with it,
/// and which of the two is first is nobody's promise; here it is the manager, always.
class gates {
public:
    /// Waits for `d` of the clock. Returns whether it was opened; else the run was cancelled.
    boost::asio::awaitable<bool> pass(context ctx, std::chrono::nanoseconds d) {
        boost::asio::steady_timer timer(ctx.get_executor(), steady_time::max());
        gate mine(*this, ctx.now().steady + d, timer);
        auto waited = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::deferred));
        (void)waited;
        co_return mine.open;
    }

    /// When the next one is to be opened; `steady_time::max()`: there is none.
    [[nodiscard]] steady_time next() const {
        steady_time nearest = steady_time::max();
        for (const gate* g : shut_) nearest = std::min(nearest, g->until);
        return nearest;
    }
    /// Opens it. There must be one.
    void open_next() {
        gate& first = **std::ranges::min_element(shut_, {}, [](const gate* g) { return g->until; });
        std::erase(shut_, &first);
        first.open = true;
        first.timer.cancel();
    }

private:
    struct gate {
        gates& all;
        steady_time until;
        boost::asio::steady_timer& timer;
        bool open = false;

        gate(gates& g, steady_time t, boost::asio::steady_timer& w) : all(g), until(t), timer(w) {
            all.shut_.push_back(this);
        }
        gate(const gate&) = delete;
        gate& operator=(const gate&) = delete;
        ~gate() { std::erase(all.shut_, this); }
    };

    std::vector<gate*> shut_; // in the order in which bodies came
};

} // namespace rondo::traces

#endif // RONDO_TESTS_TRACES_GATES_HPP
