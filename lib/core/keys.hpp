// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_KEYS_HPP
#define RONDO_CORE_KEYS_HPP

#include <rondo/time.hpp>

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

} // namespace rondo::core

#endif // RONDO_CORE_KEYS_HPP
