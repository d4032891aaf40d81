// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_FLEET_PROXY_HPP
#define RONDO_TESTS_FLEET_PROXY_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <cstddef>
#include <filesystem>
#include <list>
#include <memory>
#include <string>

namespace rondo::fleet {

/// Between one node and the server, by sockets in a folder: a network that can be cut. On one thread.
class proxy {
public:
    /// Listens in `folder`, which it makes, and hands on to the socket of the same name in `server`.
    proxy(boost::asio::any_io_executor executor, const std::filesystem::path& folder,
          const std::filesystem::path& server);
    proxy(const proxy&) = delete;
    proxy& operator=(const proxy&) = delete;

    /// Takes bytes and connections, and nothing arrives any more until it is false again: then all of it does.
    void swallow(bool yes);
    /// Breaks all connections off.
    void reset();
    void stop();

private:
    using socket = boost::asio::local::stream_protocol::socket;
    struct link;

    boost::asio::awaitable<void> accept();
    static boost::asio::awaitable<void> pass(std::shared_ptr<link> l, bool up, proxy* from);

    boost::asio::any_io_executor executor_;
    boost::asio::local::stream_protocol::endpoint server_;
    boost::asio::local::stream_protocol::acceptor acceptor_;
    std::list<std::weak_ptr<link>> links_;
    bool swallows_ = false;
};

} // namespace rondo::fleet

#endif // RONDO_TESTS_FLEET_PROXY_HPP
