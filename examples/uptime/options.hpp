// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_EXAMPLES_UPTIME_OPTIONS_HPP
#define RONDO_EXAMPLES_UPTIME_OPTIONS_HPP

#include "endpoint.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace uptime {

struct options {
    bool help = false;
    std::string database = "uptime.db";
    std::vector<endpoint> endpoints;                       ///< none: the built-in ones
    std::optional<std::chrono::milliseconds> for_how_long; ///< nothing: until a signal
};

/// What the command line asks for cannot be done. `what()` is one line.
class usage_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

extern const std::string_view usage;

/// Throws `usage_error`.
options parse(std::span<const char* const> arguments);

} // namespace uptime

#endif // RONDO_EXAMPLES_UPTIME_OPTIONS_HPP
