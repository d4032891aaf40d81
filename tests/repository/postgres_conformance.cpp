// SPDX-License-Identifier: BSL-1.0
#include <rondo/postgres.hpp>

#include <repository/conformance.hpp>
#include <repository/postgres_place.hpp>

#include <optional>

namespace {

void check(bool prepare) {
    std::optional<rondo::testing::postgres_place> place;
    rondo::testing::repository_under_test subject;
    subject.make_empty = [&] {
        place.emplace();
        place->options.prepare = prepare;
        return place->open();
    };
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

TEST_CASE("the PostgreSQL repository keeps the contract without prepared statements") {
    check(false);
}

TEST_SUITE_END();
