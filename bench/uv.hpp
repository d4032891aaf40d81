// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_UV_HPP
#define RONDO_BENCH_UV_HPP

#include <plan.hpp>
#include <stage.hpp>

#include <uv.h>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace rondo::bench {

/// A repeating timer of libuv for each task, and a C function. Its clock is in milliseconds, and what it repeats
/// drifts: the time from one run to the next begins when the loop sees it.
class uv_timers final : public stage {
public:
    explicit uv_timers(std::chrono::nanoseconds resolution);
    ~uv_timers() override;

    // As in `ours`; there is no lateness, for want of a grid.
    void add_idle(std::size_t n, std::uint64_t& runs);
    void add_counting(const plan& p, std::uint64_t& runs);
    void remove(const std::vector<std::uint32_t>& order);

    [[nodiscard]] bench::stage& stage() noexcept { return *this; }

    void at(steady_time when, std::function<void()> f) override;
    void run() override;
    void stop() override { uv_stop(&loop_); }

private:
    struct once {
        uv_timer_t timer{};
        std::function<void()> f;
    };

    void add(std::size_t i, std::uint64_t first_ms, std::uint64_t period_ms, std::uint64_t& runs);

    uv_loop_t loop_{};
    std::unordered_map<std::string, std::unique_ptr<uv_timer_t>> tasks_;
    std::vector<std::unique_ptr<uv_timer_t>> closing_;
    std::list<once> onces_;
};

} // namespace rondo::bench

#endif // RONDO_BENCH_UV_HPP
