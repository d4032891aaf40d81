// SPDX-License-Identifier: BSL-1.0
#include <rondo/testing/virtual_clock.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

namespace rondo::tests {
namespace {

using namespace std::chrono_literals;

struct waiter final : clock_waiter {
    std::string* woken = nullptr;
    char name = '?';

    void wake() noexcept override { *woken += name; }
};

/// Four of them, whose places in memory are in the order of their names.
struct queue {
    std::string woken;
    std::array<waiter, 4> waiters;
    testing::virtual_clock clock;

    queue() {
        for (std::size_t i = 0; i != waiters.size(); ++i) {
            waiters[i].woken = &woken;
            waiters[i].name = static_cast<char>('a' + i);
        }
    }
    void arm(std::size_t i, std::chrono::nanoseconds after) {
        (void)clock.arm(waiters[i], clock.now().steady + after);
    }
};

} // namespace

TEST_SUITE_BEGIN("testing/virtual_clock");

TEST_CASE(
    "a leap wakes in the order of the deadlines, and who waits for the same in that in which they came") {
    queue q;
    q.arm(2, 1s);
    q.arm(3, 3s);
    q.arm(1, 1s);
    q.arm(0, 2s);
    q.clock.advance(2s);
    CHECK(q.woken == "cba");
    q.clock.advance(1s);
    CHECK(q.woken == "cbad");
}

TEST_CASE("who arms again goes behind those who wait for the same") {
    queue q;
    q.arm(0, 1s);
    q.arm(1, 1s);
    q.arm(0, 1s);
    q.clock.advance(1s);
    CHECK(q.woken == "ba");
}

TEST_CASE("setting the wall clock wakes everybody in the same order") {
    queue q;
    q.arm(2, 2s);
    q.arm(1, 1s);
    q.arm(0, 2s);
    q.clock.disarm(q.waiters[2]);
    q.arm(3, 2s);
    q.clock.set_wall(q.clock.now().wall + 1h);
    CHECK(q.woken == "bad");
    q.clock.advance(1h);
    CHECK(q.woken == "bad");
}

TEST_SUITE_END();

} // namespace rondo::tests
