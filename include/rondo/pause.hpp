// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_PAUSE_HPP
#define RONDO_PAUSE_HPP

#include <rondo/time.hpp>

#include <cstddef>
#include <string>

namespace rondo {

inline constexpr std::size_t pause_reason_size_max = 1024;

/// What to say of a pause; kept with it, and shown in `stat`.
struct pause_options {
    /// For people. At most `pause_reason_size_max` bytes.
    std::string reason;
    /// The task goes on by itself at this instant of the wall clock, in a later life too: what fell due before
    /// is skipped as `paused`. Never: when somebody resumes it.
    moment until;
};

} // namespace rondo

#endif // RONDO_PAUSE_HPP
