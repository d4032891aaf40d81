// SPDX-License-Identifier: BSL-1.0
#include <rondo/calendar.hpp>
#include <rondo/combine.hpp>
#include <rondo/cron.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

namespace rondo {
namespace {

using namespace std::chrono;

TEST_SUITE_BEGIN("public/calendar");

TEST_CASE("a text of dates is read") {
    auto c = calendar::from_text(
        "# closed\n\n2025-12-25 Christmas\r\n  2025-12-31/2026-01-02\tthe turn\n2025-12-25");
    CHECK(c.problem().empty());
    CHECK(c.all_dates() == std::vector<sys_days>{2025y / December / 25, 2025y / December / 31,
                                                 2026y / January / 1, 2026y / January / 2});
    CHECK(calendar::from_text("").problem().empty());
}

TEST_CASE("a bad line is named") {
    auto problem = [](std::string_view text) { return calendar::from_text(text).problem(); };
    CHECK(problem("2025-01-01\n2025-02-30") == "line 2: not a date: '2025-02-30'");
    CHECK(problem("2025-1-1") == "line 1: not a date: '2025-1-1'");
    CHECK(problem("2025-01-01x") == "line 1: not a date: '2025-01-01x'");
    CHECK(problem("2025-01-01/") == "line 1: not a date: '2025-01-01/'");
    CHECK(problem("0000-01-01") == "line 1: not a date: '0000-01-01'");
    CHECK(problem("\n\n2025-01-02/2025-01-01") == "line 3: a range of days that ends before it begins");
    CHECK(problem("0001-01-01/9999-12-31") == "line 1: more than 1000000 days");
    CHECK(problem(std::string("2025-\x1b[31m")) == "line 1: not a date: '2025-?[31m'");
    CHECK(problem(std::string(17u << 20, '\n')) == "a text of more than 16 MiB");
}

TEST_CASE("a file that is not there, or no file of dates, is named") {
    auto missing = calendar::from_file("/nonexistent/holidays");
    CHECK(missing.problem() == "cannot open the calendar file /nonexistent/holidays");
    CHECK_FALSE(calendar::from_file("/").problem().empty());
    std::string path = "calendar-test.txt";
    std::ofstream(path) << "2025-05-01\nnever\n";
    CHECK(calendar::from_file(path).problem() == path + ": line 2: not a date: 'never'");
    std::ofstream(path) << "2025-05-01\n";
    CHECK(calendar::from_file(path).all_dates().size() == 1);
    std::remove(path.c_str());
}

TEST_CASE("days are those of the calendar's zone") {
    schedule s = except(cron<"0 * * * *">, calendar().zone("Asia/Kolkata").date(2025y / May / 1));
    // That day is 18:30 to 18:30 in UTC.
    CHECK(s.next_after(sys_days(2025y / April / 30) + 18h, {}) == moment(sys_days(2025y / May / 1) + 19h));
    CHECK(s.previous_before(sys_days(2025y / May / 1) + 19h, {}) ==
          moment(sys_days(2025y / April / 30) + 18h));
}

TEST_CASE("an unknown zone is named") {
    CHECK(calendar().zone("Mars/Base").problem() == "unknown time zone 'Mars/Base'");
    CHECK(except(every(1h), calendar().zone("")).problem() == "calendar: unknown time zone ''");
}

TEST_SUITE_END();

} // namespace
} // namespace rondo
