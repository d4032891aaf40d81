// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_ORACLE_MODEL_HPP
#define RONDO_TESTS_ORACLE_MODEL_HPP

#include <rondo/cron_options.hpp>

#include <cctz/civil_time.h>

#include "expression.hpp"
#include "place.hpp"

#include <cstdint>
#include <optional>

namespace rondo::oracle {

/// An error that is put into the model, to see that the comparison finds it.
enum class fault {
    none,
    both_passes,
    nothing_made_up,
    both_days_needed,
    no_late_sunday,
    start_included,
    near_leaves_month
};
inline constexpr int fault_count = 7;

/// Says by the rules alone whether an expression fires at an instant, and finds the next such instant by
/// walking through real time.
class model {
public:
    model(const expression& e, const place& p, gap_rule gap, overlap_rule overlap, fault f);

    [[nodiscard]] bool fires(std::int64_t utc) const;
    /// The first later than `t` and not later than `horizon`.
    [[nodiscard]] std::optional<std::int64_t> next_after(std::int64_t t, std::int64_t horizon) const;

private:
    [[nodiscard]] bool matches(std::int64_t local) const;
    [[nodiscard]] bool day_matches(cctz::civil_day day) const;
    [[nodiscard]] bool month_day_matches(cctz::civil_day day) const;
    [[nodiscard]] bool weekday_matches(cctz::civil_day day) const;
    [[nodiscard]] bool shown_before(std::int64_t utc) const;
    [[nodiscard]] bool shown_again(std::int64_t utc) const;
    [[nodiscard]] bool made_up(std::int64_t utc) const;
    [[nodiscard]] std::int64_t candidate_after(std::int64_t utc) const;

    const expression& e_;
    const place& place_;
    gap_rule gap_;
    overlap_rule overlap_;
    fault fault_;
    bool by_real_time_;
    std::int64_t unit_; // of the walk, in seconds
};

} // namespace rondo::oracle

#endif // RONDO_TESTS_ORACLE_MODEL_HPP
