// SPDX-License-Identifier: BSL-1.0
#include <core/atomic_lateness.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>

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

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
