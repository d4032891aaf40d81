// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_EXAMPLES_TESTING_RATE_SERVER_HPP
#define RONDO_EXAMPLES_TESTING_RATE_SERVER_HPP

#include <rondo/rondo.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace example {

namespace asio = boost::asio;

/// Answers questions about exchange rates, which it fetches every hour, and lists its questions every
/// night. The owner says where rates come from, and, by the options, what time it is.
class rate_server {
public:
    using rates = std::map<std::string, double>;
    using source = std::function<asio::awaitable<rondo::result<rates>>(rondo::context)>;

    rate_server(asio::any_io_executor executor, source fetch, rondo::manager_options options)
        : tasks_(std::move(executor), rondo::memory::open(), std::move(options)), fetch_(std::move(fetch)) {}

    asio::awaitable<void> start();
    rondo::manager& tasks() { return tasks_; }

    /// What a session of the server would send back.
    std::optional<double> answer(const std::string& currency);
    const std::vector<std::size_t>& asked_by_day() const { return asked_by_day_; }

private:
    asio::awaitable<rondo::result<void>> refresh(rondo::context ctx);
    asio::awaitable<void> close_day();

    rondo::manager tasks_;
    source fetch_;
    rates rates_;
    std::size_t asked_ = 0;
    std::vector<std::size_t> asked_by_day_;
};

} // namespace example

#endif // RONDO_EXAMPLES_TESTING_RATE_SERVER_HPP
