// SPDX-License-Identifier: BSL-1.0
#include <rondo/format.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <chrono>

namespace rondo {
namespace {

using namespace std::chrono_literals;

TEST_SUITE_BEGIN("public/format");

TEST_CASE("words, strings, moments, ids and schedules can be formatted") {
    CHECK(fmt::format("{} {}", outcome::timed_out, status::running) == "timed_out running");
    CHECK(fmt::format("{} {}", skip_reason::missed, trigger::catch_up) == "missed catch_up");
    CHECK(fmt::format("[{}]", shared_string("uid")) == "[uid]");
    CHECK(fmt::format("[{}]", shared_string()) == "[]");
    CHECK(fmt::format("{}", moment()) == "never");
    CHECK(fmt::format("{}", moment(wall_time(1s))) == "1970-01-01T00:00:01.000Z");
    CHECK(fmt::format("{}", run_id{1, 2}) == "00000000-0000-0001-0000-000000000002");
    CHECK(fmt::format("{}", every(90s)) == "every 90s");
}

TEST_CASE("the format specifiers are those of strings") {
    CHECK(fmt::format("{:>8}|{:.3}", outcome::failed, status::waiting) == "  failed|wai");
    CHECK(fmt::format("{:<5}|", shared_string("ab")) == "ab   |");
    CHECK(fmt::format("{:*^9}", moment()) == "**never**");
}

TEST_SUITE_END();

} // namespace
} // namespace rondo
