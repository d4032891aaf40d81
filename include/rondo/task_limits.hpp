// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TASK_LIMITS_HPP
#define RONDO_TASK_LIMITS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace rondo {

/// Longest uid and name, in bytes. Adding a longer one fails with `errc::invalid_uid` or
/// `errc::invalid_name`.
inline constexpr std::size_t uid_size_max = 255;
inline constexpr std::size_t name_size_max = 1024;

/// How many slots, and manual runs, of a task may wait under `overlap::buffer_all`.
inline constexpr std::uint32_t buffer_max_default = 100;
inline constexpr std::uint32_t buffer_max_limit = 100'000;

/// How many users a body for each user may be called for at a time.
inline constexpr std::uint32_t users_in_flight_limit = 10'000;

/// The most that `task::tolerance` may be.
inline constexpr std::chrono::microseconds tolerance_limit = std::chrono::hours(24);

/// The most and, negated, the least that a priority may be.
inline constexpr std::int32_t priority_limit = 1000;

} // namespace rondo

#endif // RONDO_TASK_LIMITS_HPP
