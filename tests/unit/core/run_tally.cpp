// SPDX-License-Identifier: BSL-1.0
#include <rondo/summary.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <vector>

namespace rondo::test {
namespace {

using std::chrono::microseconds;

void take(run_tally& t, std::int64_t duration, outcome how = outcome::success) {
    t.take(how, wall_time(), wall_time(microseconds(duration)));
}

std::int64_t nearest_rank(const std::vector<std::int64_t>& sorted, std::size_t percent) {
    return sorted[(sorted.size() * percent + 99) / 100 - 1];
}

/// 0 if it is the wanted one; else by which share it is too long.
double excess(std::optional<microseconds> seen, std::int64_t wanted) {
    CHECK(seen.value().count() >= wanted);
    return static_cast<double>(seen.value().count() - wanted) / static_cast<double>(wanted);
}

} // namespace

TEST_SUITE_BEGIN("core/run_tally");

TEST_CASE("without runs there is nothing to tell") {
    const run_tally t;
    CHECK(t.empty());
    const task_summary s = t.summary(shared_string("t"));
    CHECK(s.uid == "t");
    CHECK(s.runs == 0);
    CHECK_FALSE(s.success_rate());
    CHECK_FALSE(s.duration_p50);
    CHECK_FALSE(s.duration_p95);
    CHECK_FALSE(s.duration_max);
}

TEST_CASE("the success rate is of those that succeeded, failed or timed out") {
    run_tally t;
    take(t, 1);
    take(t, 1, outcome::cancelled);
    take(t, 1, outcome::interrupted);
    t.take(outcome::abandoned, wall_time(), wall_time());
    t.take(std::nullopt, wall_time(), moment());
    CHECK(t.summary({}).success_rate() == 1.0);
    take(t, 1, outcome::failed);
    take(t, 1, outcome::timed_out);
    take(t, 1);
    CHECK(t.summary({}).success_rate() == 0.5);
    CHECK(t.summary({}).runs == 8);
}

TEST_CASE("percentiles are exact while there are few different durations, however many runs") {
    run_tally t;
    std::vector<std::int64_t> all;
    for (int i = 0; i < 50'000; ++i) all.push_back(1'000'000 + i % 4'096 * 7);
    for (std::int64_t d : all) take(t, d);
    std::ranges::sort(all);
    const task_summary s = t.summary({});
    CHECK(s.duration_p50 == microseconds(nearest_rank(all, 50)));
    CHECK(s.duration_p95 == microseconds(nearest_rank(all, 95)));
    CHECK(s.duration_max == microseconds(all.back()));
}

TEST_CASE("of many different durations percentiles are less than 1 % too long") {
    std::mt19937_64 draw(1);
    for (double exponent : {10.0, 20.0, 40.0}) {
        std::exponential_distribution<double> of(1.0);
        run_tally t;
        std::vector<std::int64_t> all;
        for (int i = 0; i < 20'000; ++i)
            all.push_back(1 + static_cast<std::int64_t>(of(draw) * std::exp2(exponent)));
        for (std::int64_t d : all) take(t, d);
        std::ranges::sort(all);
        const task_summary s = t.summary({});
        CHECK(excess(s.duration_p50, nearest_rank(all, 50)) < 0.01);
        CHECK(excess(s.duration_p95, nearest_rank(all, 95)) < 0.01);
        CHECK(s.duration_max == microseconds(all.back()));
    }
}

TEST_CASE("no percentile is longer than the longest run") {
    run_tally t;
    for (int i = 0; i < 5'000; ++i) take(t, 1'000'001 + i);
    const task_summary s = t.summary({});
    CHECK(s.duration_p95 <= s.duration_max);
    CHECK(s.duration_max == microseconds(1'005'000));
}

TEST_CASE("instants that no clock shows do no harm") {
    run_tally t;
    t.take(outcome::success, wall_time::min(), wall_time::max());
    t.take(outcome::success, wall_time::max(), wall_time::min());
    for (int i = 0; i < 5'000; ++i) take(t, std::numeric_limits<std::int64_t>::max() - i);
    const task_summary s = t.summary({});
    CHECK(s.runs == 5'002);
    CHECK(s.duration_p50 > microseconds(0));
    CHECK(s.duration_p50 == s.duration_max);
}

TEST_SUITE_END();

} // namespace rondo::test
