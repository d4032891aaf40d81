// SPDX-License-Identifier: BSL-1.0
#include <rondo/schedule.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>

namespace rondo {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration;

constexpr wall_time base = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);

TEST_SUITE_BEGIN("public/schedule");

TEST_CASE("intervals of a microsecond to a century are valid") {
    for (const schedule& s :
         {every(1us), every(1s), every(interval_max), every(1500ns), every(0.5s),
          every(duration<float>(2.5f)), every_after(std::chrono::years(100)), every_after(1us)})
        CHECK(s.valid());
    CHECK(every(1500ns).interval() == 1us);
    CHECK(every(0.5s).interval() == 500ms);
    CHECK(every(std::chrono::days(2)) == every(48h));
}

TEST_CASE("intervals that are zero, negative, endless or no number are invalid") {
    constexpr double endless = std::numeric_limits<double>::infinity();
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    for (const schedule& s :
         {every(0s), every(-1s), every(-1us), every(999ns), every(interval_max + 1us),
          every(std::chrono::hours::max()), every(std::chrono::hours::min()),
          every(std::chrono::nanoseconds::min()), every(std::chrono::microseconds::max()),
          every(duration<double>(endless)), every(duration<double>(-endless)), every(duration<double>(nan)),
          every(duration<double>(1e300)), every(duration<float, std::nano>(0.4f)), every_after(0us),
          every_after(std::chrono::microseconds::min()), every_after(duration<double>(nan)),
          every(duration<std::uint64_t>(std::numeric_limits<std::uint64_t>::max()))})
        CHECK(!s.valid());
}

TEST_CASE("interval_once gives once") {
    CHECK(every(interval_once) == once());
    CHECK(once().valid());
    CHECK(!once().recurring());
    CHECK(!once().interval());
}

TEST_CASE("an instant is valid from the year 1 to 9999") {
    CHECK(at(wall_time_first).valid());
    CHECK(at(wall_time_last).valid());
    CHECK(!at(wall_time_first - 1us).valid());
    CHECK(!at(wall_time_last + 1us).valid());
    CHECK(!at(wall_time::min()).valid());
    CHECK(!at(wall_time::max()).valid());
    CHECK(at(base).when() == base);
    CHECK(!every(1s).when());
}

TEST_CASE("the text is canonical") {
    CHECK(every(6h).text() == "every 6h");
    CHECK(every(360min).text() == "every 6h");
    CHECK(every_after(90s).text() == "every_after 90s");
    CHECK(once().text() == "once");
    CHECK(at(base + 1us).text() == "at 2024-01-01T00:00:00.000001Z");
}

TEST_CASE("the next slot is the first on the grid that is later") {
    CHECK(every(10s).next_after(base - 1h, base) == moment(base));
    CHECK(every(10s).next_after(base - 1us, base) == moment(base));
    CHECK(every(10s).next_after(base, base) == moment(base + 10s));
    CHECK(every(10s).next_after(base + 9s, base) == moment(base + 10s));
    CHECK(every(10s).next_after(base + 10s, base) == moment(base + 20s));
    CHECK(every(1us).next_after(wall_time_last, wall_time_first) == moment());
    CHECK(once().next_after(base - 1us, base) == moment(base));
    CHECK(once().next_after(base, base) == moment());
    CHECK(at(base + 1h).next_after(base, base) == moment(base + 1h));
    CHECK(at(base + 1h).next_after(base + 1h, base) == moment());
    CHECK(every_after(10s).next_after(base, base) == moment());
}

TEST_CASE("what is made of constants needs no manager") {
    CHECK(every(10s).valid());
    CHECK(!every(std::chrono::hours::max()).valid());
    CHECK(at(base).type() == schedule::kind::at);
    static_assert(first_run(base).when() == base);
    static_assert(immediately.type() == first_run::kind::immediately);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo
