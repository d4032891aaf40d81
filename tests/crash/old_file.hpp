// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_OLD_FILE_HPP
#define RONDO_TESTS_CRASH_OLD_FILE_HPP

#include <crash/plan.hpp>

#include <string>
#include <vector>

namespace rondo::crash {

/// Makes a database as the first version of the schema had it: with the tasks of these plans that are on a
/// grid, some runs of each, and so many runs of another task that a migration takes its time.
void make_old_file(const std::string& path, const std::vector<plan>& plans);

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_OLD_FILE_HPP
