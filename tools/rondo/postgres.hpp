// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_POSTGRES_HPP
#define RONDO_TOOLS_RONDO_POSTGRES_HPP

#include "command.hpp"

#include <string>

namespace rondo::command {

/// Whether this is no file, but where a server is.
[[nodiscard]] bool is_postgres(const std::string& where) noexcept;

/// As `tasks`, of a schema of the PostgreSQL repository, which is only read.
[[nodiscard]] int postgres_tasks(const tasks_options& opt);

/// Asks the managers that share a schema for a run, and prints its id and who has begun it.
[[nodiscard]] int postgres_run(const run_options& opt);

/// Asks whoever has a run to cancel it.
[[nodiscard]] int postgres_cancel(const cancel_options& opt);

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_POSTGRES_HPP
