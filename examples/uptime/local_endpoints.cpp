// SPDX-License-Identifier: BSL-1.0
#include "local_endpoints.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <exception>
#include <string_view>
#include <utility>

namespace uptime {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::string_view good = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nup\n";
constexpr std::string_view bad =
    "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

void rethrow(std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure); // out of io_context::run(): a bug must not go unseen
}

/// One request, one answer. A peer that goes away is no error of ours.
asio::awaitable<void> answer_one(tcp::socket peer, std::string_view text, std::chrono::milliseconds delay) {
    error_code ec;
    std::string request;
    auto into = asio::dynamic_buffer(request, 8 << 10);
    co_await asio::async_read_until(peer, into, "\r\n\r\n", asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return;
    asio::steady_timer pause(peer.get_executor(), delay);
    co_await pause.async_wait(asio::use_awaitable);
    co_await asio::async_write(peer, asio::buffer(text), asio::redirect_error(asio::use_awaitable, ec));
}

asio::awaitable<void> listen(tcp::acceptor acceptor, unsigned fails_each, std::chrono::milliseconds delay) {
    for (unsigned request = 1;; ++request) {
        tcp::socket peer = co_await acceptor.async_accept(asio::use_awaitable);
        const bool fails = fails_each != 0 && request % fails_each == 0;
        asio::co_spawn(acceptor.get_executor(), answer_one(std::move(peer), fails ? bad : good, delay),
                       rethrow);
    }
}

const tcp::endpoint any_port(asio::ip::address_v4::loopback(), 0);

} // namespace

local_endpoints::local_endpoints(asio::any_io_executor executor)
    : executor_(std::move(executor)), closed_(executor_, any_port.protocol()) {
    using namespace std::chrono_literals;
    serve("local-steady", 0, 0ms);
    serve("local-slow", 0, 120ms);
    serve("local-flaky", 3, 0ms);
    closed_.bind(any_port);
    list_.push_back({"local-down", "127.0.0.1", closed_.local_endpoint().port(), "/"});
}

void local_endpoints::serve(std::string name, unsigned fails_each, std::chrono::milliseconds delay) {
    tcp::acceptor acceptor(executor_, any_port);
    list_.push_back({std::move(name), "127.0.0.1", acceptor.local_endpoint().port(), "/"});
    asio::co_spawn(executor_, listen(std::move(acceptor), fails_each, delay), rethrow);
}

} // namespace uptime
