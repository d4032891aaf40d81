// SPDX-License-Identifier: BSL-1.0
#include "rate_server.hpp"

#include <chrono>
#include <utility>

namespace example {

using namespace std::chrono_literals;

asio::awaitable<void> rate_server::start() {
    (co_await tasks_.async_start()).value();

    auto refresh_body = [this](rondo::context ctx) { return refresh(std::move(ctx)); };
    rondo::task refresh_rates("rates", "Rates: fetch", rondo::every(1h), refresh_body);
    refresh_rates.timeout(5min);
    (co_await tasks_.async_add(std::move(refresh_rates))).value();

    auto close_body = [this] { return close_day(); };
    rondo::task close("day", "Questions: close the day", rondo::cron<"0 0 * * *">, close_body);
    (co_await tasks_.async_add(std::move(close))).value();
}

std::optional<double> rate_server::answer(const std::string& currency) {
    ++asked_;
    auto found = rates_.find(currency);
    return found == rates_.end() ? std::nullopt : std::optional(found->second);
}

// What failed keeps the rates of an hour ago.
asio::awaitable<rondo::result<void>> rate_server::refresh(rondo::context ctx) {
    rondo::result<rates> fresh = co_await fetch_(ctx);
    if (!fresh) co_return fresh.error();
    rates_ = std::move(fresh).value();
    co_return boost::outcome_v2::success();
}

asio::awaitable<void> rate_server::close_day() {
    asked_by_day_.push_back(std::exchange(asked_, 0));
    co_return;
}

} // namespace example
