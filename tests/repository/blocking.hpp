// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_REPOSITORY_BLOCKING_HPP
#define RONDO_TESTS_REPOSITORY_BLOCKING_HPP

#include <rondo/repository.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondo::testing {

/// What became of a call that was launched.
template <class T>
using launched = std::shared_ptr<std::optional<result<T>>>;

template <class T>
boost::asio::awaitable<void> carry(repository::awaitable<T> call, launched<T> out) {
    out->emplace(co_await std::move(call));
}

/// Starts a call; it goes on when `io` runs.
template <class T>
launched<T> launch(boost::asio::io_context& io, repository::awaitable<T> call) {
    auto out = std::make_shared<std::optional<result<T>>>();
    boost::asio::co_spawn(io, carry<T>(std::move(call), out), boost::asio::detached);
    return out;
}

/// The result of a call, on a context of its own.
template <class T>
result<T> blocking(repository::awaitable<T> call) {
    boost::asio::io_context io{1};
    const auto out = launch<T>(io, std::move(call));
    io.run();
    return out->value();
}

/// Its error code, which is none if it succeeded.
template <class T>
error_code error_of(repository::awaitable<T> call) {
    const auto r = blocking(std::move(call));
    return r.has_error() ? r.error() : error_code();
}

[[nodiscard]] inline run_id id(std::uint64_t n) {
    run_id id;
    id.low = n;
    return id;
}

[[nodiscard]] inline wall_time at(std::int64_t seconds) {
    return wall_time(std::chrono::seconds(seconds));
}

[[nodiscard]] inline std::vector<task_definition> one_task(std::string_view uid) {
    std::vector<task_definition> tasks(1);
    tasks[0].uid = shared_string(uid);
    tasks[0].schedule = "every 10s";
    tasks[0].first_slot = at(0);
    return tasks;
}

/// A manual run of `uid`, which starts at `at(n)`.
[[nodiscard]] inline std::vector<begin_request> one_begin(std::string_view uid, std::uint64_t n) {
    std::vector<begin_request> requests(1);
    requests[0].uid = shared_string(uid);
    requests[0].moves_cursor = false;
    requests[0].started.emplace();
    requests[0].started->id = id(n);
    requests[0].started->trigger = trigger::manual;
    requests[0].started->started_at = at(static_cast<std::int64_t>(n));
    return requests;
}

/// The end of that run.
[[nodiscard]] inline std::vector<finish_request> one_end(std::string_view uid, std::uint64_t n,
                                                         std::string message = {}) {
    std::vector<finish_request> requests(1);
    run& r = requests[0].run;
    r.id = id(n);
    r.uid = shared_string(uid);
    r.trigger = trigger::manual;
    r.started_at = at(static_cast<std::int64_t>(n));
    r.finished_at = at(static_cast<std::int64_t>(n) + 1);
    r.outcome = outcome::success;
    r.message = std::move(message);
    return requests;
}

} // namespace rondo::testing

#endif // RONDO_TESTS_REPOSITORY_BLOCKING_HPP
