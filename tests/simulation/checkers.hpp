// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECKERS_HPP
#define RONDO_TESTS_SIMULATION_CHECKERS_HPP

#include <simulation/check_attempts.hpp>
#include <simulation/check_backfill.hpp>
#include <simulation/check_conservation.hpp>
#include <simulation/check_counters.hpp>
#include <simulation/check_limits.hpp>
#include <simulation/check_manual.hpp>
#include <simulation/check_never_early.hpp>
#include <simulation/check_nothing_after.hpp>
#include <simulation/check_outcomes.hpp>
#include <simulation/check_preview.hpp>
#include <simulation/check_progress.hpp>
#include <simulation/check_uid_unique.hpp>

namespace rondo::simulation {

/// One for each invariant of design.md section 5; determinism, the tenth, needs two worlds.
struct checkers {
    checkers(const swarm& s, const model& m, findings& out)
        : attempts(out), backfill(out), conservation(out), counters(out), limits(s, m, out), manual(out),
          never_early(out), nothing_after(out), outcomes(out), preview(out), progress(out), uid_unique(out) {}

    check_attempts attempts;
    check_backfill backfill;
    check_conservation conservation;
    check_counters counters;
    check_limits limits;
    check_manual manual;
    check_never_early never_early;
    check_nothing_after nothing_after;
    check_outcomes outcomes;
    check_preview preview;
    check_progress progress;
    check_uid_unique uid_unique;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECKERS_HPP
