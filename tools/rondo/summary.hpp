// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_SUMMARY_HPP
#define RONDO_TOOLS_RONDO_SUMMARY_HPP

#include "run_pages.hpp"

namespace rondo::command {

/// A line for each task. False: there are no runs.
[[nodiscard]] bool print_summary(run_pages& pages);

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_SUMMARY_HPP
