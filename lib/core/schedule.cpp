// SPDX-License-Identifier: BSL-1.0
#include <rondo/schedule.hpp>

#include <rondo/time.hpp>

namespace rondo {

moment schedule::next_after(wall_time t, wall_time anchor) const noexcept {
    switch (kind_) {
    case kind::once: return t < anchor ? moment(anchor) : moment();
    case kind::at: return t < when_ ? moment(when_) : moment();
    case kind::every_after: return {};
    case kind::every: break;
    }
    if (t < anchor) return anchor;
    // Instants stay within the years 1 to 9999 (checked where they enter), so nothing overflows.
    auto whole_intervals = (t - anchor) / interval_;
    return anchor + (whole_intervals + 1) * interval_;
}

std::string schedule::text() const {
    switch (kind_) {
    case kind::once: return "once";
    case kind::at: return "at " + to_string(when_, 6);
    case kind::every: return "every " + to_string(interval_);
    case kind::every_after: return "every_after " + to_string(interval_);
    }
    return "unknown";
}

} // namespace rondo
