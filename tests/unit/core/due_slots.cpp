// SPDX-License-Identifier: BSL-1.0
#include <core/due_slots.hpp>

#include <ostream>

#include <doctest/doctest.h>

namespace rondo::core {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t second = 1'000'000'000;
constexpr wall_time base = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);

TEST_SUITE_BEGIN("core/due_slots");

TEST_CASE("the slots of a grid are counted") {
    struct row {
        std::int64_t late; // nanoseconds after the first
        std::uint64_t before;
    };
    for (const row& r : {row{0, 0}, row{1, 0}, row{10 * second - 1, 0}, row{10 * second, 1},
                         row{10 * second + 1, 1}, row{35 * second, 3}, row{10'000'000 * second, 1'000'000}}) {
        CAPTURE(r.late);
        due_slots found = count_due(every(10s), {base, 500 * second}, 500 * second + r.late, base);
        auto n = static_cast<std::int64_t>(r.before);
        CHECK(found.before == r.before);
        CHECK(found.latest.slot == base + n * 10s);
        CHECK(found.latest.due == (500 + n * 10) * second);
        CHECK(found.before_last == found.latest.slot - 10s);
        CHECK(found.more);
        CHECK(found.next.slot == found.latest.slot + 10s);
        CHECK(found.next.due == found.latest.due + 10 * second);
    }
}

TEST_CASE("any other schedule has one slot at a time") {
    for (const schedule& when : {once(), at(base), every_after(1us)}) {
        due_slots found = count_due(when, {base, 5}, 1'000'000 * second, base);
        CHECK(found.latest.slot == base);
        CHECK(found.latest.due == 5);
        CHECK(found.before == 0);
        CHECK(!found.more);
    }
}

TEST_CASE("the extremes do not overflow") {
    std::int64_t far = std::chrono::nanoseconds(std::chrono::years(150)).count();
    due_slots most = count_due(every(1us), {base, -far}, second, base);
    CHECK(most.before == static_cast<std::uint64_t>((far + second) / 1000));
    due_slots longest = count_due(every(interval_max), {base, -far}, second, base);
    CHECK(longest.before == 1);
    CHECK(longest.next.slot == base + 2 * interval_max);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
