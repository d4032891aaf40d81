// SPDX-License-Identifier: BSL-1.0
#include <cron/days.hpp>

#include "instants.hpp"

#include <bit>

namespace rondo::crontab {
namespace {

std::string days_of(std::string_view text, int year, int month) {
    std::string found;
    for (auto bits = matching_days(fields_of(text), shape_of(year, month)); bits != 0; bits &= bits - 1)
        found += (found.empty() ? "" : " ") + std::to_string(std::countr_zero(bits));
    return found;
}

struct month_case {
    std::string text;
    int year;
    int month;
    std::string expected;
};

void check(const std::vector<month_case>& cases) {
    for (const auto& c : cases) {
        INFO(c.text, " in ", c.year, "-", c.month);
        CHECK(days_of("0 0 " + c.text, c.year, c.month) == c.expected);
    }
}

TEST_SUITE_BEGIN("cron/days");

TEST_CASE("each fourth year is a leap year, but of the hundreds each fourth") {
    for (int year : {1972, 2000, 2024, 2096, 2104, 2400}) CHECK(is_leap(year));
    for (int year : {1970, 1900, 2023, 2100, 2200, 2300}) CHECK_FALSE(is_leap(year));
}

TEST_CASE("months have their lengths") {
    const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; ++month) {
        CHECK(month_length(2023, month) == lengths[month - 1]);
        CHECK(month_length(2100, month) == lengths[month - 1]);
        CHECK(month_length(2024, month) == lengths[month - 1] + (month == 2 ? 1 : 0));
    }
}

TEST_CASE("days of the week go on through all months") {
    CHECK(weekday_of(days_to(1970, 1, 1)) == 4);
    CHECK(weekday_of(days_to(1969, 12, 31)) == 3);
    CHECK(weekday_of(days_to(2000, 2, 29)) == 2);
    CHECK(weekday_of(days_to(1, 1, 1)) == 1);
    auto day = days_to(1899, 1, 1);
    int weekday = weekday_of(day);
    for (int year = 1899; year <= 2105; ++year)
        for (int month = 1; month <= 12; ++month) {
            CHECK(days_to(year, month, 1) == day);
            CHECK(shape_of(year, month).first_weekday == weekday);
            day += month_length(year, month);
            weekday = (weekday + month_length(year, month)) % 7;
        }
}

TEST_CASE("days that a month does not have are left out") {
    check({{"28-31 * *", 2023, 2, "28"},
           {"28-31 * *", 2024, 2, "28 29"},
           {"28-31 * *", 2100, 2, "28"},
           {"28-31 * *", 2023, 4, "28 29 30"},
           {"31 * *", 2023, 4, ""},
           {"31 1,3 *", 2023, 5, ""}});
}

TEST_CASE("L counts from the last day") {
    check({{"L * *", 2023, 2, "28"},
           {"L * *", 2024, 2, "29"},
           {"L * *", 2100, 2, "28"},
           {"L,L-1 * *", 2024, 12, "30 31"},
           {"L-27 * *", 2023, 2, "1"},
           {"L-28 * *", 2023, 2, ""},
           {"L-28 * *", 2024, 2, "1"},
           {"L-30 * *", 2023, 4, ""},
           {"L-30 * *", 2023, 5, "1"}});
}

TEST_CASE("W is the nearest working day, and stays within the month") {
    // 2022-10-01 and 2022-12-31 are Saturdays, 2023-01-01 and 2022-07-31 are Sundays.
    check({{"1W * *", 2022, 10, "3"},
           {"1W * *", 2023, 1, "2"},
           {"1W * *", 2023, 2, "1"},
           {"15W * *", 2022, 10, "14"},
           {"16W * *", 2022, 10, "17"},
           {"31W * *", 2022, 12, "30"},
           {"31W * *", 2022, 7, "29"},
           {"31W * *", 2022, 6, ""},
           {"29W * *", 2023, 2, ""},
           {"1W,15W * *", 2022, 10, "3 14"}});
}

TEST_CASE("LW is the last working day") {
    check({{"LW * *", 2022, 12, "30"},
           {"LW * *", 2022, 7, "29"},
           {"LW * *", 2022, 8, "31"},
           {"LW * *", 2015, 2, "27"},
           {"L-2W * *", 2022, 12, "29"},
           {"L-7W * *", 2022, 12, "23"},
           {"L-30W * *", 2023, 1, "2"},
           {"L-28W * *", 2023, 2, ""}});
}

TEST_CASE("a day of the week can be the nth or the last of its month") {
    check({{"? * 5#1", 2023, 9, "1"},
           {"? * 5#5", 2023, 9, "29"},
           {"? * 6#5", 2023, 9, "30"},
           {"? * 0#5", 2023, 9, ""},
           {"? * MON#5", 2016, 2, "29"},
           {"? * MON#5", 2015, 2, ""},
           {"? * 1#1,3#2", 2023, 9, "4 13"},
           {"? * 5L", 2023, 9, "29"},
           {"? * 0L", 2023, 9, "24"},
           {"? * 7L", 2023, 9, "24"},
           {"? * 1L", 2015, 2, "23"},
           {"? * 0L", 2015, 2, "22"}});
}

TEST_CASE("two restricted day fields allow what either does") {
    check(
        {{"13 * 5", 2023, 10, "6 13 20 27"},
         {"13 * 5", 2023, 9, "1 8 13 15 22 29"},
         {"* * 5", 2023, 9, "1 8 15 22 29"},
         {"13 * *", 2023, 9, "13"},
         {"13 * ?", 2023, 9, "13"},
         {"L * 5L", 2023, 9, "29 30"},
         {"*/10 * 5", 2023, 9, "1 8 11 15 21 22 29"},
         {"1-31 * 5", 2015, 2, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28"},
         {"*/31 * ?", 2023, 9, "1"}});
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::crontab
