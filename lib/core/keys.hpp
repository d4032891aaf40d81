// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_KEYS_HPP
#define RONDO_CORE_KEYS_HPP

#include <rondo/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace rondo::core {

/// An instant of the monotonic clock as the key of a heap, in nanoseconds; `steady_time::max()` is the last.
[[nodiscard]] constexpr std::int64_t key_of(steady_time t) noexcept {
    return std::chrono::nanoseconds(t.time_since_epoch()).count();
}

[[nodiscard]] constexpr steady_time time_of(std::int64_t key) noexcept {
    return steady_time(std::chrono::nanoseconds(key));
}

/// When to look again whether `slot` has come, which is ahead as the wall clock was set back: before long, as that may
/// be set once more.
[[nodiscard]] constexpr std::int64_t look_again_at(wall_time slot, instant now) noexcept {
    constexpr std::chrono::microseconds most = std::chrono::seconds(1);
    return key_of(now.steady + std::min(slot - now.wall, most));
}

} // namespace rondo::core

#endif // RONDO_CORE_KEYS_HPP
