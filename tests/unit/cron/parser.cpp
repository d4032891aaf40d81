// SPDX-License-Identifier: BSL-1.0
#include "instants.hpp"

#include <bit>
#include <set>

namespace rondo::crontab {
namespace {

std::string list(std::uint64_t bits) {
    std::string text;
    for (; bits != 0; bits &= bits - 1)
        text += (text.empty() ? "" : " ") + std::to_string(std::countr_zero(bits));
    return text;
}

std::string error_of(std::string_view text, cron_dialect dialect = cron_dialect::unix_) {
    return to_string(detail::parse_cron(text, dialect, 0).error);
}

cron_fields hashed_fields(std::string_view text, std::string_view uid,
                          cron_dialect dialect = cron_dialect::unix_) {
    auto parsed = detail::parse_cron(text, dialect, detail::stable_hash(uid));
    INFO(std::string(text), ": ", to_string(parsed.error));
    REQUIRE(parsed.ok());
    return parsed.fields;
}

struct dialect_case {
    std::string text;
    std::string unix_;
    std::string seconds;
    std::string extended;
    std::string quartz;
};

struct text_case {
    std::string text;
    std::string expected;
};

TEST_SUITE_BEGIN("cron/parser");

TEST_CASE("each dialect has its number of fields and its marks") {
    std::string no_mark = "field 'day of month', column 5: not allowed here; extended and quartz have ? L W "
                          "# in the day fields";
    std::string no_late_mark = "field 'day of week', column 11: not allowed here; extended and quartz have ? "
                               "L W # in the day fields";
    std::string more = "; the dialects seconds, extended and quartz have more";
    std::string one = "exactly one of the two day fields must be ?";
    const dialect_case cases[] = {
        {"* * * *", "column 1: 4 fields instead of 5", "column 1: 4 fields instead of 6 to 7",
         "column 1: 4 fields instead of 5 to 7", "column 1: 4 fields instead of 6 to 7"},
        {"1 2 3 4 5", "", "column 1: 5 fields instead of 6 to 7", "", "column 1: 5 fields instead of 6 to 7"},
        {"0 1 2 3 4 ?", "column 11: 6 fields instead of 5" + more, no_late_mark, "", ""},
        {"0 1 2 3 4 5", "column 11: 6 fields instead of 5" + more, "", "",
         "field 'day of week', column 11: " + one},
        {"0 1 2 ? 4 ?", "column 11: 6 fields instead of 5" + more,
         "field 'day of month', column 7: not allowed here; extended and quartz have ? L W # in the day "
         "fields",
         "", "field 'day of week', column 11: " + one},
        {"0 1 2 ? 4 5 2030", "column 11: 7 fields instead of 5" + more,
         "field 'day of month', column 7: not allowed here; extended and quartz have ? L W # in the day "
         "fields",
         "", ""},
        {"1 2 3 4 5 6 2030 8", "column 11: 8 fields instead of 5", "column 18: 8 fields instead of 6 to 7",
         "column 18: 8 fields instead of 5 to 7", "column 18: 8 fields instead of 6 to 7"},
        {"1 2 L * *", no_mark, "column 1: 5 fields instead of 6 to 7", "",
         "column 1: 5 fields instead of 6 to 7"},
        {"@daily", "", "", "", ""},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        CHECK(error_of(c.text, cron_dialect::unix_) == c.unix_);
        CHECK(error_of(c.text, cron_dialect::seconds) == c.seconds);
        CHECK(error_of(c.text, cron_dialect::extended) == c.extended);
        CHECK(error_of(c.text, cron_dialect::quartz) == c.quartz);
    }
}

TEST_CASE("Sunday is 0 and 7, and 1 in Quartz") {
    CHECK(list(fields_of("0 0 * * 0").weekdays) == "0");
    CHECK(list(fields_of("0 0 * * 7").weekdays) == "0");
    CHECK(list(fields_of("0 0 0 ? * 1", cron_dialect::quartz).weekdays) == "0");
    CHECK(list(fields_of("0 0 0 ? * 2-6", cron_dialect::quartz).weekdays) == "1 2 3 4 5");
    CHECK(list(fields_of("0 0 0 ? * L", cron_dialect::quartz).weekdays) == "6");
    CHECK(list(fields_of("0 0 0 ? * 6L", cron_dialect::quartz).last_weekdays) == "5");
    CHECK(list(fields_of("0 0 0 ? * 2#1", cron_dialect::quartz).nth_weekdays[1]) == "1");
    CHECK(list(fields_of("0 0 0 ? * SUN,7", cron_dialect::quartz).weekdays) == "0 6");
    CHECK(error_of("0 0 0 ? * 0", cron_dialect::quartz) ==
          "field 'day of week', column 11: 0 is out of range 1-7");
}

TEST_CASE("ranges of days of the week end or begin on Sunday") {
    const text_case cases[] = {
        {"FRI-SUN", "0 5 6"}, {"5-0", "0 5 6"},     {"5-7", "0 5 6"},
        {"7-2", "0 1 2"},     {"SUN-TUE", "0 1 2"}, {"0-7", "0 1 2 3 4 5 6"},
        {"*/2", "0 2 4 6"},   {"1/2", "1 3 5"},     {"mon-Fri/2", "1 3 5"},
        {"0-6/3", "0 3 6"},   {"2-7/5", "0 2"},     {"Sat,SUN,3", "0 3 6"},
        {"*/7", "0"},         {"sun", "0"},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        CHECK(list(fields_of("0 0 * * " + c.text, cron_dialect::unix_).weekdays) == c.expected);
    }
    CHECK(error_of("0 0 * * 7-0") == "field 'day of week', column 9: the range from 7 to 0 is reversed");
    CHECK(error_of("0 0 * * FRI-MON") == "field 'day of week', column 9: the range from 5 to 1 is reversed");
}

TEST_CASE("a field is a list of values, ranges and steps") {
    const text_case cases[] = {
        {"0", "0"},
        {"007", "7"},
        {"1,2,2", "1 2"},
        {"5-8", "5 6 7 8"},
        {"10-20/5", "10 15 20"},
        {"50/4", "50 54 58"},
        {"*/20", "0 20 40"},
        {"*/59", "0 59"},
        {"3-3", "3"},
        {"1-5/10", "1"},
        {"58-59,0-1", "0 1 58 59"},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        CHECK(list(fields_of(c.text + " 0 * * *", cron_dialect::unix_).minutes) == c.expected);
    }
    CHECK(list(fields_of("0 0 1 jan,Mar-MAY,12 *", cron_dialect::unix_).months) == "1 3 4 5 12");
    CHECK(list(fields_of("0 */7 * * *", cron_dialect::unix_).hours) == "0 7 14 21");
    CHECK(list(fields_of("\t 0  3\t* * * ", cron_dialect::unix_).hours) == "3");
}

TEST_CASE("marks of days are kept apart") {
    auto f = fields_of("0 0 L,L-3,LW,L-2W,15W,1 * 5L,MON#2,3");
    CHECK(list(f.days_from_last) == "0 3");
    CHECK(list(f.near_from_last) == "0 2");
    CHECK(list(f.near_days) == "15");
    CHECK(list(f.days) == "1");
    CHECK(list(f.last_weekdays) == "5");
    CHECK(list(f.nth_weekdays[2]) == "1");
    CHECK(list(f.weekdays) == "3");
    CHECK_FALSE(f.any_day);
    CHECK_FALSE(f.any_weekday);
}

TEST_CASE("a star, a step of one and a question mark restrict no day") {
    for (std::string day : {"*", "*/1", "?", "*,3", "3,*/1"}) {
        INFO(day);
        CHECK(fields_of("0 0 " + day + " * 1").any_day);
        CHECK(fields_of("0 0 1 * " + day).any_weekday);
    }
    for (std::string day : {"*/2", "1-31", "3"}) CHECK_FALSE(fields_of("0 0 " + day + " * 1").any_day);
    for (std::string day : {"*/2", "0-6", "0-7", "3"}) CHECK_FALSE(fields_of("0 0 1 * " + day).any_weekday);
}

TEST_CASE("a time field that starts with a star makes an expression frequent") {
    for (auto text : {"* 2 * * *", "30 * * * *", "*/15 2 * * *", "*,5 2 * * *"})
        CHECK(fields_of(text, cron_dialect::unix_).frequent);
    for (auto text :
         {"30 2 * * *", "0,30 2 * * *", "0 1-3 * * *", "0-59 2 * * *", "5,* 2 * * *", "0/15 2 * * *"})
        CHECK_FALSE(fields_of(text, cron_dialect::unix_).frequent);
    CHECK(fields_of("*/10 0 2 * * *").frequent);
    CHECK_FALSE(fields_of("0 0 2 * * *").frequent);
}

TEST_CASE("nicknames are what they stand for") {
    const text_case cases[] = {
        {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
        {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
        {"@hourly", "0 * * * *"},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        CHECK(fields_of(c.text, cron_dialect::quartz) == fields_of(c.expected, cron_dialect::unix_));
    }
    CHECK(fields_of("@reboot").reboot);
    std::string unknown =
        "column 1: not one of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @reboot";
    for (auto text : {"@Daily", "@day", "@", "@daily 3"}) CHECK(error_of(text) == unknown);
    CHECK(error_of(" @every 5m") == "column 2: @every wants an interval, as in '@every 1h30m', and a task");
}

TEST_CASE("H draws a value from the uid, always the same") {
    auto f = hashed_fields("H H(0-3) H * H", "backup");
    CHECK(f == hashed_fields("H H(0-3) H * H", "backup"));
    CHECK(f.hashed);
    CHECK(list(f.minutes) == "25");
    CHECK(list(f.hours) == "1");
    CHECK(list(f.days) == "4");
    CHECK(list(f.weekdays) == "0");
    CHECK(error_of("0 H(3-1) * * *") == "field 'hour', column 5: the range from 3 to 1 is reversed");
    CHECK(error_of("0 H(3) * * *") == "field 'hour', column 6: unexpected character");
    CHECK(error_of("0 H(22-24) * * *") == "field 'hour', column 8: 24 is out of range 0-23");
    CHECK(to_string(detail::parse_cron("0 H * * *").error) ==
          "field 'hour', column 3: H needs the uid of a task");
}

TEST_CASE("H spreads over its range and never leaves it") {
    std::set<std::string> minutes;
    std::set<std::string> quarters;
    for (int i = 0; i != 2'000; ++i) {
        std::string uid = "task " + std::to_string(i);
        auto f = hashed_fields("H H(0-3) H H H", uid);
        minutes.insert(list(f.minutes));
        CHECK(std::popcount(f.minutes) == 1);
        CHECK((std::popcount(f.hours) == 1 && (f.hours & ~0xfU) == 0));
        CHECK(
            (std::popcount(f.days) == 1 && std::countr_zero(f.days) >= 1 && std::countr_zero(f.days) <= 28));
        CHECK((std::popcount(f.months) == 1 && (f.months & ~0x1ffeU) == 0));
        CHECK((std::popcount(f.weekdays) == 1 && f.weekdays < 0x80));
        auto q = hashed_fields("H/15 H(9-17)/4 * * *", uid);
        quarters.insert(list(q.minutes));
        std::uint64_t first = q.minutes & 0x7fff;
        CHECK(std::popcount(first) == 1);
        CHECK(q.minutes == (first | first << 15 | first << 30 | first << 45));
        CHECK((q.hours & ~0x3fe00U) == 0);
        CHECK(std::popcount(q.hours) >= 2);
        auto quartz = hashed_fields("0 0 H ? * H", uid, cron_dialect::quartz);
        CHECK((std::popcount(quartz.weekdays) == 1 && quartz.weekdays < 0x80));
    }
    CHECK(minutes.size() == 60);
    CHECK(quarters.size() == 15);
}

TEST_CASE("an error names the field, the column and the reason") {
    const text_case cases[] = {
        {"", "column 1: empty"},
        {" \t", "column 1: empty"},
        {"* * * * 8", "field 'day of week', column 9: 8 is out of range 0-7"},
        {"60 * * * *", "field 'minute', column 1: 60 is out of range 0-59"},
        {"0 24 * * *", "field 'hour', column 3: 24 is out of range 0-23"},
        {"0 0 0 * *", "field 'day of month', column 5: 0 is out of range 1-31"},
        {"0 0 1 13 *", "field 'month', column 7: 13 is out of range 1-12"},
        {"0 0 1-32 * *", "field 'day of month', column 7: 32 is out of range 1-31"},
        {"0 22-2 * * *", "field 'hour', column 3: the range from 22 to 2 is reversed"},
        {"0 0 1 NOV-FEB *", "field 'month', column 7: the range from 11 to 2 is reversed"},
        {"*/0 * * * *", "field 'minute', column 3: step 0 is out of range 1-59"},
        {"*/60 * * * *", "field 'minute', column 3: step 60 is out of range 1-59"},
        {"0 0 1 */13 *", "field 'month', column 9: step 13 is out of range 1-12"},
        {"1,,2 * * * *", "field 'minute', column 3: a value is missing"},
        {"1, * * * *", "field 'minute', column 3: a value is missing"},
        {"5- * * * *", "field 'minute', column 3: a value is missing"},
        {"5/ * * * *", "field 'minute', column 3: a number is needed here"},
        {"-5 * * * *", "field 'minute', column 1: a number is needed here"},
        {"+5 * * * *", "field 'minute', column 1: a number is needed here"},
        {"a * * * *", "field 'minute', column 1: a number is needed here"},
        {"1.5 * * * *", "field 'minute', column 2: unexpected character"},
        {"1-2-3 * * * *", "field 'minute', column 4: unexpected character"},
        {"*5 * * * *", "field 'minute', column 2: unexpected character"},
        {"0 0 * january *", "field 'month', column 10: unexpected character"},
        {"0 0 * foo *", "field 'month', column 7: not a name of three letters"},
        {"0 0 MON * *", "field 'day of month', column 5: a number is needed here"},
        {"0 0 ? * 1", "field 'day of month', column 5: not allowed here; extended and quartz have ? L W # in "
                      "the day fields"},
        {"0 0 * * 5#1", "field 'day of week', column 10: not allowed here; extended and quartz have ? L W # "
                        "in the day fields"},
        {"99999999999999 * * * *", "field 'minute', column 1: 999999 is out of range 0-59"},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        CHECK(error_of(c.text) == c.expected);
    }
    CHECK(error_of(std::string(1'001, ' ')) == "column 1: longer than 1000 bytes");
}

TEST_CASE("an error of a mark says what is wrong with it") {
    const text_case cases[] = {
        {"0 0 L-0 * *", "field 'day of month', column 7: 0 is out of range 1-30"},
        {"0 0 L-31 * *", "field 'day of month', column 7: 31 is out of range 1-30"},
        {"0 0 L- * *", "field 'day of month', column 7: a number is needed here"},
        {"0 0 32W * *", "field 'day of month', column 5: 32 is out of range 1-31"},
        {"0 0 1-5W * *", "field 'day of month', column 8: not allowed here; extended and quartz have ? L W # "
                         "in the day fields"},
        {"0 0 ?,1 * *", "field 'day of month', column 5: ? must be the whole field"},
        {"0 0 1 ? *",
         "field 'month', column 7: not allowed here; extended and quartz have ? L W # in the day fields"},
        {"0 0 * * L", "field 'day of week', column 9: not allowed here; extended and quartz have ? L W # in "
                      "the day fields"},
        {"0 0 * * 5#6", "field 'day of week', column 11: 6 is out of range 1-5"},
        {"0 0 * * 5#0", "field 'day of week', column 11: 0 is out of range 1-5"},
        {"0 0 * * 8L", "field 'day of week', column 9: 8 is out of range 0-7"},
        {"0 0 0 1 1 ? 2200", "field 'year', column 13: 2200 is out of range 1970-2199"},
        {"0 0 0 1 1 ? 1969", "field 'year', column 13: 1969 is out of range 1970-2199"},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        CHECK(error_of(c.text, cron_dialect::extended) == c.expected);
    }
}

TEST_CASE("no text makes the parser read beyond it") {
    const std::string_view alphabet = "0123456789*/-,?LWH#()@ \tJANMON\x80\xff";
    std::uint64_t state = 1;
    for (int i = 0; i != 50'000; ++i) {
        std::string text;
        state = detail::stable_hash("next", state);
        for (auto left = state; left != 0; left >>= 5) text += alphabet[left % alphabet.size()];
        for (auto dialect : {cron_dialect::unix_, cron_dialect::extended, cron_dialect::quartz}) {
            auto parsed = detail::parse_cron(text, dialect, 0);
            if (parsed.ok()) continue;
            CHECK(parsed.error.column >= 1);
            CHECK(parsed.error.column <= text.size() + 1);
            CHECK_FALSE(to_string(parsed.error).empty());
        }
    }
}

TEST_CASE("what is hardly meant is warned of") {
    const std::string either =
        "both day fields restrict: a day that either allows will do, also where one is */n";
    const std::string never = "it never fires: no year has such a day";
    const std::string some = "some of its months are too short for its days and are left out";
    struct {
        std::string text;
        std::vector<std::string> expected;
    } const cases[] = {
        {"0 0 * * *", {}},         {"0 0 13 * 5", {}},
        {"0 0 */2 * 5", {either}}, {"0 0 13 * */2", {either}},
        {"0 0 */2 * *", {}},       {"0 0 30 2 *", {never}},
        {"0 0 31 4,6 ?", {never}}, {"0 0 29 2 *", {}},
        {"0 0 31 * *", {some}},    {"0 0 30 2,3 *", {some}},
        {"0 0 1,31 * *", {}},      {"0 0 L * *", {}},
        {"0 0 30 2 1", {}},        {"0 0 0 29 2 ? 2100", {never}},
        {"0 0 0 29 2 ? 2000", {}}, {"@reboot", {"@reboot never fires: there is no time of day in it"}},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        CHECK(warnings_of(fields_of(c.text)) == c.expected);
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::crontab
