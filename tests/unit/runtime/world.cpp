// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include <boost/asio/this_coro.hpp>

namespace rondo::tests {

asio::awaitable<void> stubborn::operator()(context ctx) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    auto r = co_await ctx.async_sleep_for(d);
    r.value();
}

} // namespace rondo::tests
