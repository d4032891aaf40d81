// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_EXAMPLES_UPTIME_REPORT_HPP
#define RONDO_EXAMPLES_UPTIME_REPORT_HPP

#include "endpoint.hpp"
#include "screen.hpp"

#include <rondo/manager.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace uptime {

/// Says what an earlier life left behind.
boost::asio::awaitable<void> show_start(rondo::manager& tasks, rondo::start_report found, screen& out);

/// Shows the table.
boost::asio::awaitable<void> show_now(rondo::manager& tasks, std::span<const endpoint> endpoints,
                                      const std::string& machine, screen& out);

/// Shows the latest runs and the totals of a manager that is shut down, and what became of the run
/// that was started by hand.
boost::asio::awaitable<void> show_end(const rondo::manager& tasks,
                                      std::shared_ptr<rondo::repository> repository,
                                      rondo::shutdown_report left, std::optional<rondo::run_id> by_hand,
                                      screen& out);

} // namespace uptime

#endif // RONDO_EXAMPLES_UPTIME_REPORT_HPP
