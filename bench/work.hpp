// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_WORK_HPP
#define RONDO_BENCH_WORK_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rondo::bench {

/// One number that a work gives.
struct figure {
    enum class over_rounds { median, max };

    std::string name;
    std::string unit;
    over_rounds combine = over_rounds::median;
    double ours_max = 0; ///< what a release build must keep to; 0: nothing
};

/// The name of the figure that must be 0.
inline constexpr const char* early_figure = "early_starts";

/// One value for each figure of a work, in order.
using values = std::vector<double>;

/// The same thing done by us and by the hand-written loop. Each is called in a process of its own.
struct work {
    std::string name;
    std::vector<figure> figures;
    std::function<values()> ours;
    std::function<values()> loop;
};

/// How long, and how much.
struct extent {
    std::chrono::nanoseconds window = std::chrono::seconds(2);
    std::size_t idle_tasks_max = 1'000'000;
    std::uint64_t history_runs = 1'000'000;
};

[[nodiscard]] std::vector<work> idle_works(const extent& e);
[[nodiscard]] std::vector<work> rate_works(const extent& e);
[[nodiscard]] std::vector<work> lateness_works(const extent& e);
[[nodiscard]] std::vector<work> resume_works(const extent& e);
[[nodiscard]] std::vector<work> steer_works(const extent& e);
[[nodiscard]] std::vector<work> recorded_works(const extent& e); ///< only with SQLite
[[nodiscard]] std::vector<work> postgres_works(const extent& e); ///< only with PostgreSQL, and a server of it

} // namespace rondo::bench

#endif // RONDO_BENCH_WORK_HPP
