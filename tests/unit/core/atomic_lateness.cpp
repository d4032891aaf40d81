// SPDX-License-Identifier: BSL-1.0
#include <core/atomic_lateness.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace rondo::core {
namespace {

using namespace std::chrono_literals;

TEST_SUITE_BEGIN("core/atomic_lateness");

TEST_CASE("the latest counts, and the worst, in whole microseconds, none of them early") {
    atomic_lateness l;
    CHECK(l.load() == lateness{});
    l.note(1999ns);
    CHECK(l.load() == lateness{1us, 1us});
    l.note(3ms);
    CHECK(l.load() == lateness{3ms, 3ms});
    l.note(2ms);
    CHECK(l.load() == lateness{2ms, 3ms});
    l.note(-1ns);
    CHECK(l.load() == lateness{0us, 3ms});
    l.note(-5s);
    CHECK(l.load() == lateness{0us, 3ms});
}

TEST_CASE("nobody sees a latest that is worse than the worst, and of two who note neither is lost") {
    atomic_lateness l;
    std::atomic<bool> over = false;
    const auto note_all = [&l](int first) {
        for (int i = first; i <= 100'000; i += 2) l.note(std::chrono::microseconds(i));
    };
    bool worse = false;
    std::thread reader([&] {
        while (!over) {
            const lateness seen = l.load();
            worse = worse || seen.last > seen.max;
        }
    });
    std::thread odd([&] { note_all(1); });
    std::thread even([&] { note_all(2); });
    odd.join();
    even.join();
    over = true;
    reader.join();
    CHECK_FALSE(worse);
    CHECK(l.load().max == 100'000us);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
