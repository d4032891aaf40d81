// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_EXPORT_HPP
#define RONDO_TOOLS_RONDO_EXPORT_HPP

#include "run_pages.hpp"

#include <rondo/run.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace rondo::command {

/// How long it took, by the wall clock. Nothing of one that has no end, or whose end nobody saw: when a process died is
/// not known, only when somebody saw that it had.
[[nodiscard]] std::optional<std::chrono::duration<double>> took(const run& r);

/// Its line of CSV, without results and lines; the head says what is in it. With CR and LF.
[[nodiscard]] std::string csv_head();
[[nodiscard]] std::string csv_line(const run& r);

/// Its line of JSON, with all there is.
[[nodiscard]] std::string json_line(const run& r);

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_EXPORT_HPP
