// SPDX-License-Identifier: BSL-1.0
#include <rondo/calendar_interval.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

namespace rondo {
namespace {

using namespace std::chrono;

std::vector<wall_time> first(const schedule& s, wall_time from, std::size_t n) {
    std::vector<wall_time> found;
    for (moment t = s.next_after(from, {}); t && found.size() != n; t = s.next_after(*t, {}))
        found.push_back(*t);
    return found;
}

constexpr wall_time base = sys_days(2025y / January / 1);

TEST_SUITE_BEGIN("public/calendar_interval");

TEST_CASE("every second week on Monday and Thursday at nine") {
    schedule s =
        every_weeks(2).on(Monday).on(Thursday).at(9h).from(2025y / January / 8).zone("Europe/Brussels");
    CHECK(first(s, base, 4) ==
          std::vector<wall_time>{sys_days(2025y / January / 6) + 8h, sys_days(2025y / January / 9) + 8h,
                                 sys_days(2025y / January / 20) + 8h, sys_days(2025y / January / 23) + 8h});
    // The week is counted on the calendar, so the change of the clocks moves nothing.
    CHECK(first(s, sys_days(2025y / March / 29), 1) ==
          std::vector<wall_time>{sys_days(2025y / March / 31) + 7h});
    CHECK(s.count(base, sys_days(2025y / December / 31), {}) == 52);
}

TEST_CASE("the last working day of each month, at two times") {
    schedule s = every_months(1).on_last_working_day().at(12h).at(17h + 30min);
    CHECK(first(s, sys_days(2025y / May / 1), 3) ==
          std::vector<wall_time>{sys_days(2025y / May / 30) + 12h, sys_days(2025y / May / 30) + 17h + 30min,
                                 sys_days(2025y / June / 30) + 12h});
}

TEST_CASE("days, quarters and leap days") {
    CHECK(first(every_days(10).from(2025y / January / 5), base, 3) ==
          std::vector<wall_time>{sys_days(2025y / January / 5), sys_days(2025y / January / 15),
                                 sys_days(2025y / January / 25)});
    CHECK(first(every_months(3).on(Tuesday[2]).from(2025y / February / 1), base, 2) ==
          std::vector<wall_time>{sys_days(2025y / February / 11), sys_days(2025y / May / 13)});
    CHECK(first(every_years(1).in(February).on(29d), base, 2) ==
          std::vector<wall_time>{sys_days(2028y / February / 29), sys_days(2032y / February / 29)});
    CHECK(first(every_years(1).in(November).on(Thursday[last]), base, 1) ==
          std::vector<wall_time>{sys_days(2025y / November / 27)});
    CHECK(first(every_years(4).in(February).on(29d).from(2025y / January / 1), base, 1).empty());
    CHECK(first(every_weeks(1), base, 1) == std::vector<wall_time>{sys_days(2025y / January / 6)});
}

TEST_CASE("what makes no sense is refused") {
    for (const schedule& s :
         {schedule(every_days(0)), schedule(every_weeks(1'001)), schedule(every_days(2).on(Monday)),
          schedule(every_weeks(2).on(1d)), schedule(every_weeks(2).on(Monday[1])),
          schedule(every_months(1).on(0d)), schedule(every_months(1).on(32d)),
          schedule(every_months(1).at(24h)), schedule(every_months(1).in(May)),
          schedule(every_years(1).in(month(13))), schedule(every_weeks(1).from(2025y / February / 30)),
          schedule(every_weeks(1).from(10000y / 1 / 1)), schedule(every_weeks(1).zone("nowhere")),
          schedule(every_months(1).on(weekday(9)))}) {
        CAPTURE(s.text());
        CHECK_FALSE(s.problem().empty());
        CHECK(s.next_after(base, {}) == moment());
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo
