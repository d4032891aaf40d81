// SPDX-License-Identifier: BSL-1.0
#include <core/start_window.hpp>

#include <algorithm>

namespace rondo::core {

void start_window::set(std::size_t starts_max, std::chrono::nanoseconds per) {
    if (starts_max == 0) {
        starts_.clear();
        gone_ = 0;
    } else {
        starts_.reserve(starts_.size() + beginning_);
    }
    starts_max_ = starts_max;
    per_ = per;
}

std::size_t start_window::first_that_counts(steady_time now) const noexcept {
    auto begin = starts_.begin() + static_cast<std::ptrdiff_t>(gone_);
    auto first = std::partition_point(begin, starts_.end(), [&](steady_time t) { return now - t >= per_; });
    return static_cast<std::size_t>(first - starts_.begin());
}

std::size_t start_window::count(steady_time now) const noexcept {
    return starts_.size() - first_that_counts(now) + beginning_;
}

bool start_window::open(steady_time now) const noexcept {
    return !limited() || count(now) < starts_max_;
}

steady_time start_window::opens_at(steady_time now) const noexcept {
    if (open(now)) return now;
    // So many of them must leave it.
    std::size_t leave = count(now) - starts_max_ + 1;
    std::size_t last = first_that_counts(now) + leave - 1;
    return last < starts_.size() ? starts_[last] + per_ : steady_time::max();
}

void start_window::make_room() {
    if (!limited()) return;
    if (gone_ > starts_.size() / 2) {
        starts_.erase(starts_.begin(), starts_.begin() + static_cast<std::ptrdiff_t>(gone_));
        gone_ = 0;
    }
    std::size_t room = starts_.size() + beginning_ + 1;
    if (starts_.capacity() < room) starts_.reserve(std::max(room, 2 * starts_.capacity()));
}

// Room is made here for when it starts, as that must not fail.
void start_window::begin() {
    make_room();
    ++beginning_;
}

void start_window::started(steady_time now) noexcept {
    --beginning_;
    if (!limited()) return;
    gone_ = first_that_counts(now);
    starts_.push_back(now);
}

} // namespace rondo::core
