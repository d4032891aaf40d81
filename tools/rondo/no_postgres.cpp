// SPDX-License-Identifier: BSL-1.0
#include "postgres_tasks.hpp"

namespace rondo::command {

bool is_postgres(const std::string& where) noexcept {
    return where.starts_with("postgresql://") || where.starts_with("postgres://");
}

int postgres_tasks(const tasks_options&) {
    throw usage_error("this rondo was built without PostgreSQL");
}

} // namespace rondo::command
