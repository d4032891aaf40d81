// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_LOG_HPP
#define RONDO_LOG_HPP

#include <rondo/words.hpp>

#include <functional>
#include <string_view>

namespace rondo {

/// Takes one line of log, without a newline. Called on the manager's strand and on the strands of
/// runs, so possibly by several threads at once. It must not block; what it throws is dropped.
using log_sink = std::function<void(log_level, std::string_view)>;

/// The default sink: writes warnings and errors to standard error, each in one write.
[[nodiscard]] log_sink stderr_log();

} // namespace rondo

#endif // RONDO_LOG_HPP
