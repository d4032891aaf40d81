// SPDX-License-Identifier: BSL-1.0
// Ends and begins that join a call while its transaction is open.
#include <repository/sqlite/open_file.hpp>

#include <repository/blocking.hpp>
#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>
#include <repository/thread_gate.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <optional>
#include <ostream>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/sqlite_joining");

namespace {

using namespace rondo;
using namespace rondo::testing;
namespace asio = boost::asio;

/// Tasks "t" and "damaged", of which only the first can be used; runs 1 and 2 of it are in flight.
struct joined_call {
    joined_call() {
        {
            const auto first = sqlite::open(path).value();
            blocking(first->register_tasks(one_task("t"))).value();
            for (std::uint64_t n : {1, 2}) blocking(first->begin_runs(one_begin("t", n))).value();
        }
        raw_database(path).execute(add_damaged_task);
        repository = sqlite::detail::open_file(path, {}, g.seams()).value();
        g.set(false);
    }
    asio::awaitable<void> record(std::vector<finish_request> ended, std::vector<begin_request> begun) {
        seen = co_await repository->record_runs(std::move(ended), std::move(begun), more);
    }
    /// The call, which stands before its transaction.
    void launch(std::vector<finish_request> ended, std::vector<begin_request> begun) {
        asio::co_spawn(io, record(std::move(ended), std::move(begun)), asio::detached);
        io.poll();
        g.wait_for_thread();
    }
    [[nodiscard]] bool join(std::vector<finish_request> ended, std::vector<begin_request> begun) const {
        joining_runs::part p{std::move(ended), std::move(begun)};
        return more->join(p);
    }
    void end() {
        g.set(true);
        io.run();
    }
    [[nodiscard]] bool on_record(std::uint64_t n) const {
        return blocking(repository->find_run(id(n))).value().has_value();
    }
    [[nodiscard]] bool ended(std::uint64_t n) const {
        return blocking(repository->find_run(id(n))).value()->outcome.has_value();
    }

    thread_gate g;
    scratch_folder folder;
    std::string path = folder.path("a.db");
    std::shared_ptr<sqlite::database> repository;
    asio::io_context io{1};
    std::shared_ptr<joining_runs> more = std::make_shared<joining_runs>();
    std::optional<recorded_runs> seen;
};

} // namespace

TEST_CASE("what joins is in the transaction of the call, and answered behind it") {
    joined_call c;
    c.launch(one_end("t", 1), {});
    CHECK(c.join({}, one_begin("t", 3)));
    CHECK(c.join(one_end("t", 2), one_begin("t", 4)));
    c.end();
    CHECK(c.g.transactions == 1);
    REQUIRE(c.seen->finished.value().size() == 2);
    for (const finish_state s : c.seen->finished.value()) CHECK(s == finish_state::recorded);
    REQUIRE(c.seen->begun.value().size() == 2);
    CHECK(c.seen->begun.value()[0].token == 3);
    CHECK(c.seen->begun.value()[1].token == 4);
    CHECK(c.ended(1));
    CHECK(c.ended(2));
    CHECK(c.on_record(4));
    CHECK_FALSE(c.join({}, one_begin("t", 5))); // it is over
    CHECK_FALSE(c.on_record(5));
}

TEST_CASE("if a part fails that has joined, so does its half, and the other has all of its parts") {
    for (const bool begins_fail : {true, false}) {
        CAPTURE(begins_fail);
        joined_call c;
        c.launch(one_end("t", 1), one_begin("t", 3));
        auto end = one_end("t", 2);
        if (!begins_fail) end[0].run.outcome.reset();
        CHECK(c.join(std::move(end), one_begin(begins_fail ? "damaged" : "t", 4)));
        CHECK(c.join({}, one_begin("t", 5)));
        c.end();
        CHECK(c.g.transactions == 3); // together, and each half alone
        CHECK(c.seen->finished.has_value() == begins_fail);
        CHECK(c.seen->begun.has_value() == !begins_fail);
        if (begins_fail) {
            CHECK(c.seen->finished.value().size() == 2);
            CHECK(c.seen->begun.error() == errc::store_corrupt);
        } else {
            CHECK(c.seen->finished.error() == errc::invalid_option);
            CHECK(c.seen->begun.value().size() == 3);
        }
        for (std::uint64_t n : {1, 2}) CHECK(c.ended(n) == begins_fail);
        for (std::uint64_t n : {3, 4, 5}) CHECK(c.on_record(n) == !begins_fail);
    }
}

TEST_CASE("what has joined a call that fails before it comes to it is not forgotten") {
    joined_call c;
    c.launch(one_end("t", 1), one_begin("damaged", 3));
    CHECK(c.join(one_end("t", 2), one_begin("t", 4)));
    c.end();
    CHECK(c.g.transactions == 3);
    CHECK(c.seen->finished.value().size() == 2);
    CHECK(c.seen->begun.error() == errc::store_corrupt);
    CHECK(c.ended(1));
    CHECK(c.ended(2));
    CHECK_FALSE(c.on_record(4));
    CHECK_FALSE(c.join({}, one_begin("t", 5)));
}

TEST_CASE("what has joined a call that is given up is recorded with it") {
    joined_call c;
    asio::cancellation_signal signal;
    asio::co_spawn(c.io, c.record(one_end("t", 1), {}),
                   asio::bind_cancellation_slot(signal.slot(), asio::detached));
    c.io.poll();
    c.g.wait_for_thread();
    CHECK(c.join(one_end("t", 2), one_begin("t", 3)));
    signal.emit(asio::cancellation_type::terminal);
    c.end();
    blocking(c.repository->users()).value(); // behind it
    CHECK(c.ended(1));
    CHECK(c.ended(2));
    CHECK(c.on_record(3));
}

TEST_SUITE_END();
