// SPDX-License-Identifier: BSL-1.0
#include <cron/zoned_times.hpp>

#include "instants.hpp"
#include "random_fields.hpp"

#include <array>
#include <utility>
#include <vector>

namespace rondo::crontab {
namespace {

constexpr std::array gap_rules = {gap_rule::run_at_end, gap_rule::skip, gap_rule::shift};
constexpr std::array zones = {"Europe/Brussels",   "Australia/Lord_Howe", "Pacific/Apia",
                              "Europe/Dublin",     "America/Havana",      "Antarctica/Troll",
                              "Africa/Casablanca", "America/St_Johns"};
constexpr std::array overlap_rules = {overlap_rule::first, overlap_rule::last, overlap_rule::both};

/// What comes after `from`, by each rule.
struct gap_case {
    std::string text;
    std::string run_at_end;
    std::string skip;
    std::string shift;
};

struct overlap_case {
    std::string text;
    std::string first;
    std::string last;
    std::string both;
};

void check_gap(std::string_view zone, std::string_view from, const std::vector<gap_case>& cases) {
    for (const auto& c : cases)
        for (auto overlap : overlap_rules) {
            INFO(c.text, " overlap rule ", int(overlap));
            auto f = fields_of(c.text);
            CHECK(next_of(times_of(f, zone, gap_rule::run_at_end, overlap), from, 2) == c.run_at_end);
            CHECK(next_of(times_of(f, zone, gap_rule::skip, overlap), from, 2) == c.skip);
            CHECK(next_of(times_of(f, zone, gap_rule::shift, overlap), from, 2) == c.shift);
        }
}

void check_overlap(std::string_view zone, std::string_view from, const std::vector<overlap_case>& cases) {
    for (const auto& c : cases)
        for (auto gap : gap_rules) {
            INFO(c.text, " gap rule ", int(gap));
            auto f = fields_of(c.text);
            CHECK(next_of(times_of(f, zone, gap, overlap_rule::first), from, 3) == c.first);
            CHECK(next_of(times_of(f, zone, gap, overlap_rule::last), from, 3) == c.last);
            CHECK(next_of(times_of(f, zone, gap, overlap_rule::both), from, 3) == c.both);
        }
}

TEST_SUITE_BEGIN("cron/zoned_times");

TEST_CASE("a gap of an hour in Brussels goes by the gap rule") {
    check_gap("Europe/Brussels", "2025-03-30T00:00:00",
              {{"30 2 * * *", "2025-03-30T01:00:00Z 2025-03-31T00:30:00Z",
                "2025-03-31T00:30:00Z 2025-04-01T00:30:00Z", "2025-03-30T01:30:00Z 2025-03-31T00:30:00Z"},
               {"0,30 2 * * *", "2025-03-30T01:00:00Z 2025-03-31T00:00:00Z",
                "2025-03-31T00:00:00Z 2025-03-31T00:30:00Z", "2025-03-30T01:00:00Z 2025-03-30T01:30:00Z"},
               {"0 2,3 * * *", "2025-03-30T01:00:00Z 2025-03-31T00:00:00Z",
                "2025-03-30T01:00:00Z 2025-03-31T00:00:00Z", "2025-03-30T01:00:00Z 2025-03-31T00:00:00Z"},
               {"30 2 30 3 *", "2025-03-30T01:00:00Z 2026-03-30T00:30:00Z",
                "2026-03-30T00:30:00Z 2027-03-30T00:30:00Z", "2025-03-30T01:30:00Z 2026-03-30T00:30:00Z"},
               {"15 2,3 * * *", "2025-03-30T01:00:00Z 2025-03-30T01:15:00Z",
                "2025-03-30T01:15:00Z 2025-03-31T00:15:00Z", "2025-03-30T01:15:00Z 2025-03-31T00:15:00Z"}});
}

TEST_CASE("an overlap of an hour in Brussels goes by the overlap rule") {
    check_overlap("Europe/Brussels", "2025-10-25T12:00:00",
                  {{"30 2 * * *", "2025-10-26T00:30:00Z 2025-10-27T01:30:00Z 2025-10-28T01:30:00Z",
                    "2025-10-26T01:30:00Z 2025-10-27T01:30:00Z 2025-10-28T01:30:00Z",
                    "2025-10-26T00:30:00Z 2025-10-26T01:30:00Z 2025-10-27T01:30:00Z"},
                   {"0,30 2 26 10 *", "2025-10-26T00:00:00Z 2025-10-26T00:30:00Z 2026-10-26T01:00:00Z",
                    "2025-10-26T01:00:00Z 2025-10-26T01:30:00Z 2026-10-26T01:00:00Z",
                    "2025-10-26T00:00:00Z 2025-10-26T00:30:00Z 2025-10-26T01:00:00Z"},
                   {"0 2,3 * * *", "2025-10-26T00:00:00Z 2025-10-26T02:00:00Z 2025-10-27T01:00:00Z",
                    "2025-10-26T01:00:00Z 2025-10-26T02:00:00Z 2025-10-27T01:00:00Z",
                    "2025-10-26T00:00:00Z 2025-10-26T01:00:00Z 2025-10-26T02:00:00Z"}});
}

TEST_CASE("what is asked during the second pass depends on the time alone") {
    auto f = fields_of("30 2 * * *");
    CHECK(next_of(times_of(f, "Europe/Brussels"), "2025-10-26T01:10:00", 1) == "2025-10-27T01:30:00Z");
    auto last = times_of(f, "Europe/Brussels", gap_rule::skip, overlap_rule::last);
    CHECK(next_of(last, "2025-10-26T00:10:00", 1) == "2025-10-26T01:30:00Z");
    CHECK(next_of(last, "2025-10-26T01:10:00", 1) == "2025-10-26T01:30:00Z");
    CHECK(next_of(last, "2025-10-26T01:30:00", 1) == "2025-10-27T01:30:00Z");
}

TEST_CASE("Lord Howe turns its clocks by half an hour") {
    check_gap("Australia/Lord_Howe", "2025-10-04T15:00:00",
              {{"15 2 * * *", "2025-10-04T15:30:00Z 2025-10-05T15:15:00Z",
                "2025-10-05T15:15:00Z 2025-10-06T15:15:00Z", "2025-10-04T15:45:00Z 2025-10-05T15:15:00Z"},
               {"0,40 2 * * *", "2025-10-04T15:30:00Z 2025-10-04T15:40:00Z",
                "2025-10-04T15:40:00Z 2025-10-05T15:00:00Z", "2025-10-04T15:30:00Z 2025-10-04T15:40:00Z"}});
    check_overlap("Australia/Lord_Howe", "2025-04-05T12:00:00",
                  {{"45 1 * * *", "2025-04-05T14:45:00Z 2025-04-06T15:15:00Z 2025-04-07T15:15:00Z",
                    "2025-04-05T15:15:00Z 2025-04-06T15:15:00Z 2025-04-07T15:15:00Z",
                    "2025-04-05T14:45:00Z 2025-04-05T15:15:00Z 2025-04-06T15:15:00Z"}});
}

TEST_CASE("the day that Apia left out is not made up by any rule") {
    std::string next_day = "2011-12-29T22:30:00Z 2011-12-30T22:30:00Z";
    std::string next_year = "2012-12-29T22:30:00Z 2013-12-29T22:30:00Z";
    check_gap(
        "Pacific/Apia", "2011-12-29T20:00:00",
        {{"30 12 * * *", next_day, next_day, next_day}, {"30 12 30 12 *", next_year, next_year, next_year}});
}

TEST_CASE("Dublin, whose winter is the exception by its data, is as any other") {
    check_gap("Europe/Dublin", "2025-03-30T00:00:00",
              {{"30 1 * * *", "2025-03-30T01:00:00Z 2025-03-31T00:30:00Z",
                "2025-03-31T00:30:00Z 2025-04-01T00:30:00Z", "2025-03-30T01:30:00Z 2025-03-31T00:30:00Z"}});
    check_overlap("Europe/Dublin", "2025-10-25T12:00:00",
                  {{"30 1 * * *", "2025-10-26T00:30:00Z 2025-10-27T01:30:00Z 2025-10-28T01:30:00Z",
                    "2025-10-26T01:30:00Z 2025-10-27T01:30:00Z 2025-10-28T01:30:00Z",
                    "2025-10-26T00:30:00Z 2025-10-26T01:30:00Z 2025-10-27T01:30:00Z"}});
}

TEST_CASE("what is frequent follows real time by every rule") {
    for (auto zone : {"Europe/Brussels", "Australia/Lord_Howe", "Europe/Dublin", "Antarctica/Troll"})
        for (auto gap : gap_rules)
            for (auto overlap : overlap_rules)
                for (auto from : {"2025-03-29T22:00:00", "2025-04-05T10:00:00", "2025-10-04T10:00:00",
                                  "2025-10-25T22:00:00"}) {
                    auto times = times_of(fields_of("* * * * *"), zone, gap, overlap);
                    auto t = seconds_of(from);
                    for (int hour = 0; hour != 8; ++hour, t += 3'600) {
                        CHECK(times.count(t, t + 3'600) == 60);
                        for (int minute = 0; minute != 60; ++minute)
                            CHECK(times.next_after(t + minute * 60) == t + minute * 60 + 60);
                    }
                }
}

TEST_CASE("an hourly time makes nothing up and takes both passes") {
    auto times = times_of(fields_of("30 * * * *"), "Europe/Brussels");
    CHECK(next_of(times, "2025-03-30T00:00:00", 2) == "2025-03-30T00:30:00Z 2025-03-30T01:30:00Z");
    CHECK(next_of(times, "2025-10-26T00:00:00", 3) ==
          "2025-10-26T00:30:00Z 2025-10-26T01:30:00Z 2025-10-26T02:30:00Z");
    CHECK(next_of(times_of(fields_of("*/20 2 * * *"), "Europe/Brussels"), "2025-03-30T00:00:00", 1) ==
          "2025-03-31T00:00:00Z");
}

TEST_CASE("a time that moves onto another is one with it") {
    auto f = fields_of("30 2,3 * * *");
    auto times = times_of(f, "Europe/Brussels", gap_rule::shift);
    CHECK(next_of(times, "2025-03-30T00:00:00", 2) == "2025-03-30T01:30:00Z 2025-03-31T00:30:00Z");
    CHECK(times.count(seconds_of("2025-03-30T00:00:00"), seconds_of("2025-03-30T12:00:00")) == 1);
    auto merged = times_of(fields_of("0,30 2,3 * * *"), "Europe/Brussels");
    CHECK(merged.count(seconds_of("2025-03-30T00:00:00"), seconds_of("2025-03-30T12:00:00")) == 2);
}

TEST_CASE("a count that begins where the clocks change counts one pass of an overlap") {
    auto change = seconds_of("2025-10-26T01:00:00");
    auto end = seconds_of("2025-10-26T12:00:00");
    for (auto text : {"33 2 * * *", "33 * * * *"})
        for (auto overlap : overlap_rules)
            for (auto from : {change - 2, change - 1, change, change + 1}) {
                auto times = times_of(fields_of(text), "Europe/Brussels", gap_rule::skip, overlap);
                INFO(std::string(text), " overlap rule ", int(overlap), " from ", show(from));
                std::uint64_t walked = 0;
                for (auto t = times.next_after(from); t && *t <= end; t = times.next_after(*t)) ++walked;
                CHECK(times.count(from, end) == walked);
            }
}

TEST_CASE("what never comes costs no search") {
    auto times = times_of(fields_of("0 0 30 2 *"), "Europe/Brussels", gap_rule::shift);
    CHECK_FALSE(times.next_after(0).has_value());
    CHECK_FALSE(times.previous_before(0).has_value());
    CHECK(times.count(0, seconds_of("2100-01-01T00:00:00")) == 0);
}

TEST_CASE("the last of a year is followed by none") {
    auto times = times_of(fields_of("0 30 2 30 3 ? 2025"), "Europe/Brussels", gap_rule::shift);
    CHECK(next_of(times, "2000-01-01T00:00:00", 2) == "2025-03-30T01:30:00Z never");
    CHECK(show(times.previous_before(seconds_of("2199-01-01T00:00:00"))) == "2025-03-30T01:30:00Z");
    CHECK_FALSE(times.previous_before(seconds_of("2025-03-30T01:30:00")).has_value());
}

TEST_CASE("zones are found by IANA names alone") {
    CHECK(find_zone("UTC") != nullptr);
    CHECK(find_zone("America/Argentina/Buenos_Aires") != nullptr);
    for (auto name :
         {"", "Nowhere", "Fixed/UTC+01:00:00", "/usr/share/zoneinfo/UTC", "../UTC", "a b", "file:UTC"})
        CHECK(find_zone(name) == nullptr);
}

// An instant near a change of the clocks as often as not.
utc_seconds random_instant(random_fields& random, const zone& z) {
    auto t = random.pick(seconds_of("1975-01-01T00:00:00"), seconds_of("2060-01-01T00:00:00"));
    if (random.chance(30)) return t;
    auto change = z.next_change(t);
    return change ? change->at + random.pick(-30 * 3'600, 6 * 3'600) : t;
}

void check_mirror(const zoned_times& times, utc_seconds start) {
    auto before = times.previous_before(start + 1);
    if (before) CHECK(*before <= start);
    auto t = start;
    for (std::uint64_t n = 1; n <= 8; ++n) {
        auto next = times.next_after(t);
        if (!next) return;
        REQUIRE(*next > t);
        CHECK(times.previous_before(*next) == before);
        CHECK(times.previous_before(*next + 1) == next);
        CHECK(times.next_after(*next - 1) == next);
        // The count walks through the months: not over centuries here.
        if (*next - start < 4'000 * seconds_a_day) {
            CHECK(times.count(start, *next) == n);
            CHECK(times.count(start, *next - 1) == n - 1);
        }
        before = next;
        t = *next;
    }
}

TEST_CASE("previous_before is the mirror of next_after, and count agrees") {
    random_fields random(2);
    for (int i = 0; i != 8'000; ++i) {
        auto zone = zones[static_cast<std::size_t>(random.pick(0, zones.size() - 1))];
        auto gap = gap_rules[static_cast<std::size_t>(random.pick(0, 2))];
        auto overlap = overlap_rules[static_cast<std::size_t>(random.pick(0, 2))];
        auto times = times_of(random.next(), zone, gap, overlap);
        auto start = random_instant(random, *times.place());
        INFO("case ", i, " in ", std::string(zone), " from ", show(start), " gap ", int(gap), " overlap ",
             int(overlap));
        check_mirror(times, start);
    }
}

TEST_CASE("the mirror holds in all years") {
    random_fields random(4);
    for (int i = 0; i != 4'000; ++i) {
        auto zone = zones[static_cast<std::size_t>(random.pick(0, zones.size() - 1))];
        auto gap = gap_rules[static_cast<std::size_t>(random.pick(0, 2))];
        auto overlap = overlap_rules[static_cast<std::size_t>(random.pick(0, 2))];
        auto times = times_of(random.next(), zone, gap, overlap);
        auto start = random.pick(seconds_of("0001-01-02T00:00:00"), seconds_of("9990-01-01T00:00:00"));
        INFO("case ", i, " in ", std::string(zone), " from ", show(start), " gap ", int(gap), " overlap ",
             int(overlap));
        check_mirror(times, start);
    }
}

TEST_CASE("the clocks change in the far future as they do now") {
    for (auto year : {"2026", "2437", "2438", "3026", "9026"}) {
        auto from = seconds_of(std::string(year) + "-01-01T00:00:00");
        auto until = from + 364 * seconds_a_day;
        INFO(std::string(year));
        for (auto gap : gap_rules)
            for (auto overlap : overlap_rules) {
                auto times = times_of(fields_of("30 2 * * *"), "Europe/Brussels", gap, overlap);
                std::uint64_t walked = 0;
                for (auto t = times.next_after(from); t && *t <= until; t = times.next_after(*t)) ++walked;
                CHECK(times.count(from, until) == walked);
                CHECK(walked ==
                      364U - (gap == gap_rule::skip ? 1 : 0) + (overlap == overlap_rule::both ? 1 : 0));
            }
    }
}

TEST_CASE("a count over many changes is the sum of its parts") {
    random_fields random(3);
    for (int i = 0; i != 2'000; ++i) {
        auto gap = gap_rules[static_cast<std::size_t>(random.pick(0, 2))];
        auto overlap = overlap_rules[static_cast<std::size_t>(random.pick(0, 2))];
        auto times =
            times_of(random.next(), i % 2 == 0 ? "Europe/Brussels" : "Africa/Casablanca", gap, overlap);
        auto from = random_instant(random, *times.place());
        auto middle = random_instant(random, *times.place());
        auto to = random_instant(random, *times.place());
        if (from > middle) std::swap(from, middle);
        if (middle > to) std::swap(middle, to);
        if (from > middle) std::swap(from, middle);
        INFO("case ", i, " from ", show(from), " over ", show(middle), " to ", show(to));
        CHECK(times.count(from, middle) + times.count(middle, to) == times.count(from, to));
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::crontab
