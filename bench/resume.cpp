// SPDX-License-Identifier: BSL-1.0
#include <loop.hpp>
#include <usage.hpp>
#include <work.hpp>

#include <rondo/memory.hpp>
#include <rondo/task.hpp>

#include <runtime/engine.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace rondo::bench {
namespace {

constexpr std::chrono::hours slept(8);
constexpr std::chrono::hours period(1);

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
    explicit sleeper(std::chrono::microseconds spread) {
        policy_.spread = spread;
        if (::pipe(pipe_.data()) != 0) throw std::runtime_error("no pipe");
        manager_options o;
        o.log = nullptr;
        engine_ = std::make_shared<runtime::engine>(io_.get_executor(), memory::open(), o,
                                                    runtime::host{clocks_, [this] { return pipe_[0]; }});
        engine_->enlist();
        engine_->post([this] { engine_->start(counted<start_report>()); });
        wait_for_all();
    }

    void add(std::size_t n, std::uint64_t& runs) {
        first_ = clocks_.wall() + period;
        for (std::size_t i = 0; i != n; ++i) {
            std::string id = task_id(i);
            task t(id, id, every(period), [&runs]() -> boost::asio::awaitable<void> {
                ++runs;
                co_return;
            });
            t.first_run(first_).catch_up(policy_);
            engine_->post(
                [this, t = std::move(t)]() mutable { engine_->add(counted<void>(), std::move(t)); });
            if (i % batch == 0) wait_for_all();
        }
        wait_for_all();
    }
    void make_due() {
        clocks_.asleep = slept;
        if (::write(pipe_[1], "!", 1) != 1) throw std::runtime_error("no notice");
    }
    [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }

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
    void wait_for_all() {
        io_.poll(); // what was posted is under way
        while (under_way_ > 0) io_.run_one();
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
        p.period = period;
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

double seconds_since(steady::time_point start) {
    return std::chrono::duration<double>(steady::now() - start).count();
}

// How long a handler keeps the loop from others, and what it all costs.
template <class Subject>
values measure_resume(Subject& subject, std::size_t n) {
    std::uint64_t runs = 0;
    subject.add(n, runs);
    double before = peak_bytes();
    subject.make_due();
    double longest = 0;
    auto start = steady::now();
    while (runs < n) {
        auto begin = steady::now();
        bool idle = subject.io().poll_one() == 0;
        longest = std::max(longest, seconds_since(begin));
        if (idle) std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    return {1e3 * longest, seconds_since(start), (peak_bytes() - before) / static_cast<double>(n)};
}

} // namespace

std::vector<work> resume_works(const extent& e) {
    using namespace std::chrono_literals;
    std::vector<work> works;
    std::size_t n = e.idle_tasks_max;
    for (std::chrono::microseconds spread : {0s, 10s}) {
        if (spread > e.window * 5) continue;
        works.push_back({spread == 0s ? "resume" : "resume-spread",
                         {{"longest_handler_ms", "ms", figure::over_rounds::median, 100},
                          {"seconds", "s"},
                          {"bytes_per_task", "B"}},
                         [=] {
                             sleeper subject(spread);
                             return measure_resume(subject, n);
                         },
                         [=] {
                             expiring subject;
                             return measure_resume(subject, n);
                         }});
    }
    return works;
}

} // namespace rondo::bench
