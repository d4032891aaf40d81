// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_STAGE_HPP
#define RONDO_BENCH_STAGE_HPP

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <thread>
#include <vector>

namespace rondo::bench {

/// The loop that a subject runs on, whoever wrote it.
class stage {
public:
    stage() = default;
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;
    virtual ~stage() = default;

    /// Calls `f` in the loop, once, at `when` or a little later.
    virtual void at(std::chrono::steady_clock::time_point when, std::function<void()> f) = 0;
    /// Turns the loop until `stop` is called in it.
    virtual void run() = 0;
    virtual void stop() = 0;
};

class asio_stage final : public stage {
public:
    explicit asio_stage(boost::asio::io_context& io, std::size_t threads = 1) : io_(io), threads_(threads) {}

    void at(std::chrono::steady_clock::time_point when, std::function<void()> f) override {
        timers_.emplace_back(io_, when).async_wait([f = std::move(f)](auto) { f(); });
    }
    void run() override {
        {
            std::vector<std::jthread> others;
            while (others.size() + 1 < threads_) others.emplace_back([this] { io_.run(); });
            io_.run();
        }
        io_.restart();
    }
    void stop() override { io_.stop(); }

private:
    boost::asio::io_context& io_;
    std::size_t threads_; // that turn it
    std::list<boost::asio::steady_timer> timers_;
};

} // namespace rondo::bench

#endif // RONDO_BENCH_STAGE_HPP
