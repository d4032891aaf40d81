// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_TRACES_GATES_HPP
#define RONDO_TESTS_TRACES_GATES_HPP

#include <rondo/context.hpp>
#include <rondo/run.hpp>
#include <rondo/time.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace rondo::traces {

/// Where bodies wait until the player lets them go on. Who sleeps on the manager's clock wakes together with it,
/// and which of the two is first is nobody's promise; here it is the manager, always, and then one body by one.
class gates {
public:
    /// Waits for `d` of the clock. Returns whether it was opened; else the run was cancelled.
    boost::asio::awaitable<bool> pass(context ctx, std::chrono::nanoseconds d) {
        boost::asio::steady_timer timer(ctx.get_executor(), steady_time::max());
        gate mine(*this, ctx.now().steady + d, ctx.id(), timer);
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
    /// Opens it; of several, that of the run with the least id. There must be one.
    void open_next() {
        auto key = [](const gate* g) { return std::pair(g->until, g->id); };
        gate& first = **std::ranges::min_element(shut_, {}, key);
        std::erase(shut_, &first);
        first.open = true;
        first.timer.cancel();
    }

private:
    struct gate {
        gates& all;
        steady_time until;
        run_id id;
        boost::asio::steady_timer& timer;
        bool open = false;

        gate(gates& g, steady_time t, run_id r, boost::asio::steady_timer& w)
            : all(g), until(t), id(r), timer(w) {
            all.shut_.push_back(this);
        }
        gate(const gate&) = delete;
        gate& operator=(const gate&) = delete;
        ~gate() { std::erase(all.shut_, this); }
    };

    std::vector<gate*> shut_;
};

} // namespace rondo::traces

#endif // RONDO_TESTS_TRACES_GATES_HPP
