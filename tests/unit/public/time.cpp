// SPDX-License-Identifier: BSL-1.0
#include <rondo/time.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>

namespace rondo {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::sys_days;

TEST_SUITE_BEGIN("public/time");

TEST_CASE("instants are written as ISO 8601 in UTC") {
    wall_time t = sys_days(2025y / 3 / 30) + 1h + 2min + 3s + 4567us;
    CHECK(to_string(t) == "2025-03-30T01:02:03.004Z");
    CHECK(to_string(t, 0) == "2025-03-30T01:02:03Z");
    CHECK(to_string(t, 6) == "2025-03-30T01:02:03.004567Z");
}

TEST_CASE("the decimals of instants before 1970 count forward") {
    CHECK(to_string(wall_time(-1us), 6) == "1969-12-31T23:59:59.999999Z");
    CHECK(to_string(wall_time(sys_days(2024y / 2 / 29)), 0) == "2024-02-29T00:00:00Z");
}

TEST_CASE("instants out of range are shown as its ends") {
    CHECK(to_string(wall_time::min(), 0) == "0001-01-01T00:00:00Z");
    CHECK(to_string(wall_time_first, 0) == "0001-01-01T00:00:00Z");
    CHECK(to_string(wall_time_last, 0) == "9999-12-31T00:00:00Z");
    CHECK(to_string(wall_time::max(), 0) == "9999-12-31T00:00:00Z");
}

TEST_CASE("no instant is never") {
    CHECK(to_string(moment()) == "never");
    CHECK(to_string(moment(wall_time(0s))) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("moments are the same if both are never or both are at once") {
    CHECK(moment() == moment());
    CHECK(!(moment() == moment(wall_time())));
    CHECK(moment(wall_time(1s)) == moment(wall_time(1s)));
    CHECK(!(moment(wall_time(1s)) == moment(wall_time(2s))));
}

TEST_CASE("durations are written in the largest unit that shows them whole") {
    struct row {
        microseconds d;
        const char* text;
    };
    for (const row& r :
         {row{0us, "0s"}, row{1us, "1us"}, row{250us, "250us"}, row{1500us, "1500us"}, row{2ms, "2ms"},
          row{90s, "90s"}, row{2min, "2min"}, row{90min, "90min"}, row{6h, "6h"}, row{24h, "1d"},
          row{36h, "36h"}, row{-1us, "-1us"}, row{-3600s, "-1h"}, row{8'760h, "365d"}})
        CHECK(to_string(r.d) == r.text);
    CHECK(to_string(microseconds::max()) == "9223372036854775807us");
    CHECK(to_string(microseconds::min()) == "-9223372036854775808us");
}

TEST_SUITE_END();

} // namespace
} // namespace rondo
