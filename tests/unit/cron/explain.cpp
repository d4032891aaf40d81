// SPDX-License-Identifier: BSL-1.0
#include <cron/explain.hpp>

#include "instants.hpp"

#include <chrono>

namespace rondo::crontab {
namespace {

std::string explained(std::string_view text, std::string_view at, gap_rule gap = gap_rule::run_at_end,
                      overlap_rule overlap = overlap_rule::first, std::string_view zone = "Europe/Brussels") {
    wall_time t(std::chrono::seconds(seconds_of(at)));
    return explain(times_of(fields_of(text), zone, gap, overlap), zone, t);
}

TEST_SUITE_BEGIN("cron/explain");

TEST_CASE("an instant that fires is shown on the clocks of the zone") {
    CHECK(explained("30 2 * * *", "2025-07-01T00:30:00") ==
          "it fires: it is 2025-07-01 02:30:00 in Europe/Brussels, which the expression names");
}

TEST_CASE("the fields that do not allow an instant are named") {
    std::string here = "it does not fire: it is 2025-07-01 02:30:00 in Europe/Brussels, and ";
    std::string at = "2025-07-01T00:30:00";
    CHECK(explained("30 2 13 * *", at) == here + "the field 'day of month' does not allow 1");
    CHECK(explained("30 2 ? * FRI#1", at) == here + "the field 'day of week' does not allow Tuesday");
    CHECK(explained("30 2 13 * 5", at) == here + "neither day field allows Tuesday 1");
    CHECK(explained("30 2 13 8 5", at) == here + "the field 'month' does not allow July");
    CHECK(explained("0 30 2 * * ? 2026", at) == here + "the field 'year' does not allow 2025");
    CHECK(explained("15 3 * * *", at) ==
          here + "the field 'minute' does not allow 30; the field 'hour' does not allow 2");
    CHECK(explained("5 30 2 * * *", at) == here + "the field 'second' does not allow 0");
}

TEST_CASE("a fraction of a second is no instant of an expression") {
    wall_time t(std::chrono::seconds(seconds_of("2025-07-01T00:30:00")));
    CHECK(explain(times_of(fields_of("30 2 * * *"), "UTC"), "UTC", t + std::chrono::microseconds(5)) ==
          "it does not fire: it is 2025-07-01 00:30:00 in UTC and a fraction, and it fires at whole seconds");
}

TEST_CASE("a time in a gap is explained where it went") {
    CHECK(explained("30 2 * * *", "2025-03-30T01:00:00") ==
          "it fires: it is 2025-03-30 03:00:00 in Europe/Brussels, in place of 2025-03-30 02:30:00, "
          "which the clocks jump over (a gap of 1h, gap rule run_at_end)");
    CHECK(explained("30 2 * * *", "2025-03-30T01:30:00", gap_rule::shift) ==
          "it fires: it is 2025-03-30 03:30:00 in Europe/Brussels, in place of 2025-03-30 02:30:00, "
          "which the clocks jump over (a gap of 1h, gap rule shift)");
    CHECK(explained("0 2,3 * * *", "2025-03-30T01:00:00") ==
          "it fires: it is 2025-03-30 03:00:00 in Europe/Brussels, which the expression names");
}

TEST_CASE("a time in a gap is explained where it would have been") {
    std::string jump = "it does not fire: it is 2025-03-30 03:30:00 in Europe/Brussels, "
                       "and the field 'hour' does not allow 3; 2025-03-30 02:30:00 does not exist there: "
                       "the clocks jump from 2025-03-30 02:00:00 to 2025-03-30 03:00:00";
    CHECK(explained("30 2 * * *", "2025-03-30T01:30:00", gap_rule::skip) == jump);
    CHECK(explained("30 2 * * *", "2025-03-30T01:30:00") == jump + ", when it fires instead");
    CHECK(explained("*/30 2 * * *", "2025-03-30T01:30:00") == jump);
    CHECK(explained("30 12 30 12 *", "2011-12-30T22:30:00", gap_rule::run_at_end, overlap_rule::first,
                    "Pacific/Apia") ==
          "it does not fire: it is 2011-12-31 12:30:00 in Pacific/Apia, and the field 'day of month' does "
          "not allow "
          "31; 2011-12-30 12:30:00 does not exist there: the clocks jump from 2011-12-30 00:00:00 to "
          "2011-12-31 00:00:00");
}

TEST_CASE("the pass of an overlap that does not count is named") {
    std::string here = "it is 2025-10-26 02:30:00 in Europe/Brussels, ";
    CHECK(explained("30 2 * * *", "2025-10-26T00:30:00") ==
          "it fires: " + here + "which the expression names");
    CHECK(explained("30 2 * * *", "2025-10-26T01:30:00") ==
          "it does not fire: " + here +
              "for the second time that day, and only the first counts (overlap rule first)");
    CHECK(explained("30 2 * * *", "2025-10-26T00:30:00", gap_rule::skip, overlap_rule::last) ==
          "it does not fire: " + here +
              "for the first time that day, and only the second counts (overlap rule last)");
    CHECK(explained("30 2 * * *", "2025-10-26T01:30:00", gap_rule::skip, overlap_rule::both) ==
          "it fires: " + here + "which the expression names");
    CHECK(explained("30 * * * *", "2025-10-26T01:30:00") ==
          "it fires: " + here + "which the expression names");
}

TEST_CASE("what never fires needs no instant") {
    CHECK(explained("@reboot", "2025-07-01T00:30:00") == "it does not fire: @reboot names no time");
    CHECK(explained("0 0 30 2 *", "2025-07-01T00:30:00") == "it never fires: no year has such a day");
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::crontab
