// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_RUNTIME_WORLD_HPP
#define RONDO_TESTS_UNIT_RUNTIME_WORLD_HPP

#include <rondo/rondo.hpp>
#include <rondo/testing/virtual_clock.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::tests {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// The suite runs a second time with all tasks in the last of several shards, and a third time with them spread.
inline void shard_if_asked(manager_options& o, const repository& store) {
    const char* how = std::getenv("RONDO_TEST_SHARDS");
    if (how == nullptr || o.shards != 1 || o.runs_in_flight_max != 0 || !store.serves_many_strands()) return;
    o.shards = 3;
    o.outbox_max *= o.shards; // of which each has its part
    o.runs_waiting_max *= o.shards;
    if (how == std::string_view("last")) o.shard_of = [](std::string_view) { return std::size_t(2); };
}

/// A manager on a virtual clock and an io_context that nobody else runs.
struct world {
    explicit world(std::shared_ptr<repository> r = memory::open(), manager_options o = {})
        : store(std::move(r)), options(std::move(o)) {
        options.clock = &clock;
        options.seed = 7;
        if (store != nullptr) shard_if_asked(options, *store);
        options.log = [this](log_level level, std::string_view text) {
            log.push_back(std::string(to_string(level)) + ": " + std::string(text));
        };
        tasks.emplace(context.get_executor(), store, options);
    }

    /// Lets the operation complete, without any time passing.
    template <class T, class Operation>
    result<T> get(Operation operation) {
        std::optional<result<T>> got;
        std::move(operation)([&](result<T> r) { got.emplace(std::move(r)); });
        pass(0s);
        REQUIRE(got.has_value());
        return std::move(*got);
    }
    void start() { REQUIRE(get<start_report>(tasks->async_start())); }
    result<void> add(task t) { return get<void>(tasks->async_add(std::move(t))); }
    void pass(std::chrono::nanoseconds d) { testing::run_for(context, clock, d); }
    stat find(std::string_view uid) { return tasks->find(uid).value(); }
    std::vector<run> history(history_filter f = {}) {
        f.limit = 1000;
        return get<history_page>(tasks->async_history(f)).value().runs;
    }
    bool logged(std::string_view part) const {
        for (auto& line : log)
            if (line.find(part) != std::string::npos) return true;
        return false;
    }
    /// A second life on the same repository and clock, after the first was shut down or left.
    void restart() {
        tasks.reset();
        pass(0s);
        tasks.emplace(context.get_executor(), store, options);
    }

    testing::virtual_clock clock;
    std::vector<std::string> log; // outlives the manager, which writes it to the last
    asio::io_context context;     // outlives the repository, which may have a timer on it
    std::shared_ptr<repository> store;
    manager_options options;
    std::optional<manager> tasks;
};

inline asio::awaitable<void> nothing() {
    co_return;
}

/// A body that sleeps for `d` and counts who began and who slept it out.
struct sleeper {
    std::chrono::nanoseconds d;
    int* began;
    int* ended;
    asio::awaitable<void> operator()(context ctx) {
        ++*began;
        auto r = co_await ctx.async_sleep_for(d);
        if (r) ++*ended;
        r.value(); // throws if it was cancelled
    }
};

/// A body that does not care about cancellation.
struct stubborn {
    std::chrono::nanoseconds d;
    asio::awaitable<void> operator()(context ctx);
};

} // namespace rondo::tests

#endif // RONDO_TESTS_UNIT_RUNTIME_WORLD_HPP
