// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_EXAMPLES_UPTIME_LOCAL_ENDPOINTS_HPP
#define RONDO_EXAMPLES_UPTIME_LOCAL_ENDPOINTS_HPP

#include "endpoint.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace uptime {

/// Small HTTP servers on loopback, so that there is something to watch: `local-steady`, `local-slow`,
/// `local-flaky` (each third answer is a 500) and `local-down` (nobody listens). They serve until the
/// execution context stops.
class local_endpoints {
public:
    explicit local_endpoints(boost::asio::any_io_executor executor);

    [[nodiscard]] const std::vector<endpoint>& list() const noexcept { return list_; }

private:
    void serve(std::string name, unsigned fails_each, std::chrono::milliseconds delay);

    boost::asio::any_io_executor executor_;
    boost::asio::ip::tcp::acceptor closed_; // bound but never listening, so that nobody else gets its port
    std::vector<endpoint> list_;
};

} // namespace uptime

#endif // RONDO_EXAMPLES_UPTIME_LOCAL_ENDPOINTS_HPP
