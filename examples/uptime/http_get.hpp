// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_EXAMPLES_UPTIME_HTTP_GET_HPP
#define RONDO_EXAMPLES_UPTIME_HTTP_GET_HPP

#include "endpoint.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace uptime {

inline constexpr std::chrono::seconds connect_limit{1};
inline constexpr std::chrono::seconds answer_limit{3};

/// The first line of an HTTP answer, or why there is none.
struct answer {
    int status = 0;
    std::string reason;
    std::string error; ///< empty if there is a status
    std::chrono::microseconds latency{0};
};

/// Asks for a page with HTTP/1.1 and reads the status line, within the limits above. Only a
/// cancellation throws.
boost::asio::awaitable<answer> http_get(endpoint to);

} // namespace uptime

#endif // RONDO_EXAMPLES_UPTIME_HTTP_GET_HPP
