// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_POSTGRES_TASKS_HPP
#define RONDO_TOOLS_RONDO_POSTGRES_TASKS_HPP

#include "command.hpp"

#include <string>

namespace rondo::command {

/// Whether this is no file, but where a server is.
[[nodiscard]] bool is_postgres(const std::string& where) noexcept;

/// As `tasks`, of a schema of the PostgreSQL repository, which is only read.
[[nodiscard]] int postgres_tasks(const tasks_options& opt);

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_POSTGRES_TASKS_HPP
