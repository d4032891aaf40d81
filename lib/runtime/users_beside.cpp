// SPDX-License-Identifier: BSL-1.0
#include <rondo/detail/body.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace rondo::detail {
namespace {

// What several coroutines on one strand work off.
struct users_to_do {
    context ctx;
    std::span<const user> users;
    user_function& f;
    std::size_t next = 0;
    std::vector<std::optional<task_result>> results; // as users are
};

boost::asio::awaitable<void> work_off(users_to_do& all) {
    cancellation_token token = all.ctx.token();
    while (all.next != all.users.size() && !token.is_cancelled()) {
        std::size_t i = all.next++;
        std::string error;
        try {
            result<std::string> r = co_await all.f(all.ctx, all.users[i]);
            if (r)
                all.results[i].emplace(all.users[i], std::move(r).value());
            else
                error = r.error().message();
        } catch (...) {
            if (token.is_cancelled()) throw;
            error = current_exception_text();
        }
        if (!error.empty()) all.results[i] = task_result::failure(all.users[i], std::move(error));
    }
}

} // namespace

boost::asio::awaitable<void> run_users_beside(context ctx, std::span<const user> users, std::uint32_t most,
                                              user_function f, run_report& report) {
    auto executor = co_await boost::asio::this_coro::executor;
    users_to_do all{std::move(ctx), users, f, 0, {}};
    all.results.resize(users.size());
    using operation = decltype(boost::asio::co_spawn(executor, work_off(all), boost::asio::deferred));
    std::vector<operation> workers;
    for (std::size_t n = std::min<std::size_t>(most, users.size()); n > 0; --n)
        workers.push_back(boost::asio::co_spawn(executor, work_off(all), boost::asio::deferred));
    if (workers.empty()) co_return;
    auto group = boost::asio::experimental::make_parallel_group(std::move(workers));
    auto ended =
        co_await group.async_wait(boost::asio::experimental::wait_for_all(), boost::asio::use_awaitable);
    for (std::optional<task_result>& r : all.results)
        if (r) report.results.push_back(std::move(*r));
    for (const std::exception_ptr& thrown : std::get<1>(ended))
        if (thrown != nullptr) std::rethrow_exception(thrown);
}

} // namespace rondo::detail
