// SPDX-License-Identifier: BSL-1.0
#include <plan.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace rondo::bench {

std::string task_id(std::size_t i) {
    return fmt::format("task-{:08}", i);
}

std::vector<std::uint32_t> shuffled(std::size_t n) {
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
    return order;
}

instant anchor_now() {
    using namespace std::chrono;
    instant best;
    auto best_gap = steady_clock::duration::max();
    for (int i = 0; i != 16; ++i) {
        auto before = steady_clock::now();
        auto wall = system_clock::now();
        auto gap = steady_clock::now() - before;
        if (gap >= best_gap) continue;
        best_gap = gap;
        // Moved to a whole microsecond, both clocks alike.
        auto whole = floor<microseconds>(wall);
        best = {before + gap / 2 - (wall - whole), whole};
    }
    return best;
}

plan make_plan(std::size_t tasks, std::chrono::microseconds period) {
    using namespace std::chrono;
    plan p;
    p.period = period;
    std::mt19937_64 random(2);
    std::uniform_int_distribution<std::int64_t> phase(0, period.count() - 1);
    p.phases.reserve(tasks);
    for (std::size_t i = 0; i != tasks; ++i) p.phases.emplace_back(phase(random));
    auto margin = milliseconds(100) + microseconds(20) * tasks;
    p.base = anchor_now();
    p.base.steady += margin;
    p.base.wall += margin;
    return p;
}

const std::vector<std::chrono::nanoseconds>& recorder::sorted() {
    std::ranges::sort(lateness_);
    return lateness_;
}

} // namespace rondo::bench
