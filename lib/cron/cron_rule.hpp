// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_CRON_RULE_HPP
#define RONDO_CRON_CRON_RULE_HPP

#include <rondo/cron_options.hpp>
#include <rondo/schedule_rule.hpp>

#include <cron/period.hpp>
#include <cron/zoned_times.hpp>

#include <memory>
#include <string>

namespace rondo::crontab {

/// What a `cron_schedule` was made of.
struct cron_spec {
    std::string text;
    std::string zone;
    cron_dialect dialect = cron_dialect::unix_;
    gap_rule gap = gap_rule::run_at_end;
    overlap_rule overlap = overlap_rule::first;
    crontab::period period{};
    std::string also_wrong{}; ///< what its maker found wrong already
};

/// Why it is none: an expression that cannot be read, or an unknown zone. Empty if nothing is wrong.
[[nodiscard]] std::string problem_of(const cron_spec& spec);

/// The rule of a cron expression; of a bad one, a rule without slots whose `problem()` says why.
[[nodiscard]] std::shared_ptr<const schedule_rule> make_cron_rule(cron_spec spec);

} // namespace rondo::crontab

#endif // RONDO_CRON_CRON_RULE_HPP
