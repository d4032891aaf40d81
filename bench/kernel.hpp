// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_KERNEL_HPP
#define RONDO_BENCH_KERNEL_HPP

#include <plan.hpp>
#include <stage.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

namespace rondo::bench {

/// No library at all: one timerfd in an epoll, and a heap of what is due when. Needs Linux.
class kernel_loop final : public stage {
public:
    explicit kernel_loop(std::chrono::nanoseconds resolution);
    ~kernel_loop() override;

    // As in `ours`.
    void add_idle(std::size_t n, std::uint64_t& runs);
    void add_counting(const plan& p, std::uint64_t& runs);
    void add_recording(const plan& p, recorder& r);
    void remove(const std::vector<std::uint32_t>& order);

    [[nodiscard]] bench::stage& stage() noexcept { return *this; }

    void at(steady_time when, std::function<void()> f) override;
    void run() override;
    void stop() override { stopped_ = true; }

private:
    struct one {
        std::function<void(steady_time due)> body;
        std::chrono::microseconds period{0}; ///< 0: it runs once
        bool removed = false;
    };
    struct entry {
        steady_time due;
        one* task;
        friend bool operator>(const entry& a, const entry& b) noexcept { return a.due > b.due; }
    };

    void add(std::size_t i, std::chrono::microseconds period, steady_time first,
             std::function<void(steady_time)> body);
    void push(steady_time due, one& task);
    void run_due();
    void wait();

    int timer_ = -1;
    int epoll_ = -1;
    bool stopped_ = false;
    std::unordered_map<std::string, std::unique_ptr<one>> tasks_;
    std::vector<std::unique_ptr<one>> others_; // without an id: removed, or to run once
    std::priority_queue<entry, std::vector<entry>, std::greater<>> heap_;
};

} // namespace rondo::bench

#endif // RONDO_BENCH_KERNEL_HPP
