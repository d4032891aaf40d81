// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_FLEET_FAULTS_HPP
#define RONDO_TESTS_FLEET_FAULTS_HPP

#include <fleet/checker.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace rondo::fleet {

struct campaign_options {
    std::chrono::milliseconds length = std::chrono::seconds(30);
    int nodes = 5;
    int tasks = 200;
    std::uint64_t seed = 0; ///< 0: another each time
    bool keep = false;
};

struct campaign_report {
    findings found;
    std::uint64_t faults = 0;
    std::uint64_t seed = 0;
    std::string folder; ///< if it is kept
};

/// Throws what keeps it from telling anything.
[[nodiscard]] campaign_report run(const campaign_options& o);

} // namespace rondo::fleet

#endif // RONDO_TESTS_FLEET_FAULTS_HPP
