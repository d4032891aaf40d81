// SPDX-License-Identifier: BSL-1.0
#include <rondo/cron.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>

namespace rondo {
namespace {

using namespace std::chrono_literals;
using detail::is_cron;
using detail::parse_duration;
using detail::parse_every;

static_assert(is_cron("0 3 * * *", cron_dialect::unix_));
static_assert(is_cron("@daily", cron_dialect::unix_));
static_assert(is_cron("@every 1h30m", cron_dialect::unix_));
static_assert(is_cron("H H(0-3) * * *", cron_dialect::unix_));
static_assert(is_cron("0 0 9 LW * ?", cron_dialect::quartz));
static_assert(is_cron("0 0 9 ? * 2#1 2030", cron_dialect::extended));
static_assert(!is_cron("0 0 9 LW * ?", cron_dialect::unix_));
static_assert(!is_cron("0 3 * *", cron_dialect::unix_));
static_assert(!is_cron("61 3 * * *", cron_dialect::unix_));
static_assert(!is_cron("@every", cron_dialect::unix_));
static_assert(!is_cron("@every 1", cron_dialect::unix_));
static_assert(!is_cron("", cron_dialect::extended));

static_assert(parse_duration("90s") == 90s);
static_assert(parse_duration("1h30m") == 90min);
static_assert(parse_duration("1d2h3m4s5ms6us") == 26h + 3min + 4s + 5ms + 6us);
static_assert(parse_duration("500ms") == 500ms);
static_assert(parse_duration("36500d") == 36'500 * 24h);
static_assert(!parse_duration(""));
static_assert(!parse_duration("0s"));
static_assert(!parse_duration("90"));
static_assert(!parse_duration("h"));
static_assert(!parse_duration("1m1h"));
static_assert(!parse_duration("1h1h"));
static_assert(!parse_duration("1H"));
static_assert(!parse_duration("1.5h"));
static_assert(!parse_duration("-1h"));
static_assert(!parse_duration("1h 30m"));
static_assert(!parse_duration("36525d"));
static_assert(!parse_duration("99999999999999999999999us"));

static_assert(parse_every("@every 5m") == 5min);
static_assert(!parse_every("@every5m"));
static_assert(!parse_every("every 5m"));

TEST_SUITE_BEGIN("cron/literal");

TEST_CASE("a literal is the schedule of its text") {
    schedule nightly = cron<"30 2 * * *">.zone("Europe/Brussels");
    CHECK(nightly.valid());
    CHECK(nightly == schedule(cron_schedule("30 2 * * *").zone("Europe/Brussels")));
    CHECK(nightly.text() == "cron 30 2 * * * zone=Europe/Brussels");
    schedule last = cron<"0 0 9 LW * ?", cron_dialect::quartz>;
    CHECK(last.text() == "cron 0 0 9 LW * ? dialect=quartz");
    schedule both = cron<"30 2 * * *">.gap(gap_rule::shift).overlap(overlap_rule::both);
    CHECK(both.text() == "cron 30 2 * * * gap=shift overlap=both");
}

TEST_CASE("@every is an interval") {
    CHECK(schedule(cron<"@every 1h30m">) == every(90min));
    CHECK(schedule(cron_schedule("@every 250ms")) == every(250ms));
    CHECK(cron_schedule("@every 1h30m").valid());
    CHECK(cron_schedule("@every soon").error() ==
          "column 1: @every wants an interval, as in '@every 1h30m', and a task");
}

TEST_CASE("a bad expression says what is wrong, and makes an invalid schedule") {
    cron_schedule bad("0 0 * * 8");
    CHECK_FALSE(bad.valid());
    CHECK(bad.error() == "field 'day of week', column 9: 8 is out of range 0-7");
    CHECK(bad.error_column() == 9);
    CHECK(bad.warnings().empty());
    CHECK_FALSE(schedule(bad).valid());
    CHECK(schedule(bad).problem() == bad.error());
    CHECK_FALSE(schedule(bad).next_after(wall_time(), wall_time()).has_value());
}

TEST_CASE("an unknown zone is an error without a column") {
    for (auto name : {"Europe/Nowhere", "", "../etc/passwd", "/etc/localtime", "Fixed/UTC+01:00:00",
                      "localtime", "Europe/Brussels\n"}) {
        cron_schedule s = cron_schedule("0 3 * * *").zone(name);
        CHECK_FALSE(s.valid());
        CHECK(s.error().starts_with("unknown time zone '"));
        CHECK(s.error_column() == 0);
    }
    CHECK(cron_schedule("0 3 * * *").zone("a\x1b[2Jb").error() == "unknown time zone 'a?[2Jb'");
}

TEST_CASE("the task's uid decides an H, and nothing else") {
    schedule hashed = cron<"H H(0-3) * * *">;
    wall_time t = std::chrono::sys_days(2025y / 1 / 1);
    CHECK(hashed.for_uid("a").next_after(t, t) == hashed.for_uid("a").next_after(t, t));
    CHECK(hashed.for_uid("a").next_after(t, t) != hashed.for_uid("b").next_after(t, t));
    CHECK(hashed.for_uid("a").text() == hashed.text());
    schedule plain = cron<"0 3 * * *">;
    CHECK(plain.for_uid("a").next_after(t, t) == moment(t + 3h));
}

TEST_CASE("an instant between two seconds is before the next one") {
    schedule s = cron<"0 3 * * *">;
    wall_time three = std::chrono::sys_days(2025y / 1 / 1) + 3h;
    CHECK(s.next_after(three - 1us, three) == moment(three));
    CHECK(s.next_after(three, three) == moment(three + 24h));
    CHECK(s.previous_before(three + 1us, three) == moment(three));
    CHECK(s.previous_before(three, three) == moment(three - 24h));
    CHECK(s.count(three - 1us, three, three) == 1);
    CHECK(s.count(three, three + 1us, three) == 0);
    CHECK(s.count(three - 1us, three + 24h - 1us, three) == 1);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo
