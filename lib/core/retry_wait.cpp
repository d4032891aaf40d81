// SPDX-License-Identifier: BSL-1.0
#include <core/retry_wait.hpp>

#include <rondo/detail/cron_parser.hpp>

#include <algorithm>

namespace rondo::core {
namespace {

// What is not a number is in no range.
bool in_range(double x, double min, double max) noexcept {
    return x >= min && x <= max;
}

// From 0 to below 1, in equal steps.
double drawn(std::string_view uid, wall_time slot, std::uint32_t failed) noexcept {
    auto seed = static_cast<std::uint64_t>(slot.time_since_epoch().count()) * 0x9e37'79b9'7f4a'7c15 + failed;
    return static_cast<double>(detail::stable_hash(uid, seed) >> 32) / 4'294'967'296.0;
}

} // namespace

bool is_valid(const retry& r) noexcept {
    return r.attempts >= 1 && r.attempts <= retry_attempts_max && r.backoff.count() > 0 &&
           r.backoff <= r.max && r.max <= retry_wait_max && in_range(r.factor, 1, 100) &&
           in_range(r.jitter, 0, 1);
}

std::chrono::microseconds retry_wait(const retry& r, std::string_view uid, wall_time slot,
                                     std::uint32_t failed) noexcept {
    auto max = static_cast<double>(r.max.count());
    auto wait = static_cast<double>(r.backoff.count());
    for (std::uint32_t i = 1; i != failed && wait < max && r.factor > 1; ++i) wait *= r.factor;
    wait = std::min(wait, max);
    wait -= wait * r.jitter * drawn(uid, slot, failed);
    return std::chrono::microseconds(std::max<std::int64_t>(1, static_cast<std::int64_t>(wait)));
}

} // namespace rondo::core
