// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_AFTER_RULE_HPP
#define RONDO_CORE_AFTER_RULE_HPP

#include <rondo/outcome_set.hpp>
#include <rondo/schedule_rule.hpp>
#include <rondo/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace rondo::core {

/// What `after` says. It has no times: the scheduler brings them (scheduler_follow.cpp).
class after_rule final : public schedule_rule {
public:
    after_rule(std::string uid, outcome_set outcomes) : uid_(std::move(uid)), outcomes_(outcomes) {}

    [[nodiscard]] std::string_view uid() const noexcept { return uid_; }
    [[nodiscard]] outcome_set outcomes() const noexcept { return outcomes_; }

    [[nodiscard]] moment next_after(wall_time, wall_time) const override { return {}; }
    [[nodiscard]] moment previous_before(wall_time, wall_time) const override { return {}; }
    [[nodiscard]] std::uint64_t count(wall_time, wall_time, wall_time) const override { return 0; }
    [[nodiscard]] std::string text() const override;
    [[nodiscard]] std::string describe() const override;
    [[nodiscard]] std::string explain(wall_time t, wall_time anchor) const override;
    [[nodiscard]] std::string problem() const override;

private:
    std::string uid_;
    outcome_set outcomes_;
};

} // namespace rondo::core

#endif // RONDO_CORE_AFTER_RULE_HPP
