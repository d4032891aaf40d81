// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_EXAMPLES_UPTIME_ENDPOINT_HPP
#define RONDO_EXAMPLES_UPTIME_ENDPOINT_HPP

#include <cstdint>
#include <string>

namespace uptime {

/// What is probed.
struct endpoint {
    std::string name; ///< the id of its user: a URL, or the name of a built-in one, whose port changes
    std::string host;
    std::uint16_t port = 80;
    std::string path = "/";
};

} // namespace uptime

#endif // RONDO_EXAMPLES_UPTIME_ENDPOINT_HPP
