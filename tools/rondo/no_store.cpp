// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"

namespace rondo::command {
namespace {

constexpr const char* why_not = "this rondo was built without SQLite";

} // namespace

int tasks(const tasks_options&) {
    throw usage_error(why_not);
}

int history(const history_options&) {
    throw usage_error(why_not);
}

} // namespace rondo::command
