// SPDX-License-Identifier: BSL-1.0
#include <rondo/postgres.hpp>

#include <repository/blocking.hpp>
#include <repository/conformance.hpp>
#include <repository/postgres_place.hpp>

#include <chrono>
#include <optional>

namespace {

void check(bool prepare, std::chrono::milliseconds lease = {}) {
    std::optional<rondo::testing::postgres_place> place;
    rondo::testing::repository_under_test subject;
    subject.make_empty = [&] {
        place.emplace();
        place->options.prepare = prepare;
        place->options.lease = lease;
        return place->open();
    };
    const auto let_go = [&] {
        (void)rondo::testing::blocking(place->open()->users()).value(); // makes the tables
        place->sql("update " + place->schema() + ".run set lease_until = null where outcome is null");
    };
    if (lease.count() > 0) subject.let_go = let_go;
    subject.reopen = [&] { return place->open(); };
    subject.set_failing = [](bool yes) {
        if (yes) {
            rondo::testing::shared_server().stop_at_once();
        } else {
            rondo::testing::shared_server().start();
        }
    };
    rondo::testing::expect_conformance(subject);
}

} // namespace

TEST_SUITE_BEGIN("repository/postgres_conformance");

TEST_CASE("the PostgreSQL repository keeps the contract") {
    check(true);
}

TEST_CASE("the PostgreSQL repository keeps the contract where managers share it") {
    check(true, std::chrono::seconds(30));
}

TEST_CASE("the PostgreSQL repository keeps the contract without prepared statements") {
    check(false);
}

TEST_SUITE_END();
