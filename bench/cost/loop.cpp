// SPDX-License-Identifier: BSL-1.0
// The same by hand, with no more of Asio than it needs.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace {

boost::asio::awaitable<void> beat(int& beats) {
    ++beats;
    co_return;
}

boost::asio::awaitable<void> loop(boost::asio::io_context& io, int& beats) {
    boost::asio::steady_timer timer(io, std::chrono::steady_clock::now());
    for (;; timer.expires_at(timer.expiry() + std::chrono::seconds(1))) {
        co_await timer.async_wait(boost::asio::use_awaitable);
        co_await beat(beats);
    }
}

} // namespace

int main() {
    int beats = 0;
    boost::asio::io_context io;
    boost::asio::co_spawn(io, loop(io, beats), boost::asio::detached);
    io.run();
    return beats > 0 ? 0 : 1;
}
