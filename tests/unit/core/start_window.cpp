// SPDX-License-Identifier: BSL-1.0
#include <core/start_window.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

namespace rondo::core {
namespace {

using namespace std::chrono_literals;

constexpr steady_time base{1000s};

void start(start_window& w, steady_time t) {
    w.begin();
    w.started(t);
}

TEST_SUITE_BEGIN("core/start_window");

TEST_CASE("without a limit it is always open") {
    start_window w;
    for (int i = 0; i != 1000; ++i) start(w, base);
    CHECK(w.open(base));
    CHECK(w.opens_at(base) == base);
}

TEST_CASE("it opens when the first of those that count is a whole length ago") {
    start_window w;
    w.set(2, 10s);
    start(w, base);
    start(w, base + 4s);
    CHECK(!w.open(base + 4s));
    CHECK(w.count(base + 4s) == 2);
    CHECK(w.opens_at(base + 4s) == base + 10s);
    CHECK(!w.open(base + 10s - 1ns));
    CHECK(w.open(base + 10s));
    start(w, base + 10s);
    CHECK(w.opens_at(base + 10s) == base + 14s);
}

TEST_CASE("what begins counts until it is known that it will not start") {
    start_window w;
    w.set(1, 10s);
    w.begin();
    CHECK(!w.open(base + 1h));
    CHECK(w.opens_at(base) == steady_time::max());
    w.will_not_start();
    CHECK(w.open(base));
    w.begin();
    w.started(base + 3s);
    CHECK(w.opens_at(base + 3s) == base + 13s);
}

TEST_CASE("a lower limit counts what has started, a new one what begins") {
    start_window w;
    w.set(3, 10s);
    for (auto t : {0s, 1s, 2s}) start(w, base + t);
    w.set(1, 10s);
    CHECK(w.opens_at(base + 2s) == base + 12s);
    start_window late;
    late.begin();
    late.set(1, 10s);
    CHECK(!late.open(base));
    late.started(base);
    CHECK(late.opens_at(base) == base + 10s);
}

TEST_CASE("no stretch of its length has more starts than allowed, and each place is used") {
    std::mt19937 random(7);
    for (std::size_t most : {1u, 2u, 7u, 100u}) {
        start_window w;
        w.set(most, 1s);
        std::vector<steady_time> starts;
        steady_time now = base;
        for (int i = 0; i != 5000; ++i) {
            now += std::chrono::milliseconds(random() % 40);
            auto counting =
                static_cast<std::size_t>(std::ranges::count_if(starts, [&](auto t) { return now - t < 1s; }));
            REQUIRE(w.open(now) == (counting < most));
            if (!w.open(now)) {
                REQUIRE(w.opens_at(now) == starts[starts.size() - most] + 1s);
                continue;
            }
            start(w, now);
            starts.push_back(now);
        }
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
