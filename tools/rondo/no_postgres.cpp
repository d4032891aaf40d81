// SPDX-License-Identifier: BSL-1.0
#include "postgres.hpp"

namespace rondo::command {

bool is_postgres(const std::string& where) noexcept {
    return where.starts_with("postgresql://") || where.starts_with("postgres://");
}

namespace {

[[noreturn]] int fail() {
    throw usage_error("this rondo was built without PostgreSQL");
}

} // namespace

int postgres_tasks(const tasks_options&) {
    fail();
}
int postgres_run(const run_options&) {
    fail();
}
int postgres_cancel(const cancel_options&) {
    fail();
}

} // namespace rondo::command
