// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_SKIPS_HPP
#define RONDO_TOOLS_RONDO_SKIPS_HPP

#include "command.hpp"

namespace rondo::command {

/// Prints the slots that became no run, in ranges, the latest first. Gives the exit code.
[[nodiscard]] int print_skips(const history_options& opt);

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_SKIPS_HPP
