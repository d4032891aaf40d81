// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_EXPRESSION_HPP
#define RONDO_TOOLS_RONDO_EXPRESSION_HPP

#include "command.hpp"

#include <rondo/schedule.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace rondo::command {

[[nodiscard]] cron_schedule to_cron(const expression& e);

/// What is wrong with it, and below it the expression with a caret under the place; none if nothing is.
[[nodiscard]] std::optional<std::string> complaint_about(const expression& e);

/// Throws `usage_error` of what is wrong; also for an `H` without a uid.
[[nodiscard]] schedule to_schedule(const expression& e);

/// By the word of `--dialect`.
[[nodiscard]] std::optional<cron_dialect> dialect_from(std::string_view word) noexcept;

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_EXPRESSION_HPP
