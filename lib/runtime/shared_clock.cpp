// SPDX-License-Identifier: BSL-1.0
#include <runtime/shared_clock.hpp>

#include <algorithm>

namespace rondo::runtime {
namespace {

using std::chrono::nanoseconds;

nanoseconds since_epoch(wall_time t) noexcept {
    return t.time_since_epoch();
}
nanoseconds since_epoch(steady_time t) noexcept {
    return t.time_since_epoch();
}

} // namespace

nanoseconds shared_clock::set(const clock_reading& r) {
    const std::lock_guard lock(mutex_);
    const nanoseconds apart = since_epoch(r.wall) - since_epoch(r.at);
    const nanoseconds behind = read_ ? apart - (wall_from_ + ahead_) : nanoseconds(0);
    if (!read_ || behind > step_min || behind < -step_min)
        wall_from_ = apart - ahead_;
    else
        ahead_ += behind;
    read_ = true;
    return behind;
}

instant shared_clock::now() const noexcept {
    const instant here = here_->now();
    const std::lock_guard lock(mutex_);
    if (!read_) return here;
    shown_ = std::max(shown_, here.steady + ahead_);
    const nanoseconds wall = since_epoch(shown_) + wall_from_;
    return {shown_, wall_time(std::chrono::floor<wall_time::duration>(wall))};
}

steady_time shared_clock::arm(clock_waiter& waiter, steady_time deadline) noexcept {
    nanoseconds ahead{0};
    {
        const std::lock_guard lock(mutex_);
        ahead = ahead_;
    }
    constexpr nanoseconds far = std::chrono::hours(1); // beyond what it may be ahead by
    const bool in_range = deadline > steady_time::min() + far && deadline < steady_time::max() - far;
    return here_->arm(waiter, in_range ? deadline - ahead : deadline);
}

} // namespace rondo::runtime
