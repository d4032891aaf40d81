// SPDX-License-Identifier: BSL-1.0
#include "scarce.hpp"

#include <runtime/body_executor.hpp>

#include <boost/asio/defer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("runtime/body_executor");

namespace {

using namespace rondo;
using namespace rondo::runtime;
using rondo::tests::scarce;
namespace asio = boost::asio;
namespace execution = boost::asio::execution;

using home = asio::io_context::executor_type;
using executor = body_executor<home>;

static_assert(execution::is_executor<executor>::value);
static_assert(execution::is_executor<body_executor<home, true>>::value);
// Whatever Asio asks of them, an `any_io_executor` holds them without memory of its own.
static_assert(sizeof(executor) <= 3 * sizeof(void*));
static_assert(sizeof(body_executor<home, true>) <= 3 * sizeof(void*));

struct moved_clock final : clock {
    instant t{};
    instant now() const noexcept override { return t; }
    steady_time arm(clock_waiter&, steady_time) noexcept override { return steady_time::max(); }
    void disarm(clock_waiter&) noexcept override {}
};

struct long_stretches final : stretch_sink {
    std::vector<std::chrono::nanoseconds> told;
    void on_long_stretch(const stopwatch&, std::chrono::nanoseconds d) noexcept override {
        told.push_back(d);
    }
};

} // namespace

TEST_CASE("handlers of a run are one after the other, and at once where that is allowed") {
    asio::io_context io;
    auto strands = strands_over(io.get_executor());
    auto e = strands->make(std::nullopt);
    std::vector<int> order;
    asio::post(e, [&] {
        asio::post(e, [&] { order.push_back(3); });
        asio::defer(e, [&] { order.push_back(4); });
        asio::dispatch(e, [&] { order.push_back(1); });
        order.push_back(2);
    });
    io.run();
    CHECK(order == std::vector{1, 2, 3, 4});
}

TEST_CASE("what is asked of an executor is so, and it stays that of its run") {
    asio::io_context io;
    auto strands = strands_over(io.get_executor());
    const auto e = strands->make(std::nullopt);
    const auto other = strands->make(std::nullopt);
    const auto never = asio::require(e, execution::blocking.never);
    CHECK(asio::query(e, execution::blocking) == execution::blocking.possibly);
    CHECK(asio::query(never, execution::blocking) == execution::blocking.never);
    const auto next = asio::prefer(never, execution::relationship.continuation);
    CHECK(asio::query(next, execution::relationship) == execution::relationship.continuation);
    CHECK(asio::query(next, execution::blocking) == execution::blocking.never);
    const auto tracked = asio::prefer(next, execution::outstanding_work.tracked);
    CHECK(asio::query(tracked, execution::outstanding_work) == execution::outstanding_work.tracked);
    CHECK(asio::query(tracked, execution::blocking) == execution::blocking.never);
    CHECK(asio::query(e, execution::outstanding_work) == execution::outstanding_work.untracked);
    CHECK(&asio::query(tracked, execution::context) == &io);
    CHECK(e != other);
    CHECK(asio::prefer(never, execution::blocking.possibly) == e);
}

TEST_CASE("a guard of work keeps the context running, a copy does not") {
    asio::io_context io;
    auto strands = strands_over(io.get_executor());
    const auto copy = strands->make(std::nullopt);
    CHECK(io.poll() == 0);
    CHECK(io.stopped());
    io.restart();
    std::optional<asio::executor_work_guard<asio::any_io_executor>> guard(copy);
    auto second = *guard;
    guard.reset();
    CHECK(io.poll() == 0);
    CHECK(!io.stopped());
    second.reset();
    CHECK(io.poll() == 0);
    CHECK(io.stopped());
}

TEST_CASE("a strand serves another run when nobody has an executor of the first any more") {
    asio::io_context io;
    auto strands = strands_over(io.get_executor());
    std::optional first(strands->make(std::nullopt));
    std::vector<int> order;
    asio::post(*first, [&, keeps = *first] {
        order.push_back(1);
        auto second = strands->make(std::nullopt); // not the same: this handler is still in it
        CHECK(second != keeps);
        asio::dispatch(second, [&] { order.push_back(2); }); // so it need not wait
        order.push_back(3);
    });
    first.reset();
    io.run();
    CHECK(order == std::vector{1, 2, 3});
    // The next ones do as they should, whoever had them before.
    for (int i = 0; i != 3; ++i) {
        auto e = strands->make(std::nullopt);
        io.restart();
        asio::post(e, [&order, i] { order.push_back(10 + i); });
        io.run();
    }
    CHECK(order == std::vector{1, 2, 3, 10, 11, 12});
}

TEST_CASE("a strand serves no other run while a handler of the first is in it") {
    asio::io_context io;
    auto strands = strands_over(io.get_executor());
    std::vector<int> order;
    asio::post(strands->make(std::nullopt), [&] { // its executor is gone at once
        auto second = strands->make(std::nullopt);
        asio::dispatch(second, [&] { order.push_back(1); });
        order.push_back(2);
    });
    auto third = strands->make(std::nullopt);
    asio::post(third, [&] { order.push_back(3); });
    io.run();
    CHECK(order == std::vector{1, 2, 3});
}

TEST_CASE("what counts as work counts until its strand is gone") {
    static_assert(std::is_nothrow_copy_constructible_v<body_executor<home, true>>);
    asio::io_context io;
    auto strands = strands_over(io.get_executor());
    auto first = asio::prefer(strands->make(std::nullopt), execution::outstanding_work.tracked);
    auto second = asio::prefer(strands->make(std::nullopt), execution::outstanding_work.tracked);
    const auto other = second;
    first = second; // and the work of the first run is done
    CHECK(first == other);
    second = asio::any_io_executor();
    CHECK(io.poll() == 0);
    CHECK(!io.stopped());
    first = asio::any_io_executor();
    CHECK(io.poll() == 0);
    CHECK(!io.stopped()); // there is the other
}

TEST_CASE("a handler that no memory could be found for is gone, and its strand serves another run") {
    asio::io_context io;
    auto strands = strands_over(scarce(io.get_executor()));
    auto held = std::make_shared<int>(1);
    {
        auto e = strands->make(std::nullopt);
        scarce::none_left = true;
        CHECK_THROWS_AS(asio::post(e, [held] {}), std::bad_alloc);
        scarce::none_left = false;
    }
    CHECK(held.use_count() == 1);
    bool ran = false;
    asio::post(strands->make(std::nullopt), [&] { ran = true; });
    io.run();
    CHECK(ran);
}

TEST_CASE("each run has its own stopwatch, or none") {
    asio::io_context io;
    auto strands = strands_over(io.get_executor());
    auto sink = std::make_shared<long_stretches>();
    auto time = std::make_shared<moved_clock>();
    auto take_long = [&] { time->t.steady += std::chrono::seconds(2); };
    for (int i = 0; i != 3; ++i) {
        const bool timed = i != 1;
        std::optional<stopwatch> watch;
        if (timed) watch.emplace(sink, time, nullptr, std::chrono::seconds(1));
        io.restart();
        asio::post(strands->make(std::move(watch)), take_long);
        io.run();
    }
    CHECK(sink->told == std::vector<std::chrono::nanoseconds>(2, std::chrono::seconds(2)));
}

TEST_CASE("once the context goes down no strand is kept, and those that are out go with their executors") {
    std::optional<asio::io_context> io(std::in_place);
    auto strands = strands_over(io->get_executor());
    std::optional out(strands->make(std::nullopt));
    (void)strands->make(std::nullopt);
    strands->close();
    out.reset();
    io.reset(); // the sanitizers see a strand that would outlive it
    strands.reset();
    CHECK(!out);
}

TEST_CASE("the executor of any other context will do") {
    asio::io_context io;
    auto strands = strands_over(asio::make_strand(io));
    auto e = asio::prefer(strands->make(std::nullopt), execution::outstanding_work.tracked);
    int ran = 0;
    asio::post(e, [&] { ++ran; });
    e = asio::any_io_executor();
    io.run();
    CHECK(ran == 1);
}

TEST_CASE("spare blocks are given out again, those of another size are not kept") {
    const spare_blocks::owner owned = spare_blocks::open();
    spare_blocks& blocks = *owned;
    void* first = blocks.take(64);
    void* odd = blocks.take(32);
    blocks.give_back(first, 64);
    blocks.give_back(odd, 32);
    void* again = blocks.take(64);
    if (spares_max > 0) CHECK(again == first);
    void* fresh = blocks.take(64);
    CHECK(fresh != again);
    blocks.give_back(again, 64);
    blocks.give_back(fresh, 64);
    std::vector<void*> many(2 * spares_max + 2);
    for (void*& p : many) p = blocks.take(64);
    for (void* p : many) blocks.give_back(p, 64); // the rest goes to the heap: the sanitizers see if not
    spare_blocks::owner counted = spare_blocks::open();
    spare_allocator<std::vector<int>> allocator(*counted);
    auto shared = std::allocate_shared<std::vector<int>>(allocator, 3, 7);
    auto other = std::allocate_shared<std::vector<int>>(allocator, 1, 5);
    other.reset();
    counted.reset(); // they live for as long as what they gave out
    CHECK(shared->at(2) == 7);
}

TEST_SUITE_END();
