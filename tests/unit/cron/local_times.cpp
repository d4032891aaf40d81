// SPDX-License-Identifier: BSL-1.0
#include <cron/local_times.hpp>

#include "instants.hpp"
#include "random_fields.hpp"

#include <algorithm>
#include <limits>

namespace rondo::crontab {
namespace {

local_times local_times_of(std::string_view text) {
    return local_times(fields_of(text));
}

std::string first_from(std::string_view text, std::string_view from) {
    return show(local_times_of(text).first_from(seconds_of(from)));
}

std::string last_until(std::string_view text, std::string_view until) {
    return show(local_times_of(text).last_until(seconds_of(until)));
}

TEST_SUITE_BEGIN("cron/local_times");

TEST_CASE("the start itself counts") {
    CHECK(first_from("30 2 * * *", "2025-01-01T02:30:00") == "2025-01-01T02:30:00Z");
    CHECK(first_from("30 2 * * *", "2025-01-01T02:30:01") == "2025-01-02T02:30:00Z");
    CHECK(last_until("30 2 * * *", "2025-01-01T02:30:00") == "2025-01-01T02:30:00Z");
    CHECK(last_until("30 2 * * *", "2025-01-01T02:29:59") == "2024-12-31T02:30:00Z");
    CHECK(local_times_of("30 2 * * *")
              .count(seconds_of("2025-01-01T02:30:00"), seconds_of("2025-01-02T02:30:00")) == 2);
}

TEST_CASE("each field carries over to the next") {
    const std::string text = "10,50 20,40 5,6 7 8,9 *";
    CHECK(first_from(text, "2025-08-07T05:20:11") == "2025-08-07T05:20:50Z");
    CHECK(first_from(text, "2025-08-07T05:20:51") == "2025-08-07T05:40:10Z");
    CHECK(first_from(text, "2025-08-07T05:40:51") == "2025-08-07T06:20:10Z");
    CHECK(first_from(text, "2025-08-07T06:40:51") == "2025-09-07T05:20:10Z");
    CHECK(first_from(text, "2025-09-07T06:40:51") == "2026-08-07T05:20:10Z");
    CHECK(last_until(text, "2025-09-07T05:20:09") == "2025-08-07T06:40:50Z");
    CHECK(last_until(text, "2025-08-07T06:20:09") == "2025-08-07T05:40:50Z");
    CHECK(last_until(text, "2025-08-07T05:40:09") == "2025-08-07T05:20:50Z");
    CHECK(last_until(text, "2025-08-07T05:20:09") == "2024-09-07T06:40:50Z");
}

TEST_CASE("a date that no year has is empty") {
    for (auto text : {"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 L-29 2 ?", "0 0 30W 2 ?",
                      "0 0 0 29 2 ? 2025-2027", "0 0 0 29 2 ? 2100", "@reboot"}) {
        INFO(std::string(text));
        auto times = local_times_of(text);
        CHECK(times.empty());
        CHECK_FALSE(times.first_from(0).has_value());
        CHECK_FALSE(times.last_until(0).has_value());
        CHECK(times.count(0, seconds_of("2400-01-01T00:00:00")) == 0);
    }
    for (auto text : {"0 0 29 2 *", "0 0 30 2 1", "0 0 31 * *", "0 0 L-28 2 ?", "0 0 0 29 2 ? 2024"})
        CHECK_FALSE(local_times_of(text).empty());
}

TEST_CASE("a fifth Monday of February comes after 40 years, over 2100") {
    auto times = local_times_of("0 0 ? 2 MON#5");
    CHECK_FALSE(times.empty());
    CHECK(first_from("0 0 ? 2 MON#5", "2016-02-29T00:00:01") == "2044-02-29T00:00:00Z");
    CHECK(first_from("0 0 ? 2 MON#5", "2072-02-29T00:00:01") == "2112-02-29T00:00:00Z");
    CHECK(last_until("0 0 ? 2 MON#5", "2112-02-28T23:59:59") == "2072-02-29T00:00:00Z");
    CHECK(first_from("0 0 29 2 *", "2096-02-29T00:00:01") == "2104-02-29T00:00:00Z");
    CHECK(times.count(seconds_of("2000-01-01T00:00:00"), seconds_of("2399-12-31T23:59:59")) == 15);
}

TEST_CASE("a year is the first and the last of its expression") {
    CHECK(first_from("0 0 12 1 1 ? 2030,2040", "2030-01-01T12:00:01") == "2040-01-01T12:00:00Z");
    CHECK(first_from("0 0 12 1 1 ? 2030,2040", "2040-01-01T12:00:01") == "never");
    CHECK(first_from("0 0 12 1 1 ? 2030,2040", "0100-01-01T00:00:00") == "2030-01-01T12:00:00Z");
    CHECK(last_until("0 0 12 1 1 ? 2030,2040", "9000-01-01T00:00:00") == "2040-01-01T12:00:00Z");
    CHECK(last_until("0 0 12 1 1 ? 2030,2040", "2030-01-01T11:59:59") == "never");
    CHECK(first_from("0 0 12 1 1 ? *", "2199-01-01T12:00:01") == "never");
}

TEST_CASE("the years 1 to 9999 are all there are") {
    constexpr auto low = std::numeric_limits<local_seconds>::min();
    constexpr auto high = std::numeric_limits<local_seconds>::max();
    auto times = local_times_of("0 0 1 1 *");
    CHECK(show(times.first_from(low)) == "0001-01-01T00:00:00Z");
    CHECK(times.last_until(high) == seconds_of("9999-01-01T00:00:00"));
    CHECK_FALSE(times.first_from(high).has_value());
    CHECK_FALSE(times.last_until(low).has_value());
    CHECK(times.count(low, high) == 9'999);
    CHECK(times.count(high, low) == 0);
    CHECK(times.count(0, -1) == 0);
}

TEST_CASE("first_from, last_until, contains and count agree with each other") {
    random_fields random(1);
    for (int i = 0; i != 20'000; ++i) {
        local_times times(random.next());
        auto from = random.pick(seconds_of("1969-01-01T00:00:00"), seconds_of("2180-01-01T00:00:00"));
        auto until = from + random.pick(0, random.chance(50) ? 2 * seconds_a_day : 2'000 * seconds_a_day);
        auto n = times.count(from, until);
        auto first = times.first_from(from);
        auto last = times.last_until(until);
        INFO("case ", i, " from ", show(from), " until ", show(until));
        CHECK((n != 0) == (first && *first <= until));
        CHECK((n != 0) == (last && *last >= from));
        if (times.empty()) CHECK_FALSE(first.has_value());
        if (n == 0) continue;
        CHECK(times.contains(*first));
        CHECK(times.contains(*last));
        CHECK(times.count(*first, *last) == n);
        auto middle = random.pick(from, until);
        CHECK(times.count(from, middle) + times.count(middle + 1, until) == n);
        CHECK(times.contains(middle) == (times.count(middle, middle) == 1));
        CHECK(times.contains(middle) == (times.first_from(middle) == middle));
        CHECK(times.contains(middle) == (times.last_until(middle) == middle));
        std::uint64_t steps = 0;
        for (auto t = first; t && *t <= until && steps != 50; t = times.first_from(*t + 1)) {
            CHECK(times.count(from, *t) == ++steps);
            CHECK(times.last_until(*t) == t);
        }
        CHECK(steps == std::min<std::uint64_t>(n, 50));
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::crontab
