// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_PREVIEW_HPP
#define RONDO_CORE_PREVIEW_HPP

#include <rondo/schedule.hpp>
#include <rondo/time.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace rondo::core {

/// What of a task decides about its slots: a copy, so that nobody need wait while they are worked out.
struct preview {
    schedule when;
    wall_time anchor{};
    moment next; ///< its first slot that has not come
    bool paused = false;

    /// The next `n` slots.
    [[nodiscard]] std::vector<wall_time> slots(std::size_t n) const;
    /// The last `n` slots before `t`, the latest first, as the schedule has them; none before the anchor.
    [[nodiscard]] std::vector<wall_time> slots_before(wall_time t, std::size_t n) const;
    /// Why the task runs at `t`, or why not.
    [[nodiscard]] std::string explain(wall_time t) const;
};

} // namespace rondo::core

#endif // RONDO_CORE_PREVIEW_HPP
