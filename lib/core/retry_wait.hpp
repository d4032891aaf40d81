// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_RETRY_WAIT_HPP
#define RONDO_CORE_RETRY_WAIT_HPP

#include <rondo/retry.hpp>
#include <rondo/time.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace rondo::core {

[[nodiscard]] bool is_valid(const retry& r) noexcept;

/// How long after the end of the attempt `failed`, counted from 1, the next begins. The same for the same
/// arguments, on each machine. `r` must be valid.
[[nodiscard]] std::chrono::microseconds retry_wait(const retry& r, std::string_view uid, wall_time slot,
                                                   std::uint32_t failed) noexcept;

} // namespace rondo::core

#endif // RONDO_CORE_RETRY_WAIT_HPP
