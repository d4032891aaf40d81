// SPDX-License-Identifier: BSL-1.0
#include <rondo/combine.hpp>
#include <rondo/cron.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <vector>

namespace rondo {
namespace {

using namespace std::chrono;

constexpr wall_time base = sys_days(2024y / January / 1);

struct full_moon_or_so {
    moment next_after(wall_time t) const {
        auto n = (t - base) / 708h;
        return base + (t < base ? 0 : n + 1) * 708h;
    }
};

std::vector<schedule> kinds() {
    calendar closed;
    closed.zone("Europe/Brussels").weekend().dates(2024y / March / 25, 2024y / April / 5).hours(22h, 6h);
    closed.slots(cron<"0 12 * * *">).range(base + 100h, base + 120h);
    return {
        every(6h),
        every(7min).jitter(5min),
        schedule(cron<"*/20 * * * *">).jitter(1h),
        schedule(cron<"30 2 * * *">.zone("Europe/Brussels")).jitter(10min),
        schedule(cron<"5 * * * *">).between(base + 10h, base + 400h),
        schedule(cron<"5 * * * *">).max_runs(50),
        every(1h).max_runs(200).between(base + 5h, base + 9000h),
        either(cron<"0 3 * * *">, cron<"0 */3 * * *">.zone("Australia/Lord_Howe"), every(5h)),
        except(cron<"0 * * * *">, closed),
        except(either(every(90min), cron<"0 9 * * 1-5">), closed),
        custom(full_moon_or_so()),
    };
}

TEST_SUITE_BEGIN("public/combine");

TEST_CASE("next, previous and count of each combination tell the same") {
    std::mt19937_64 random(11);
    for (const schedule& any : kinds()) {
        schedule s = any.for_uid("task-7");
        CAPTURE(s.text());
        CHECK(s.problem().empty());
        for (int i = 0; i != 40; ++i) {
            wall_time from = base + microseconds(static_cast<std::int64_t>(random() % 30'000'000'000'000));
            wall_time last = from;
            std::uint64_t n = 0;
            for (moment t = s.next_after(from, base); t && n != 30; t = s.next_after(*t, base)) {
                REQUIRE(*t > last);
                ++n;
                moment back = s.previous_before(*t, base);
                if (n > 1) REQUIRE(back == moment(last));
                if (n == 1 && back) REQUIRE(*back <= from);
                REQUIRE(s.previous_before(*t + 1us, base) == t);
                REQUIRE(s.count(from, *t, base) == n);
                REQUIRE(s.count(from, *t - 1us, base) == n - 1);
                REQUIRE(s.explain(*t, base).find("it fires") != std::string::npos);
                last = *t;
            }
        }
    }
}

TEST_CASE("jitter depends on the uid and the slot, and on nothing else") {
    schedule hourly = schedule(cron<"0 * * * *">).jitter(30min);
    schedule a = hourly.for_uid("a");
    schedule b = hourly.for_uid("b");
    int differ = 0;
    for (int h = 0; h != 100; ++h) {
        wall_time slot = base + hours(h);
        wall_time moved = a.next_after(slot - 1us, base).value();
        CHECK(moved >= slot);
        CHECK(moved <= slot + 30min);
        CHECK(hourly.for_uid("a").next_after(slot - 1us, base) == moment(moved));
        if (b.next_after(slot - 1us, base) != moment(moved)) ++differ;
    }
    CHECK(differ > 90);
    CHECK(a.explain(base, base).find("jitter moves") != std::string::npos);
}

TEST_CASE("what excludes an instant is named") {
    calendar c;
    c.zone("Europe/Brussels")
        .weekday(Sunday)
        .date(2024y / December / 25)
        .hours(1h, 2h)
        .range(base + 50h, base + 51h);
    c.slots(cron<"0 7 * * *">);
    schedule s = except(cron<"0 * * * *">, c);
    auto why = [&](wall_time t) { return s.explain(t, base); };
    CHECK(why(sys_days(2024y / January / 7) + 8h) == "it does not fire: the calendar excludes each Sunday");
    CHECK(why(sys_days(2024y / December / 24) + 23h) ==
          "it does not fire: the calendar excludes the date 2024-12-25");
    CHECK(why(sys_days(2024y / January / 2)) ==
          "it does not fire: the calendar excludes that time of day: it is 01:00:00");
    CHECK(why(base + 50h).starts_with("it does not fire: the calendar excludes 2024-01-03T02:00:00"));
    CHECK(why(base + 7h) == "it does not fire: the calendar excludes the slots of cron 0 7 * * *");
    CHECK(why(base + 8h).starts_with("it fires"));
}

TEST_CASE("a calendar that excludes all leaves nothing, and says so in bounded time") {
    calendar all;
    for (unsigned d = 0; d != 7; ++d) all.weekday(weekday(d));
    schedule s = except(cron<"* * * * *">, all);
    CHECK(s.next_after(base, base) == moment());
    CHECK(s.previous_before(base, base) == moment());
    CHECK(s.count(base, base + years(1), base) == 0);
}

TEST_CASE("dates in a row are passed at once, however many they are") {
    auto closed = calendar::from_text("1012-12-31/2065-01-02\n2065-01-04\n");
    schedule open = except(every(6h), closed);
    const wall_time anchor = std::chrono::sys_days(std::chrono::year(1000) / 1 / 1);
    const wall_time begin = std::chrono::sys_days(std::chrono::year(1012) / 12 / 31);
    const wall_time end = std::chrono::sys_days(std::chrono::year(2065) / 1 / 3);
    CHECK(open.next_after(begin - 1h, anchor) == end);
    CHECK(open.previous_before(end, anchor) == begin - 6h);
    CHECK(open.next_after(end + 18h, anchor) == end + 48h);
}

TEST_CASE("a dense schedule is counted over what a calendar excludes") {
    schedule s = except(every(1s), calendar().weekend());
    wall_time friday = sys_days(2025y / February / 28) + 23h;
    wall_time sunday = sys_days(2025y / March / 2) + 12h;
    CHECK(s.count(friday, sunday, base) == 3'599);
    CHECK(s.previous_before(sunday, base) == moment(sys_days(2025y / March / 1) - 1s));
    schedule long_ago = except(every(1s), calendar().date(2000y / January / 1));
    CHECK(long_ago.count(base, base + days(300), base) == 25'920'000);
}

TEST_CASE("hours that come twice are excluded as the clocks show them") {
    calendar c;
    c.zone("Europe/Brussels").hours(2h + 30min, 4h);
    schedule s = except(cron<"*/15 * * * *">.zone("Europe/Brussels"), c);
    wall_time night = sys_days(2025y / October / 26);
    CHECK(s.next_after(night + 15min, base) == moment(night + 1h));
    CHECK(s.next_after(night + 1h, base) == moment(night + 75min));
    CHECK(s.next_after(night + 75min, base) == moment(night + 3h));
    CHECK(s.previous_before(night + 3h, base) == moment(night + 75min));
    CHECK(s.count(night, night + 3h, base) == 4);
    calendar day;
    day.zone("America/St_Johns")
        .date(2010y / November / 7); // at 00:01 it is 23:01 of the day before once more
    schedule t = except(cron<"*/15 * * * *">, day);
    wall_time evening = sys_days(2010y / November / 7);
    CHECK(t.next_after(evening + 150min, base) == moment(evening + 165min));
    CHECK(t.previous_before(evening + 4h, base) == moment(evening + 195min));
}

TEST_CASE("what is drawn from the uid is drawn in the calendar, too") {
    schedule s = except(cron<"H 3 * * *">, calendar().slots(cron<"H 3 * * *">)).for_uid("task-playlist");
    CHECK(s.next_after(base, base) == moment());
}

TEST_CASE("max_runs does not count what it cannot") {
    CHECK_FALSE(custom(full_moon_or_so()).max_runs(3).problem().empty());
    CHECK_FALSE(either(every(1h), custom(full_moon_or_so())).jitter(1s).max_runs(3).problem().empty());
    CHECK(every(1h).jitter(1s).max_runs(3).problem().empty());
}

TEST_CASE("the ends of time and what is invalid have answers") {
    for (const schedule& any : kinds()) {
        schedule s = any.for_uid("x");
        CAPTURE(s.text());
        for (wall_time t : {wall_time::min(), wall_time_first, wall_time_last, wall_time::max()}) {
            moment next = s.next_after(t, base);
            CHECK((!next || (*next > t && *next <= wall_time_last + years(1))));
            moment previous = s.previous_before(t, base);
            CHECK((!previous || *previous < t));
            CHECK_FALSE(s.explain(t, base).empty());
        }
    }
    for (const schedule& s :
         {every(0s), schedule(nullptr), either(std::vector<schedule>()), every(-1s).jitter(1s)}) {
        CHECK_FALSE(s.valid());
        CHECK(s.next_after(base, base) == moment());
        CHECK(s.previous_before(base, base) == moment());
        CHECK(s.count(base, base + 1h, base) == 0);
        CHECK_FALSE(s.text().empty());
    }
    CHECK(schedule(cron<"0 0 31 12 *">).previous_before(wall_time_last + 1h, base) == moment(wall_time_last));
}

TEST_CASE("two combinations are the same exactly if their texts are") {
    CHECK(either(every(1h), cron<"0 0 * * *">) == either(every(1h), cron<"0 0 * * *">));
    CHECK_FALSE(either(every(1h), cron<"0 0 * * *">) == either(every(2h), cron<"0 0 * * *">));
    CHECK_FALSE(every(1h) == every(1h).max_runs(3));
    struct other {
        moment next_after(wall_time) const { return {}; }
    };
    CHECK_FALSE(custom(full_moon_or_so()) == custom(other()));
    CHECK(schedule(cron<"0 3 * * MON">) == schedule(cron_schedule(" 0  3 * * mon")));
    CHECK(every(1h).max_runs(3).text() == "max_runs(every 1h, 3)");
}

TEST_SUITE_END();

} // namespace
} // namespace rondo
