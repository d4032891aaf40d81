// SPDX-License-Identifier: BSL-1.0
#include <core/after_rule.hpp>

#include <core/label.hpp>
#include <rondo/task_limits.hpp>

namespace rondo::core {

std::string after_rule::text() const {
    return "after " + to_string(outcomes_) + " of " + uid_;
}

std::string after_rule::describe() const {
    std::string how = outcomes_ == any_outcome ? " has ended" : " has ended with " + to_string(outcomes_);
    return "whenever a slot of " + uid_ + how;
}

std::string after_rule::explain(wall_time, wall_time) const {
    return "it has no times of its own: it fires at the slots of " + uid_ + " that end with " +
           to_string(outcomes_);
}

std::string after_rule::problem() const {
    if (!is_label(uid_, uid_size_max)) return "after() wants the uid of a task";
    if (outcomes_.empty()) return "after() wants at least one outcome";
    return {};
}

} // namespace rondo::core
