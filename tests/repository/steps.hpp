// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_REPOSITORY_STEPS_HPP
#define RONDO_TESTS_REPOSITORY_STEPS_HPP

#include <repository/blocking.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rondo::testing {

[[nodiscard]] inline std::string uid_of(std::size_t n) {
    return "task " + std::to_string(n);
}

[[nodiscard]] inline std::vector<task_definition> some_tasks(std::size_t n) {
    std::vector<task_definition> tasks;
    for (std::size_t i = 0; i != n; ++i) tasks.push_back(one_task(uid_of(i))[0]);
    return tasks;
}

/// A scheduled run, which moves the cursor on by a second.
[[nodiscard]] inline begin_request step(std::size_t task, std::int64_t from, std::uint64_t n) {
    begin_request r = one_begin(uid_of(task), n)[0];
    r.moves_cursor = true;
    r.expected = at(from);
    r.next = at(from + 1);
    r.started->trigger = trigger::schedule;
    r.started->scheduled_at = at(from);
    return r;
}

} // namespace rondo::testing

#endif // RONDO_TESTS_REPOSITORY_STEPS_HPP
