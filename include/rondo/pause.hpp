// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_PAUSE_HPP
#define RONDO_PAUSE_HPP

#include <rondo/time.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace rondo {

inline constexpr std::size_t pause_reason_size_max = 1024;

/// What to say of a pause; kept with it, and shown in `stat`.
class pause_options {
public:
    pause_options() noexcept {}

    /// For people. At most `pause_reason_size_max` bytes.
    pause_options& reason(std::string text) noexcept { return reason_ = std::move(text), *this; }
    /// The task goes on by itself at this instant of the wall clock, in a later life too: what fell due before
    /// is skipped as `paused`. If it comes early because that clock is set forward, what intervals have due until
    /// this is noticed is skipped so too. Without it, when somebody resumes it.
    pause_options& until(wall_time t) noexcept { return until_ = t, *this; }

    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
    [[nodiscard]] moment until() const noexcept { return until_; }

private:
    std::string reason_;
    moment until_;
};

} // namespace rondo

#endif // RONDO_PAUSE_HPP
