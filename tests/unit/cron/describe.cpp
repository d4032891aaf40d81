// SPDX-License-Identifier: BSL-1.0
#include <cron/describe.hpp>

#include "instants.hpp"

#include <vector>

namespace rondo::crontab {
namespace {

struct sentence_case {
    std::string text;
    std::string expected;
};

void check(const std::vector<sentence_case>& cases) {
    for (const auto& c : cases) {
        INFO(c.text);
        CHECK(describe(times_of(fields_of(c.text), "UTC"), "UTC") == c.expected + ", UTC time");
    }
}

TEST_SUITE_BEGIN("cron/describe");

TEST_CASE("a few times of a day are listed") {
    check({{"30 2 * * *", "at 02:30 every day"},
           {"0,30 2 * * *", "at 02:00 and 02:30 every day"},
           {"0 1-3 * * *", "at 01:00, 02:00 and 03:00 every day"},
           {"15 30 2 * * *", "at 02:30:15 every day"},
           {"0 */12 * * *", "at 00:00 and 12:00 every day"}});
}

TEST_CASE("what goes around the clock says no day") {
    check({{"* * * * * *", "every second"},
           {"*/10 * * * * *", "every 10 seconds"},
           {"* * * * *", "every minute"},
           {"0/20 * * * *", "every 20 minutes"},
           {"@hourly", "every hour"},
           {"0 */2 * * *", "every 2 hours"},
           {"5 * * * *", "at minute 5 of every hour"},
           {"15,45 * * * * *", "at second 15 and 45 of every minute"},
           {"30 */5 * * * *", "at second 30 of every 5th minute"},
           {"*/2 5 * * * *", "every 2 seconds of minute 5 of every hour"},
           {"*/30 */6 * * *", "every 30 minutes of every 6th hour from 00:00"},
           {"10-20 */3 * * *", "at minute 10 to 20 of every 3rd hour from 00:00"},
           {"*/15 * * 6 *", "every 15 minutes, in June"}});
}

TEST_CASE("a step that leaves a rest is no interval") {
    check({{"*/7 * * * *", "at minute 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour"},
           {"*/31 * * * *", "at minute 0 and 31 of every hour"},
           {"0,10 */5 * * *", "at minute 0 and 10 of hour 0, 5, 10, 15 and 20 every day"}});
}

TEST_CASE("hours in a row are from and to") {
    check({{"*/15 9-17 * * *", "every 15 minutes from 09:00 to 17:59 every day"},
           {"*/5 3 1 * *", "every 5 minutes from 03:00 to 03:59 on day 1 of the month"},
           {"0 9-17 * * *", "every hour from 09:00 to 17:00 every day"},
           {"5 8-11,13,15,17 * * *", "at minute 5 of hour 8 to 11, 13, 15 and 17 every day"},
           {"0 8-11,13,15,17 * * *", "at minute 0 of hour 8 to 11, 13, 15 and 17 every day"}});
}

TEST_CASE("days are named by date, by day of the week, or either") {
    check(
        {{"0 9 * * MON-FRI", "at 09:00 on Monday to Friday"},
         {"0 9 * * 6,0", "at 09:00 on Saturday and Sunday"},
         {"0 9 13 * 5", "at 09:00 on day 13 of the month or on Friday"},
         {"0 9 1,2 * *", "at 09:00 on day 1 and 2 of the month"},
         {"0 9 1-7,15 3-5,12 *", "at 09:00 on day 1 to 7 and 15 of the month, in March to May and December"},
         {"* * * * 5", "every minute on Friday"},
         {"0 0 9 1 1 ? 2030-2032,2040",
          "at 09:00 on day 1 of the month, in January, in 2030 to 2032 and 2040"}});
}

TEST_CASE("marks of days are said in words") {
    check({{"0 9 L * ?", "at 09:00 on the last day of the month"},
           {"0 9 L-1 * ?", "at 09:00 on the day before the last day of the month"},
           {"0 9 L-3 * ?", "at 09:00 on the day 3 days before the last day of the month"},
           {"0 9 LW * ?", "at 09:00 on the last working day (Monday to Friday) of the month"},
           {"0 9 L-1W * ?", "at 09:00 on the working day (Monday to Friday) nearest to the day before the "
                            "last day of the month"},
           {"0 9 15W * ?", "at 09:00 on the working day (Monday to Friday) nearest to day 15 of the month"},
           {"0 9 ? * MON#1", "at 09:00 on the first Monday of the month"},
           {"0 9 ? * 5L", "at 09:00 on the last Friday of the month"},
           {"0 9 L * 5L", "at 09:00 on the last day of the month or on the last Friday of the month"}});
}

TEST_CASE("what never comes says so") {
    CHECK(describe(times_of(fields_of("@reboot"), "UTC"), "UTC") == "never: @reboot names no time");
    CHECK(describe(times_of(fields_of("0 0 30 2 *"), "UTC"), "Europe/Brussels") ==
          "at 00:00 on day 30 of the month, in February, Europe/Brussels time (which never comes)");
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::crontab
