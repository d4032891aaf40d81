// SPDX-License-Identifier: BSL-1.0
#include <fleet/proxy.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <tuple>
#include <utility>

namespace rondo::fleet {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr const char* socket_name = ".s.PGSQL.5432";

struct proxy::link {
    explicit link(const asio::any_io_executor& e) : node(e), server(e), held(e) {
        held.expires_at(asio::steady_timer::time_point::max());
    }
    void close() {
        error_code ignored;
        node.close(ignored);
        server.close(ignored);
        held.cancel();
    }

    socket node;
    socket server;
    asio::steady_timer held; // cancelled when it goes on
};

proxy::proxy(asio::any_io_executor executor, const std::filesystem::path& folder,
             const std::filesystem::path& server)
    : executor_(std::move(executor)), server_((server / socket_name).string()), acceptor_(executor_) {
    std::filesystem::create_directories(folder);
    const asio::local::stream_protocol::endpoint here((folder / socket_name).string());
    acceptor_.open(here.protocol());
    acceptor_.bind(here);
    acceptor_.listen();
    asio::co_spawn(executor_, accept(), asio::detached);
}

asio::awaitable<void> proxy::accept() {
    for (;;) {
        auto l = std::make_shared<link>(executor_);
        const auto accepted = co_await acceptor_.async_accept(l->node, asio::as_tuple(asio::use_awaitable));
        const error_code failed = std::get<0>(accepted);
        if (failed == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
        if (failed) continue;
        std::erase_if(links_, [](const std::weak_ptr<link>& old) { return old.expired(); });
        links_.push_back(l);
        asio::co_spawn(executor_, pass(l, true, this), asio::detached);
    }
}

asio::awaitable<void> proxy::pass(std::shared_ptr<link> l, bool up, proxy* from) {
    const auto hold = [&]() -> asio::awaitable<void> {
        while (from->swallows_ && l->node.is_open())
            co_await l->held.async_wait(asio::as_tuple(asio::use_awaitable));
    };
    if (up) { // the one that makes the other
        co_await hold();
        const auto connected =
            co_await l->server.async_connect(from->server_, asio::as_tuple(asio::use_awaitable));
        if (std::get<0>(connected)) co_return l->close();
        asio::co_spawn(from->executor_, pass(l, false, from), asio::detached);
    }
    socket& in = up ? l->node : l->server;
    socket& out = up ? l->server : l->node;
    std::array<char, 16'384> bytes;
    for (;;) {
        const auto read =
            co_await in.async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
        if (std::get<0>(read)) break;
        co_await hold();
        const auto sent = co_await asio::async_write(out, asio::buffer(bytes.data(), std::get<1>(read)),
                                                     asio::as_tuple(asio::use_awaitable));
        if (std::get<0>(sent)) break;
    }
    l->close();
}

void proxy::swallow(bool yes) {
    swallows_ = yes;
    if (yes) return;
    for (const auto& weak : links_)
        if (const auto l = weak.lock()) l->held.cancel();
}

void proxy::reset() {
    for (const auto& weak : links_)
        if (const auto l = weak.lock()) l->close();
}

void proxy::stop() {
    error_code ignored;
    acceptor_.close(ignored);
    swallow(false);
    reset();
}

} // namespace rondo::fleet
