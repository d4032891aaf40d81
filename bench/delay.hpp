// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_DELAY_HPP
#define RONDO_BENCH_DELAY_HPP

#include <ours.hpp>
#include <work.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <vector>

namespace rondo::bench {

/// By nearest rank.
[[nodiscard]] inline double percentile_us(const std::vector<std::chrono::nanoseconds>& sorted, double share) {
    auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return std::chrono::duration<double, std::micro>(sorted[std::max<std::size_t>(rank, 1) - 1]).count();
}

/// Tasks that are all due at the same moments.
[[nodiscard]] inline values measure_delay(ours& subject, std::size_t tasks, std::chrono::nanoseconds length) {
    plan p = make_plan(tasks, std::chrono::milliseconds(100));
    std::ranges::fill(p.phases, std::chrono::microseconds(0));
    recorder r(p.base);
    subject.add_recording(p, r);
    r.open = true;
    auto until = p.base.steady + length;
    while (std::chrono::steady_clock::now() < until) subject.io().run_one_until(until);
    while (r.sorted().empty()) subject.io().run_one(); // a slow disk
    const auto& sorted = r.sorted();
    return {percentile_us(sorted, 0.5), percentile_us(sorted, 0.99), static_cast<double>(r.early())};
}

} // namespace rondo::bench

#endif // RONDO_BENCH_DELAY_HPP
