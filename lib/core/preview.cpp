// SPDX-License-Identifier: BSL-1.0
#include <core/preview.hpp>

#include <algorithm>
#include <chrono>

namespace rondo::core {

std::vector<wall_time> preview::slots(std::size_t n) const {
    std::vector<wall_time> found;
    for (moment slot = next; slot && found.size() < n && *slot <= wall_time_last;
         slot = when.next_after(*slot, anchor))
        found.push_back(*slot);
    return found;
}

std::vector<wall_time> preview::slots_before(wall_time t, std::size_t n) const {
    std::vector<wall_time> found;
    for (moment slot = when.previous_before(t, anchor); slot && found.size() < n && *slot >= anchor;
         slot = when.previous_before(*slot, anchor))
        found.push_back(*slot);
    return found;
}

std::string preview::explain(wall_time t) const {
    t = std::clamp(t, wall_time_first, wall_time_last);
    std::string why = when.explain(t, anchor);
    bool slot = next == moment(t) || when.count(t - std::chrono::microseconds(1), t, anchor) != 0;
    if (t < anchor)
        return "it does not fire: the task was first added at " + to_string(anchor) +
               "; by its schedule: " + why;
    if (!next) {
        if (when.type() == schedule::kind::after) return why;
        if (when.type() == schedule::kind::every_after) return "it waits for the end of a run; " + why;
        return "it does not fire: the task is finished; by its schedule: " + why;
    }
    if (t < *next) {
        if (!slot) return why;
        return why + "; that is past and decided, see the history for whether it ran or was skipped";
    }
    if (next == moment(t) && when.count(t - std::chrono::microseconds(1), t, anchor) == 0)
        why = when.interval() ? "it fires: " + when.text()
                              : "it fires: its first run, which is no time of the schedule";
    if (slot && paused) return why + "; but the task is paused, so it would be skipped";
    return why;
}

} // namespace rondo::core
