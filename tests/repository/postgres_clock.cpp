// SPDX-License-Identifier: BSL-1.0
// What the server says of the time, and how long that took.
#include <repository/postgres/leases.hpp>
#include <repository/postgres_shared_place.hpp>

namespace rondo::testing {
namespace {

using postgres::detail::leases;
using postgres::detail::news_desk;

TEST_SUITE_BEGIN("repository/postgres_clock");

TEST_CASE("a reading that took long counts where nothing better is known, or not any more") {
    leases l(30s, std::make_shared<news_desk>());
    const steady_time start{1000s};
    CHECK(l.wants_reading(start));
    CHECK(l.takes_reading(800ms, start));
    CHECK_FALSE(l.wants_reading(start + 59s));
    CHECK(l.takes_reading(10ms, start + 1s));
    CHECK_FALSE(l.takes_reading(21ms, start + 2s)); // more than twice the best
    CHECK(l.takes_reading(20ms, start + 3s));
    CHECK(l.takes_reading(1ms, start + 4s));
    CHECK(l.takes_reading(5ms, start + 5s)); // as good as any
    CHECK_FALSE(l.takes_reading(6ms, start + 6s));
    CHECK_FALSE(l.wants_reading(start + 64s));
    CHECK(l.wants_reading(start + 65s)); // a minute after the last that counted
    CHECK(l.takes_reading(500ms, start + 65s));
    CHECK(l.takes_reading(900ms, start + 66s)); // as that is the best now
    CHECK_FALSE(l.takes_reading(1001ms, start + 67s));
    l.begin_anew();
    CHECK(l.wants_reading(start + 68s));
    CHECK(l.takes_reading(1h, start + 68s));
}

TEST_CASE("a manager does not start by a clock that is told too late") {
    shared_place place;
    (void)place.join(); // makes the tables
    place.sql("create schema slow");
    const auto told_after = [&](const std::string& seconds) {
        place.sql(
            "create or replace function slow.clock_timestamp() returns timestamptz language sql volatile as "
            "'select pg_catalog.clock_timestamp() from pg_catalog.pg_sleep(" +
            seconds + ")'");
        return postgres::open(place.server() + " options='-c search_path=slow,pg_catalog'", place.options)
            .value();
    };
    CHECK(error_of(told_after("0.95")->start(at(0))) == errc::store_failed);
    const repository_ptr r = told_after("0.1");
    REQUIRE(blocking(r->start(at(0))).has_value());
    CHECK(blocking(r->watch()).value().clock.has_value());
    place.sql("drop schema slow cascade");
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::testing
