// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_EXAMPLES_UPTIME_MACHINE_HPP
#define RONDO_EXAMPLES_UPTIME_MACHINE_HPP

#include <string>

namespace uptime {

/// Load, memory and disk of this machine in one line, from /proc and the file system that holds
/// `folder`. Throws `std::runtime_error` if one of them cannot be read.
std::string machine_now(const std::string& folder);

} // namespace uptime

#endif // RONDO_EXAMPLES_UPTIME_MACHINE_HPP
