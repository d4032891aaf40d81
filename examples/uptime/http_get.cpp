// SPDX-License-Identifier: BSL-1.0
#include "http_get.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <utility>

namespace uptime {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using namespace asio::experimental::awaitable_operators;

constexpr std::size_t status_line_max = 8 << 10;

// A resolver that asks the network ends its work before it obeys: such a name may outlast the limit.
asio::awaitable<error_code> connect(tcp::socket& socket, const endpoint& to) {
    error_code ec;
    const asio::ip::address address = asio::ip::make_address(to.host, ec);
    if (!ec) {
        tcp::endpoint place(address, to.port);
        co_await socket.async_connect(place, asio::redirect_error(asio::use_awaitable, ec));
        co_return ec;
    }
    tcp::resolver resolver(socket.get_executor());
    auto places = co_await resolver.async_resolve(to.host, std::to_string(to.port),
                                                  asio::redirect_error(asio::use_awaitable, ec));
    if (!ec) co_await asio::async_connect(socket, places, asio::redirect_error(asio::use_awaitable, ec));
    co_return ec;
}

asio::awaitable<error_code> ask(tcp::socket& socket, const endpoint& to, std::string& line) {
    const bool six = to.host.find(':') != std::string::npos;
    const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: {}{}{}:{}\r\n"
                                            "User-Agent: rondo-uptime\r\nConnection: close\r\n\r\n",
                                            to.path, six ? "[" : "", to.host, six ? "]" : "", to.port);
    error_code ec;
    co_await asio::async_write(socket, asio::buffer(request), asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return ec;
    auto into = asio::dynamic_buffer(line, status_line_max);
    const std::size_t size =
        co_await asio::async_read_until(socket, into, "\r\n", asio::redirect_error(asio::use_awaitable, ec));
    line.resize(ec ? 0 : size - 2);
    co_return ec;
}

/// "HTTP/1.1 200 OK"
void read_status(std::string_view line, answer& a) {
    constexpr std::size_t status_at = 9;
    if (line.starts_with("HTTP/1.") && line.size() >= status_at + 3 && line[status_at - 1] == ' ') {
        const char* end = line.data() + status_at + 3;
        auto read = std::from_chars(line.data() + status_at, end, a.status);
        if (read.ec == std::errc() && read.ptr == end && a.status >= 100) {
            for (char c : line.substr(status_at + 3)) // it goes to a terminal: no escape sequences
                if (c >= ' ' && c <= '~' && a.reason.size() < 60) a.reason += c;
            return;
        }
    }
    a.error = "it does not speak HTTP/1.x";
}

} // namespace

asio::awaitable<answer> http_get(endpoint to) {
    answer a;
    tcp::socket socket(co_await asio::this_coro::executor);
    asio::steady_timer limit(socket.get_executor());
    const auto from = std::chrono::steady_clock::now();

    limit.expires_after(connect_limit);
    auto connected = co_await (connect(socket, to) || limit.async_wait(asio::as_tuple(asio::use_awaitable)));
    if (connected.index() == 1)
        a.error = fmt::format("no connection within {} s", connect_limit.count());
    else if (std::get<0>(connected))
        a.error = std::get<0>(connected).message();
    if (!a.error.empty()) co_return a;

    std::string line;
    limit.expires_after(answer_limit);
    auto asked = co_await (ask(socket, to, line) || limit.async_wait(asio::as_tuple(asio::use_awaitable)));
    if (asked.index() == 1)
        a.error = fmt::format("no answer within {} s", answer_limit.count());
    else if (std::get<0>(asked))
        a.error = std::get<0>(asked).message();
    else
        read_status(line, a);
    a.latency =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - from);
    co_return a;
}

} // namespace uptime
