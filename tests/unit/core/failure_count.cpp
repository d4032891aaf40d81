// SPDX-License-Identifier: BSL-1.0
#include <rondo/failure_count.hpp>
#include <rondo/record.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>

namespace rondo::test {
namespace {

using std::chrono::seconds;

constexpr auto retried = trigger::retry;

// In seconds; the latest start first.
failure_count::attempt run_of(int slot, int end, outcome how, std::uint32_t number = 1) {
    return {wall_time(seconds(slot)), wall_time(seconds(end)), number,
            number == 1 ? trigger::manual : retried, how};
}

std::uint32_t count(std::initializer_list<failure_count::attempt> all) {
    failure_count c;
    for (const auto& a : all) CHECK(c.take(a));
    return c.failures();
}

TEST_SUITE_BEGIN("core/failure_count");

TEST_CASE("nothing has failed where there is nothing, and what failed counts up to the latest success") {
    using enum outcome;
    CHECK(count({}) == 0);
    CHECK(count({run_of(2, 3, failed), run_of(0, 1, timed_out)}) == 2);
    CHECK(count({run_of(4, 5, failed), run_of(2, 3, success), run_of(0, 1, failed)}) == 1);
    CHECK(count({run_of(4, 5, cancelled), run_of(2, 3, interrupted), run_of(0, 1, failed)}) == 1);
}

TEST_CASE("the order is that of the ends, and of two that end together the later start is the later end") {
    using enum outcome;
    CHECK(count({run_of(2, 3, success), run_of(0, 4, failed)}) == 1);
    CHECK(count({run_of(2, 5, failed), run_of(1, 4, success), run_of(0, 6, success)}) == 0);
    CHECK(count({run_of(2, 4, failed), run_of(0, 4, success)}) == 1);
    CHECK(count({run_of(2, 4, success), run_of(0, 4, failed)}) == 0);
}

TEST_CASE("an attempt that another follows does not count, whoever else has its slot") {
    using enum outcome;
    CHECK(count({run_of(0, 9, failed, 2), run_of(0, 1, failed)}) == 1);
    CHECK(count({run_of(0, 9, cancelled, 2), run_of(0, 1, failed)}) == 0);
    CHECK(count({run_of(0, 9, failed, 2), run_of(0, 5, failed), run_of(0, 1, failed)}) == 2);
    failure_count c;
    CHECK(c.take({wall_time(), {}, 2, retried, {}})); // in flight
    CHECK(c.take(run_of(0, 1, failed)));
    CHECK(c.failures() == 0);
}

TEST_CASE("it looks no further than it has to") {
    failure_count c;
    int n = 1;
    while (c.take(run_of(0, 1, outcome::failed))) ++n;
    CHECK(n == failures_counted_max);
    failure_count d;
    CHECK(d.take(run_of(0, 9, outcome::success)));
    for (n = 1; d.take(run_of(0, 1, outcome::failed));) ++n;
    CHECK(n == 100);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
