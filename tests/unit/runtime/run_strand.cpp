// SPDX-License-Identifier: BSL-1.0
#include "scarce.hpp"

#include <runtime/body_executor.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("runtime/run_strand");

namespace {

using namespace rondo;
using namespace rondo::runtime;
using rondo::tests::scarce;
namespace asio = boost::asio;

/// A strand on a loop that may find no memory.
struct scarce_world {
    asio::io_context io;
    std::shared_ptr<strand_source> strands = strands_over(scarce(io.get_executor()));
    asio::any_io_executor e = strands->make(std::nullopt);
    std::vector<int> order;

    ~scarce_world() { scarce::none_left = false; }
    void add(int i) {
        asio::post(e, [this, i] { order.push_back(i); });
    }
};

} // namespace

TEST_CASE("a function that finds no memory is not taken in, and its strand goes on") {
    scarce_world w;
    auto held = std::make_shared<int>(1);
    scarce::none_left = true;
    CHECK_THROWS_AS(asio::post(w.e, [held] {}), std::bad_alloc);
    CHECK(held.use_count() == 1);
    scarce::none_left = false;
    w.add(1);
    w.add(2);
    w.io.run();
    CHECK(w.order == std::vector{1, 2});
}

TEST_CASE("without memory for another turn the one that is there goes on") {
    scarce_world w;
    asio::post(w.e, [&] {
        w.add(1);
        scarce::none_left = true;
    });
    w.io.run();
    CHECK(w.order == std::vector{1});
}

TEST_CASE("a function that throws leaves the others their turn") {
    scarce_world w;
    asio::post(w.e, [] { throw std::runtime_error("thrown"); });
    w.add(1);
    w.add(2);
    CHECK_THROWS_AS(w.io.run(), std::runtime_error);
    CHECK(w.order.empty());
    w.io.run();
    CHECK(w.order == std::vector{1, 2});
}

TEST_CASE("those it leaves without memory for a turn have that of the next who comes") {
    scarce_world w;
    asio::post(w.e, [] {
        scarce::none_left = true;
        throw std::runtime_error("thrown");
    });
    w.add(1);
    CHECK_THROWS_AS(w.io.run(), std::runtime_error);
    scarce::none_left = false;
    w.io.restart();
    CHECK(w.io.run() == 0);
    w.add(2);
    w.io.restart();
    w.io.run();
    CHECK(w.order == std::vector{1, 2});
}

TEST_CASE("a function that throws where it was brought is not there any more, and its strand goes on") {
    asio::io_context io;
    auto strands = strands_over(io.get_executor());
    auto e = strands->make(std::nullopt);
    int ran = 0;
    for (bool inside : {false, true}) {
        CAPTURE(inside);
        asio::post(inside ? e : asio::any_io_executor(io.get_executor()), [&, inside] {
            asio::dispatch(e, [&] { ++ran; });
            if (inside)
                asio::dispatch(e, [] { throw std::runtime_error("thrown"); });
            else
                asio::dispatch(strands->make(std::nullopt), [] { throw std::runtime_error("thrown"); });
        });
        CHECK_THROWS_AS(io.run(), std::runtime_error);
        asio::post(e, [&] { ++ran; });
        io.restart();
        io.run();
        io.restart();
    }
    CHECK(ran == 4);
}

TEST_CASE("who is on two strands is on each of them") {
    asio::io_context io;
    auto strands = strands_over(io.get_executor());
    auto outer = strands->make(std::nullopt);
    auto inner = strands->make(std::nullopt);
    std::vector<int> order;
    asio::post(outer, [&] {
        asio::dispatch(inner, [&] {
            asio::dispatch(outer, [&] { order.push_back(1); });
            asio::dispatch(inner, [&] { order.push_back(2); });
            order.push_back(3);
        });
        order.push_back(4);
    });
    io.run();
    CHECK(order == std::vector{1, 2, 3, 4});
}

TEST_CASE("functions of many threads run one after the other, those of each in their order") {
    constexpr int threads = 3;
    constexpr int each = 20'000;
    asio::io_context io;
    auto strands = strands_over(io.get_executor());
    auto e = strands->make(std::nullopt);
    std::array<int, threads> next{};
    bool in_order = true;
    {
        std::vector<std::jthread> running;
        const auto work = asio::make_work_guard(io);
        for (int t = 0; t != 2; ++t) running.emplace_back([&] { io.run(); });
        std::vector<std::jthread> posting;
        for (int t = 0; t != threads; ++t)
            posting.emplace_back([&, t] {
                for (int i = 0; i != each; ++i)
                    asio::post(
                        e, [&, t, i] { in_order = in_order && next[static_cast<std::size_t>(t)]++ == i; });
            });
    }
    CHECK(in_order);
    for (int n : next) CHECK(n == each);
}

TEST_CASE("a strand whose source goes lives until its turn is over") {
    asio::io_context io;
    const auto work = asio::make_work_guard(io);
    std::atomic<int> runs = 0;
    std::jthread running([&] { io.run(); });
    for (int i = 0; i != 2'000; ++i) { // the sanitizers see what is touched too late
        auto strands = strands_over(io.get_executor());
        auto e = strands->make(std::nullopt);
        std::atomic<bool> ran = false;
        asio::post(e, [&] {
            ++runs;
            ran = true;
        });
        while (!ran) {
        }
        e = {};
        strands->close();
    }
    io.stop();
    CHECK(runs == 2'000);
}

TEST_CASE("what waits there when the context goes down is let go of, whatever it holds") {
    for (bool gone : {false, true}) {
        CAPTURE(gone);
        std::optional<asio::io_context> io(std::in_place);
        auto strands = strands_over(io->get_executor());
        auto held = std::make_shared<int>(1);
        {
            auto e = strands->make(std::nullopt);
            asio::post(e, [held, e] {});
            asio::post(e, [held, e] {});
        }
        CHECK(held.use_count() == 3);
        if (gone) {
            strands->outlive(); // who made it goes
            strands.reset();
            CHECK(held.use_count() == 3);
        } else {
            strands->drop();
            CHECK(held.use_count() == 1);
        }
        io.reset();
        CHECK(held.use_count() == 1);
    }
}

TEST_CASE("once its context goes down a strand takes nothing more") {
    asio::io_context io;
    auto strands = strands_over(io.get_executor());
    auto e = strands->make(std::nullopt);
    strands->drop();
    auto held = std::make_shared<int>(1);
    bool ran = false;
    asio::post(e, [&ran, held] { ran = true; });
    CHECK(held.use_count() == 1);
    io.run();
    CHECK(!ran);
}

TEST_SUITE_END();
