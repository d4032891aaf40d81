// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_EXAMPLES_UPTIME_TABLE_HPP
#define RONDO_EXAMPLES_UPTIME_TABLE_HPP

#include "endpoint.hpp"

#include <rondo/run.hpp>
#include <rondo/stat.hpp>
#include <rondo/time.hpp>

#include <span>
#include <string>
#include <vector>

namespace uptime {

/// What is shown.
struct view {
    rondo::wall_time now{};
    std::vector<rondo::stat> tasks;
    std::vector<rondo::run> runs; ///< on record, the latest first
    std::string machine;
    std::string warning; ///< empty: all is well
};

/// The tasks, the endpoints and the machine, in lines.
std::string table(const view& v, std::span<const endpoint> endpoints, bool colours);

/// One run and its results, in one or two lines.
std::string history_lines(const rondo::run& r, bool colours);

/// What became of a task's runs and slots in this life, in one line.
std::string totals_line(const rondo::stat& s);

} // namespace uptime

#endif // RONDO_EXAMPLES_UPTIME_TABLE_HPP
