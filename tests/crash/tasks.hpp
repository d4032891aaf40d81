// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_TASKS_HPP
#define RONDO_TESTS_CRASH_TASKS_HPP

#include <rondo/task.hpp>

#include <crash/journal.hpp>
#include <crash/plan.hpp>

namespace rondo::crash {

/// The task that does as planned, and writes down when its body begins and ends.
[[nodiscard]] task make_task(const plan& p, const journal& j);

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_TASKS_HPP
