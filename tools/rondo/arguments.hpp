// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_ARGUMENTS_HPP
#define RONDO_TOOLS_RONDO_ARGUMENTS_HPP

#include <functional>

namespace rondo::command {

/// What the arguments ask for, still to be called; it gives the exit code. Throws `usage_error`.
[[nodiscard]] std::function<int()> parse(int argc, const char* const* argv);

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_ARGUMENTS_HPP
