// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_SLEEPER_HPP
#define RONDO_BENCH_SLEEPER_HPP

#include <loop.hpp>
#include <usage.hpp>

#include <rondo/memory.hpp>
#include <rondo/task.hpp>

#include <runtime/on_shards.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace rondo::bench {

inline constexpr std::chrono::hours slept(8);
inline constexpr std::chrono::hours sleepers_period(1);

/// This machine's clocks, as they are after it has slept.
struct waking final : runtime::os_clocks {
    wall_time wall() const noexcept override {
        return runtime::this_machine().wall() + std::chrono::floor<std::chrono::microseconds>(asleep);
    }
    steady_time awake() const noexcept override { return runtime::this_machine().awake(); }
    steady_time elapsed() const noexcept override { return runtime::this_machine().elapsed() + asleep; }

    std::chrono::nanoseconds asleep{0};
};

/// A manager on such a machine, which hears of the sleep through a pipe.
class sleeper {
public:
    explicit sleeper(std::chrono::microseconds spread = {},
                     std::shared_ptr<repository> store = memory::open(), manager_options o = {}) {
        policy_.spread = spread;
        if (::pipe(pipe_.data()) != 0) throw std::runtime_error("no pipe");
        o.log = nullptr;
        engine_ = std::make_shared<runtime::engine>(io_.get_executor(), std::move(store), std::move(o),
                                                    runtime::host{clocks_, [this] { return pipe_[0]; }});
        engine_->enlist();
        engine_->post([this] { runtime::start(*engine_, counted<start_report>()); });
        wait_for_all();
    }

    void add(std::size_t n, std::uint64_t& runs) {
        add(n, [&runs]() -> boost::asio::awaitable<void> {
            ++runs;
            co_return;
        });
    }
    template <class Body>
    void add(std::size_t n, Body body) {
        first_ = clocks_.wall() + sleepers_period;
        for (std::size_t i = 0; i != n; ++i) {
            std::string id = task_id(i);
            task t(id, id, every(sleepers_period), body);
            t.first_run(first_).catch_up(policy_);
            engine_->post(
                [this, t = std::move(t)]() mutable { engine_->add(counted<void>(), std::move(t)); });
            if (i % batch == 0) wait_for_all();
        }
        wait_for_all();
    }
    /// On the strand of the engine; `under_way` says when it is done.
    template <class T, class F>
    void ask(F f) {
        engine_->post([this, f, done = counted<T>()]() mutable { f(*engine_, std::move(done)); });
    }
    [[nodiscard]] bool under_way() const noexcept { return under_way_ > 0; }
    [[nodiscard]] manager_stat state() const { return engine_->state(); }
    void make_due() {
        clocks_.asleep = slept;
        if (::write(pipe_[1], "!", 1) != 1) throw std::runtime_error("no notice");
    }
    [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }

    void wait_for_all() {
        io_.poll(); // what was posted is under way
        while (under_way_ > 0) io_.run_one();
    }

private:
    static constexpr std::size_t batch = 8; // as `ours`

    template <class T>
    runtime::pending_ptr<T> counted() {
        ++under_way_;
        return engine_->wait_for<T>(detail::completion<T>([this](const result<T>& r) {
            --under_way_;
            if (!r) throw std::runtime_error(r.error().message());
        }));
    }

    waking clocks_; // outlives the context, where waits end
    catch_up policy_;
    wall_time first_{};
    std::array<int, 2> pipe_{-1, -1};
    boost::asio::io_context io_;
    std::shared_ptr<runtime::engine> engine_;
    std::size_t under_way_ = 0;
};

/// Timers that all expire at once, which is how the loop sees the end of a sleep.
class expiring {
public:
    void add(std::size_t n, std::uint64_t& runs) {
        plan p;
        p.period = sleepers_period;
        p.base = anchor_now();
        p.base.steady += std::chrono::microseconds(10) * n;
        p.phases.resize(n);
        loop_.add_counting(p, runs);
        due_ = p.base.steady;
    }
    void make_due() { std::this_thread::sleep_until(due_); }
    [[nodiscard]] boost::asio::io_context& io() noexcept { return loop_.io(); }

private:
    hand_written_loop loop_{std::chrono::nanoseconds(0)};
    steady_time due_{};
};

inline double seconds_since(steady::time_point start) {
    return std::chrono::duration<double>(steady::now() - start).count();
}

/// Runs a loop, handler by handler, until something holds, and sees how long the longest kept it from others.
template <class Done>
double longest_handler(boost::asio::io_context& io, Done done) {
    double longest = 0;
    while (!done()) {
        auto begin = steady::now();
        bool idle = io.poll_one() == 0;
        longest = std::max(longest, seconds_since(begin));
        if (idle) std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    return longest;
}

} // namespace rondo::bench

#endif // RONDO_BENCH_SLEEPER_HPP
