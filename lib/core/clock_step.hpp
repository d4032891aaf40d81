// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_CLOCK_STEP_HPP
#define RONDO_CORE_CLOCK_STEP_HPP

#include <chrono>

namespace rondo::core {

/// By how much the clock of those who share tasks may be put right, in both of what it shows, without being one that
/// somebody has set.
inline constexpr std::chrono::seconds clock_step_min(1);

} // namespace rondo::core

#endif // RONDO_CORE_CLOCK_STEP_HPP
