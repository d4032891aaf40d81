// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_CONNECTION_HPP
#define RONDO_REPOSITORY_POSTGRES_CONNECTION_HPP

#include <repository/postgres/batch.hpp>
#include <repository/postgres/failure.hpp>
#include <repository/postgres/rows.hpp>
#include <repository/postgres/settings.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

extern "C" {
struct pg_conn;
}

namespace rondo::postgres::detail {

/// A connection to a server, as coroutines over libpq. One thread at a time, that of the context, and one call at a
/// time. Calls throw `failure`.
class connection {
public:
    connection(boost::asio::io_context& context, const settings& s);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() { close(); }

    /// Connects, anew if need be.
    boost::asio::awaitable<void> open();
    [[nodiscard]] bool is_open() const noexcept { return open_; }
    /// Lets go of it. At once: whatever is under way on the server goes on there.
    void close() noexcept;

    /// Has the statements executed, as one transaction. One result for each. It is closed afterwards if it throws and
    /// what the server does is unknown.
    boost::asio::awaitable<std::vector<rows>> exchange(const batch& b);

    /// Waits until `stop_idling`, or until the server does what it was not asked for: then it may be closed afterwards.
    boost::asio::awaitable<void> idle();
    void stop_idling() noexcept;
    /// Whether another process has told since the last time that there is something to look at (`listen rondo`).
    [[nodiscard]] bool take_notice() noexcept { return std::exchange(noticed_, false); }
    /// Nobody needs it any more: `open` fails, and soon.
    void stop_opening() noexcept;

private:
    using wait_type = boost::asio::posix::stream_descriptor::wait_type;

    struct finish {
        void operator()(pg_conn* c) const noexcept;
    };
    struct sent {
        const std::string* prepares = nullptr; // the key of what it prepares
        bool wanted = false;                   // its result is one of the batch
    };
    struct look_up_state;
    struct answer {
        std::vector<rows> results;
        std::optional<failure> refused; // by the server, which has done nothing
    };
    class time_limit;

    boost::asio::awaitable<std::vector<connection_values>> look_up();
    boost::asio::awaitable<void> start(connection_values values);
    boost::asio::awaitable<void> wait(wait_type what);
    boost::asio::awaitable<void> wait_either();
    boost::asio::awaitable<void> flush();
    boost::asio::awaitable<std::unique_ptr<pg_result, clear_result>> next();
    boost::asio::awaitable<void> receive(const std::vector<sent>& all, answer& a);
    void send(const batch::statement& s, bool wanted, std::vector<sent>& all);
    void send_settings(std::vector<sent>& all);
    void watch();
    void consume();
    void read_notices();
    void check(bool ok) const;
    [[nodiscard]] std::string last_message() const;

    const settings& settings_;
    boost::asio::io_context& context_;
    boost::asio::posix::stream_descriptor socket_; // libpq's, which closes it
    boost::asio::ip::tcp::resolver resolver_;
    std::shared_ptr<look_up_state> look_up_; // the one under way
    boost::asio::steady_timer deadline_;
    std::uint64_t limit_no_ = 0; // of the time limit in force
    bool overdue_ = false;
    bool idle_ = false;
    bool open_ = false;
    bool over_ = false;
    bool noticed_ = false;
    std::unordered_map<std::string, std::string> names_; // of prepared statements, by their text
    std::string name_;                                   // with which those of this connection begin
    std::unique_ptr<pg_conn, finish> handle_;
};

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_CONNECTION_HPP
