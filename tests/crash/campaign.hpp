// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_CAMPAIGN_HPP
#define RONDO_TESTS_CRASH_CAMPAIGN_HPP

#include <crash/findings.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace rondo::crash {

/// One database and its lives, all but the last of which end badly.
struct campaign {
    std::uint64_t seed = 1;
    std::uint64_t kills = 25;
    std::size_t tasks = 200;
    bool power = false;    ///< it is not the process that is killed: the power is lost
    bool normal = false;   ///< `durability::normal`
    bool shifts = false;   ///< the wall clock is set between lives
    bool old_file = false; ///< begins with a file of the first schema, whose migration is killed too
    std::string flaw;      ///< of the repository
};

struct campaign_report {
    findings found;
    std::uint64_t kills = 0;
    std::uint64_t in_writes = 0; ///< of these, in the midst of a write, a truncation or a sync
};

/// Plays it, in a folder of its own that is removed if all is well, and checks what is left.
[[nodiscard]] campaign_report play(const campaign& c);

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_CAMPAIGN_HPP
