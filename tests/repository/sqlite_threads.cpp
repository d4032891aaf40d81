// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/open_file.hpp>

#include <repository/blocking.hpp>
#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>
#include <repository/thread_gate.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <atomic>
#include <optional>
#include <ostream>
#include <thread>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/sqlite_threads");

namespace {

using namespace rondo;
using namespace rondo::testing;
namespace asio = boost::asio;

/// A coroutine that is the last owner of the repository it waits for.
asio::awaitable<void> own_and_wait(std::shared_ptr<repository> owner, std::uint64_t n) {
    (void)co_await owner->begin_runs(one_begin("t", n));
}

std::size_t runs_in(const std::string& path) {
    history_filter filter;
    filter.limit = history_limit_max;
    return blocking(sqlite::open(path).value()->history(filter)).value().runs.size();
}

} // namespace

TEST_CASE("calls that gather are committed together") {
    thread_gate g;
    const scratch_folder folder;
    const auto repository = sqlite::detail::open_file(folder.path("a.db"), {}, g.seams()).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    g.transactions = 0;
    g.set(false);
    asio::io_context io{1};
    constexpr std::uint64_t calls = 64;
    std::vector<launched<std::vector<begin_answer>>> answers;
    for (std::uint64_t n = 1; n <= calls; ++n)
        answers.push_back(launch<std::vector<begin_answer>>(io, repository->begin_runs(one_begin("t", n))));
    io.poll(); // all are handed over; the first may be at work
    g.wait_for_thread();
    g.set(true);
    io.run();
    for (const auto& a : answers) CHECK(a->value().value()[0].state == begin_state::recorded);
    CHECK(g.transactions <= 2);
    CHECK(blocking(repository->find_run(id(calls))).value());
}

TEST_CASE("ends and begins that go together are one transaction") {
    thread_gate g;
    const scratch_folder folder;
    const auto repository = sqlite::detail::open_file(folder.path("a.db"), {}, g.seams()).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    const auto token = blocking(repository->begin_runs(one_begin("t", 1))).value()[0].token;
    g.transactions = 0;
    asio::io_context io{1};
    std::optional<recorded_runs> seen;
    auto record = [&]() -> asio::awaitable<void> {
        auto ended = one_end("t", 1);
        ended[0].token = token;
        seen = co_await repository->record_runs(std::move(ended), one_begin("t", 2), nullptr);
    };
    asio::co_spawn(io, record(), asio::detached);
    io.run();
    REQUIRE(seen);
    CHECK(seen->finished.value()[0] == finish_state::recorded);
    CHECK(seen->begun.value()[0].token == token + 1);
    CHECK(g.transactions == 1);
}

TEST_CASE("of ends and begins that go together one may fail, and the other not") {
    thread_gate g;
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    {
        const auto repository = sqlite::open(path).value();
        blocking(repository->register_tasks(one_task("t"))).value();
        blocking(repository->begin_runs(one_begin("t", 1))).value();
    }
    raw_database(path).execute(add_damaged_task);
    const auto repository = sqlite::detail::open_file(path, {}, g.seams()).value();
    asio::io_context io{1};
    std::optional<recorded_runs> seen;
    auto record = [&]() -> asio::awaitable<void> {
        seen = co_await repository->record_runs(one_end("t", 1), one_begin("damaged", 2), nullptr);
        CHECK(seen->finished.value()[0] == finish_state::recorded);
        CHECK(seen->begun.error() == errc::store_corrupt);
        auto unended = one_end("t", 1);
        unended[0].run.outcome.reset();
        seen = co_await repository->record_runs(std::move(unended), one_begin("t", 3), nullptr);
    };
    asio::co_spawn(io, record(), asio::detached);
    io.run();
    CHECK(seen->finished.error() == errc::invalid_option);
    CHECK(seen->begun.value()[0].state == begin_state::recorded);
}

TEST_CASE("a call that fails in a group fails alone, and as a whole") {
    thread_gate g;
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    {
        const auto repository = sqlite::open(path).value();
        blocking(repository->register_tasks(one_task("t"))).value();
    }
    raw_database(path).execute(add_damaged_task);
    const auto repository = sqlite::detail::open_file(path, {}, g.seams()).value();
    g.set(false);
    asio::io_context io{1};
    const auto first = launch<std::vector<user>>(io, repository->users());
    io.poll();
    g.wait_for_thread(); // with the first alone; the next three gather
    auto half_bad = one_begin("t", 3);
    half_bad.push_back(one_begin("damaged", 5)[0]);
    const auto good = launch<std::vector<begin_answer>>(io, repository->begin_runs(one_begin("t", 2)));
    const auto bad = launch<std::vector<begin_answer>>(io, repository->begin_runs(std::move(half_bad)));
    const auto also_good = launch<std::vector<begin_answer>>(io, repository->begin_runs(one_begin("t", 4)));
    io.poll();
    g.set(true);
    io.run();
    CHECK(g.transactions == 5); // the first; those that gathered, together; each of them alone
    CHECK(first->value().has_value());
    CHECK(good->value().has_value());
    CHECK(bad->value().error() == errc::store_corrupt);
    CHECK(also_good->value().value()[0].token == 2);
    CHECK(blocking(repository->find_run(id(2))).value());
    CHECK_FALSE(blocking(repository->find_run(id(3))).value());
    CHECK(blocking(repository->find_run(id(4))).value());
}

TEST_CASE("a context that is destroyed drops its calls, and their work is done") {
    thread_gate g;
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    auto repository = sqlite::detail::open_file(path, {}, g.seams()).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    g.set(false);
    std::vector<launched<std::vector<begin_answer>>> answers;
    {
        asio::io_context io{1};
        for (std::uint64_t n = 1; n <= 8; ++n)
            answers.push_back(
                launch<std::vector<begin_answer>>(io, repository->begin_runs(one_begin("t", n))));
        io.poll();
    }
    for (const auto& a : answers) {
        CHECK_FALSE(a->has_value());
        CHECK(a.use_count() == 1); // the coroutine is gone, not parked in our queue
    }
    g.set(true);
    repository.reset();
    CHECK(runs_in(path) == 8);
}

TEST_CASE("a context may take the repository with it") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    {
        asio::io_context io{1};
        auto repository = sqlite::open(path).value();
        blocking(repository->register_tasks(one_task("t"))).value();
        asio::co_spawn(io, own_and_wait(std::move(repository), 1), asio::detached);
        io.poll_one();
    }
    CHECK(runs_in(path) == 1);
}

TEST_CASE("a context is destroyed at any moment") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    sqlite::options fast;
    fast.durability = sqlite::durability::normal;
    auto repository = sqlite::open(path, fast).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    std::uint64_t n = 0;
    for (int round = 0; round < 300; ++round) {
        asio::io_context io{1};
        for (int i = 0; i < 5; ++i)
            launch<std::vector<begin_answer>>(io, repository->begin_runs(one_begin("t", ++n)));
        // As far as it gets: none handed over, some, all, and some of them done.
        for (int steps = round % 12; steps > 0; --steps) steps < 6 ? io.poll_one() : io.run_one();
    }
    repository.reset();
    CHECK(runs_in(path) > 0);
}

TEST_CASE("the repository is destroyed with calls under way, and they complete") {
    thread_gate g;
    const scratch_folder folder;
    auto repository = sqlite::detail::open_file(folder.path("a.db"), {}, g.seams()).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    asio::io_context io{1};
    const auto answer = launch<std::vector<begin_answer>>(io, repository->begin_runs(one_begin("t", 1)));
    const auto late = launch<std::vector<begin_answer>>(io, repository->begin_runs(one_begin("t", 2)));
    io.poll_one(); // the first is handed over, the second not yet
    repository.reset();
    io.run();
    CHECK(answer->value().value()[0].state == begin_state::recorded);
    CHECK(late->value().error() == errc::store_failed);
}

TEST_CASE("a call that is cancelled completes early") {
    thread_gate g;
    const scratch_folder folder;
    const auto repository = sqlite::detail::open_file(folder.path("a.db"), {}, g.seams()).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    g.set(false);
    asio::io_context io{1};
    asio::cancellation_signal signal;
    auto out = std::make_shared<std::optional<result<std::vector<begin_answer>>>>();
    asio::co_spawn(io, carry<std::vector<begin_answer>>(repository->begin_runs(one_begin("t", 1)), out),
                   asio::bind_cancellation_slot(signal.slot(), asio::detached));
    io.poll();
    g.wait_for_thread();
    signal.emit(asio::cancellation_type::partial); // not enough
    io.poll();
    CHECK_FALSE(out->has_value());
    signal.emit(asio::cancellation_type::terminal);
    io.run();
    REQUIRE(out->has_value());
    CHECK((*out)->error() == asio::error::operation_aborted);
    g.set(true);
    CHECK(blocking(repository->find_run(id(1))).value()); // the work was done all the same
}

TEST_CASE("a cancellation races with the completion") {
    const scratch_folder folder;
    sqlite::options fast;
    fast.durability = sqlite::durability::normal;
    const auto repository = sqlite::open(folder.path("a.db"), fast).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    for (std::uint64_t n = 1; n <= 300; ++n) {
        asio::io_context io{1};
        asio::cancellation_signal signal;
        auto out = std::make_shared<std::optional<result<std::vector<begin_answer>>>>();
        asio::co_spawn(io, carry<std::vector<begin_answer>>(repository->begin_runs(one_begin("t", n)), out),
                       asio::bind_cancellation_slot(signal.slot(), asio::detached));
        io.poll_one();
        for (std::uint64_t i = 0; i < n * 20; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
        signal.emit(asio::cancellation_type::terminal);
        io.run();
        REQUIRE(out->has_value());
        const bool aborted = (*out)->has_error();
        CHECK((!aborted || (*out)->error() == asio::error::operation_aborted));
    }
}

TEST_CASE("contexts on many threads share a repository") {
    const scratch_folder folder;
    sqlite::options fast;
    fast.durability = sqlite::durability::normal;
    const auto repository = sqlite::open(folder.path("a.db"), fast).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    constexpr std::uint64_t threads = 4;
    constexpr std::uint64_t calls = 100;
    std::vector<std::thread> all;
    std::atomic<std::uint64_t> recorded{0};
    for (std::uint64_t t = 0; t < threads; ++t)
        all.emplace_back([&, t] {
            for (std::uint64_t i = 1; i <= calls; ++i) {
                const auto r = blocking(repository->begin_runs(one_begin("t", t * calls + i)));
                if (r && r.value()[0].state == begin_state::recorded) ++recorded;
            }
        });
    for (std::thread& t : all) t.join();
    CHECK(recorded == threads * calls);
    CHECK(blocking(repository->start(at(0))).value() == threads * calls);
}

TEST_SUITE_END();
