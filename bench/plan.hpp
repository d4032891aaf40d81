// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_PLAN_HPP
#define RONDO_BENCH_PLAN_HPP

#include <rondo/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rondo::bench {

/// "task-00000042".
[[nodiscard]] std::string task_id(std::size_t i);

/// The indices below `n` in an order that is random and always the same.
[[nodiscard]] std::vector<std::uint32_t> shuffled(std::size_t n);

/// One instant on both clocks, read as close together as can be had.
[[nodiscard]] instant anchor_now();

/// Tasks that run at a fixed rate, each with its own phase, the first period beginning at `base`.
struct plan {
    std::chrono::microseconds period{0};
    instant base;
    std::vector<std::chrono::microseconds> phases; ///< one for each task
};

/// With phases that are random and always the same, and time to add the tasks before `base`.
[[nodiscard]] plan make_plan(std::size_t tasks, std::chrono::microseconds period);

/// How late runs start.
class recorder {
public:
    explicit recorder(instant base) : base_(base) {}

    /// A run of ours. Early is what is early on both clocks: where the wall clock is being adjusted,
    /// the two disagree about a slot.
    void take(wall_time scheduled_at, instant now) {
        auto late = (now.steady - base_.steady) - (scheduled_at - base_.wall);
        record(late, late.count() < 0 && now.wall < scheduled_at);
    }
    /// A run of the loop.
    void take(steady_time due, steady_time now) { record(now - due, now < due); }

    /// Only what happens while this is true is recorded; early starts always are.
    bool open = false;

    /// All of them, also those that are not recorded.
    [[nodiscard]] const std::uint64_t& runs() const noexcept { return runs_; }
    [[nodiscard]] std::uint64_t early() const noexcept { return early_; }
    /// Sorts what there is.
    [[nodiscard]] const std::vector<std::chrono::nanoseconds>& sorted();

private:
    void record(std::chrono::nanoseconds late, bool early) {
        ++runs_;
        if (early) ++early_;
        if (open) lateness_.push_back(late);
    }

    instant base_;
    std::vector<std::chrono::nanoseconds> lateness_;
    std::uint64_t runs_ = 0;
    std::uint64_t early_ = 0;
};

} // namespace rondo::bench

#endif // RONDO_BENCH_PLAN_HPP
