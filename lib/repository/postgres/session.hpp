// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_SESSION_HPP
#define RONDO_REPOSITORY_POSTGRES_SESSION_HPP

#include <repository/postgres/connection.hpp>
#include <repository/postgres/database.hpp>
#include <repository/postgres/failure.hpp>
#include <repository/postgres/leases.hpp>
#include <repository/postgres/news_desk.hpp>
#include <repository/postgres/settings.hpp>
#include <repository/waiters.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>

namespace rondo::postgres::detail {

/// One call of the repository on its way through the thread of the connection.
class job {
public:
    job() = default;
    job(const job&) = delete;
    job& operator=(const job&) = delete;
    virtual ~job() = default;

    /// Does the work. It is done again, from its beginning, if a transaction of it failed that may succeed again.
    /// Throws `failure`.
    virtual boost::asio::awaitable<void> run(database& db) = 0;
    /// Whether nobody misses it once its caller gave up: it only reads, or will be asked for again.
    [[nodiscard]] virtual bool may_be_left() const noexcept { return false; }

    std::optional<errc> error;                       // of the last run
    std::weak_ptr<repository_detail::waiter> waiter; // nobody, once the caller gave up
};

/// The queue of jobs, and the loop that does them, one after the other, on a connection that it makes anew when it is
/// lost.
class session {
public:
    explicit session(settings s);

    /// Any thread. False: it has stopped, and nothing will happen.
    [[nodiscard]] bool push(std::shared_ptr<job> j);
    /// The loop of the thread. Returns after `stop`, when the queue is empty.
    void run();
    void stop() noexcept;

    /// Where managers share the tasks: what they are told. Any thread.
    [[nodiscard]] const std::shared_ptr<news_desk>& desk() const noexcept { return leases_.desk; }
    [[nodiscard]] bool is_shared() const noexcept { return settings_.chosen.lease.count() > 0; }

private:
    class answered;

    [[nodiscard]] bool run_out();
    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<void> take_turn();
    boost::asio::awaitable<bool> connect();
    [[nodiscard]] bool has_to_look() const noexcept;
    [[nodiscard]] bool has_to_replan(std::chrono::seconds grace) const noexcept;
    boost::asio::awaitable<void> replan();
    boost::asio::awaitable<void> attempt(boost::asio::awaitable<void> work);
    void keep_watch();
    boost::asio::awaitable<std::optional<failure>> perform(job& j);
    boost::asio::awaitable<void> pause(std::chrono::milliseconds how_long);
    [[nodiscard]] std::chrono::milliseconds next_pause();
    [[nodiscard]] std::shared_ptr<job> take();
    [[nodiscard]] bool is_over();
    [[nodiscard]] bool stopping();
    void fail_all(errc why);
    void complete(job& j) noexcept;
    void complain(const failure& f);
    void listen();
    void answer_bell();
    void ring() noexcept;
    void log(log_level level, const std::string& line) const noexcept;

    settings settings_;
    boost::asio::io_context context_{1};
    connection connection_;
    leases leases_;
    database database_;
    // Posting would take the lock of the context, which who is woken by that has to wait for.
    boost::asio::posix::stream_descriptor
        bell_; // an eventfd; rung by any thread when there is something to do
    bool listening_ = false;
    std::uint64_t listen_no_ = 0;     // of the wait under way
    boost::asio::steady_timer wake_;  // of a pause; cancelled when there is something to do
    boost::asio::steady_timer watch_; // over the leases, whatever the connection waits for
    bool looked_ = false;             // in the turn before
    bool worked_ = false;             // something was done on the latest connection
    bool busy_ = false;               // likewise: it had something to do
    bool watching_ = false;
    std::uint64_t watch_no_ = 0; // of the wait under way
    bool serving_ = false;
    std::minstd_rand random_;
    std::chrono::milliseconds pause_max_;
    steady_time replan_at_{};
    std::chrono::seconds replan_every_{1};
    bool told_lost_ = false; // the log knows that there is no connection
    std::string last_complaint_;
    std::mutex mutex_; // guards the next
    std::deque<std::shared_ptr<job>> queue_;
    bool stopped_ = false;
};

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_SESSION_HPP
