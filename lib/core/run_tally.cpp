// SPDX-License-Identifier: BSL-1.0
#include <rondo/summary.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace rondo {
namespace {

constexpr std::int64_t longest = std::int64_t{1} << 62; // 146,000 years: a file may hold anything
constexpr int digits_kept = 8; // binary ones: the next value up is less than 1 % away

std::int64_t between(wall_time from, wall_time to) noexcept {
    const std::int64_t a = from.time_since_epoch().count();
    const std::int64_t b = to.time_since_epoch().count();
    if (b <= a) return 0;
    const std::uint64_t d =
        static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a); // whatever they are
    return static_cast<std::int64_t>(std::min<std::uint64_t>(d, longest));
}

std::int64_t rounded_up(std::int64_t duration) noexcept {
    const int width = std::bit_width(static_cast<std::uint64_t>(duration));
    if (width <= digits_kept) return duration;
    const std::int64_t step = std::int64_t{1} << (width - digits_kept);
    return (duration + step - 1) & ~(step - 1);
}

std::uint64_t& count_of(task_summary& s, std::optional<outcome> how) noexcept {
    if (!how) return s.in_flight;
    switch (*how) {
    case outcome::success: return s.succeeded;
    case outcome::failed: return s.failed;
    case outcome::timed_out: return s.timed_out;
    case outcome::cancelled: return s.cancelled;
    case outcome::interrupted: return s.interrupted;
    case outcome::abandoned: break;
    }
    return s.abandoned;
}

} // namespace

std::optional<double> task_summary::success_rate() const noexcept {
    const std::uint64_t all = succeeded + failed + timed_out;
    if (all == 0) return std::nullopt;
    return static_cast<double>(succeeded) / static_cast<double>(all);
}

void run_tally::take(std::optional<outcome> how, wall_time started_at, moment finished_at) {
    ++counts_.runs;
    ++count_of(counts_, how);
    if (how && *how != outcome::abandoned && finished_at) add(between(started_at, *finished_at));
}

void run_tally::add(std::int64_t duration) {
    ++durations_count_;
    counts_.duration_max = std::max(counts_.duration_max.value_or(std::chrono::microseconds(0)),
                                    std::chrono::microseconds(duration));
    ++durations_[coarse_ ? rounded_up(duration) : duration];
    if (!coarse_ && durations_.size() > durations_exact_max) coarsen();
}

void run_tally::coarsen() {
    coarse_ = true;
    std::map<std::int64_t, std::uint64_t> coarse;
    for (const auto& [duration, count] : durations_) coarse[rounded_up(duration)] += count;
    durations_ = std::move(coarse);
}

std::chrono::microseconds run_tally::percentile(std::uint64_t percent) const {
    const std::uint64_t rank =
        durations_count_ / 100 * percent + (durations_count_ % 100 * percent + 99) / 100;
    std::uint64_t seen = 0;
    for (const auto& [duration, count] : durations_)
        if ((seen += count) >= rank)
            return std::min(std::chrono::microseconds(duration), *counts_.duration_max);
    return *counts_.duration_max;
}

task_summary run_tally::summary(shared_string uid) const {
    task_summary s = counts_;
    s.uid = std::move(uid);
    if (durations_count_ > 0) {
        s.duration_p50 = percentile(50);
        s.duration_p95 = percentile(95);
    }
    return s;
}

} // namespace rondo
