// SPDX-License-Identifier: BSL-1.0
// Starts a PostgreSQL server, and a manager on it that shares its tasks; says where, and goes on until stdin ends. With
// the address of such a server: another manager.
#include <support/postgres_server.hpp>

#include <rondo/manager.hpp>
#include <rondo/postgres.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace rondo;

constexpr const char* schema = "held";

asio::awaitable<void> nothing() {
    co_return;
}

asio::awaitable<void> wait_long(context ctx) {
    const auto slept = co_await ctx.async_sleep_for(1h, asio::use_awaitable);
    slept.value(); // throws if it was cancelled
}

asio::awaitable<void> hold(std::string where) {
    postgres::options o;
    o.schema = schema;
    o.migrate = true;
    o.unsafe_server = true;
    o.lease = 30s;
    manager_options how;
    how.on_store_failure = on_store_failure::stop;
    manager tasks(co_await asio::this_coro::executor, postgres::open(where, o).value(), how);
    (co_await tasks.async_start(asio::use_awaitable)).value();
    task hidden("hidden", "", every(1h), nothing);
    hidden.hidden();
    (co_await tasks.async_add(task("quick", "the quick one", every(1h), nothing), asio::use_awaitable))
        .value();
    (co_await tasks.async_add(task("long", "the long one", every(1h), wait_long), asio::use_awaitable))
        .value();
    (co_await tasks.async_add(std::move(hidden), asio::use_awaitable)).value();
    fmt::print("{} {}\n", where, schema);
    std::fflush(stdout);
    asio::posix::stream_descriptor in(co_await asio::this_coro::executor, ::dup(STDIN_FILENO));
    std::array<char, 1> byte{};
    (void)co_await asio::async_read(in, asio::buffer(byte), asio::as_tuple(asio::use_awaitable));
    (void)co_await tasks.async_shutdown(1s, asio::use_awaitable);
}

/// `host=FOLDER user=… dbname=…` as an address.
std::string as_url(const std::string& words) {
    const auto value = [&](const std::string& key) {
        const std::size_t begin = words.find(key + "=") + key.size() + 1;
        return words.substr(begin, words.find(' ', begin) - begin);
    };
    return fmt::format("postgresql://{}@/{}?host={}", value("user"), value("dbname"), value("host"));
}

} // namespace

int main(int argc, char** argv) {
    std::optional<testing::postgres_server> server;
    if (argc == 1) server.emplace();
    asio::io_context io(1);
    std::exception_ptr failed;
    asio::co_spawn(io, hold(server ? as_url(server->connection_string()) : std::string(argv[1])),
                   [&](std::exception_ptr e) { failed = std::move(e); });
    io.run();
    if (failed) std::rethrow_exception(failed);
}
