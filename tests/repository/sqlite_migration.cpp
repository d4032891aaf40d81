// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/open_file.hpp>

#include <repository/blocking.hpp>
#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>

#include <array>
#include <ostream>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/sqlite_migration");

namespace {

using namespace rondo;
using namespace rondo::testing;
using rondo::sqlite::detail::migration;

/// A rondo of the future: our steps and one more.
class newer_rondo {
public:
    explicit newer_rondo(const char* sql) : steps_{sqlite::detail::migrations()[0], migration{2, sql}} {}

    [[nodiscard]] result<std::shared_ptr<repository>> open(const std::string& path) const {
        sqlite::detail::seams s;
        s.steps = steps_;
        return sqlite::detail::open_file(path, {}, s);
    }

private:
    std::array<migration, 2> steps_;
};

} // namespace

TEST_CASE("an older database is brought up to date, and keeps what it holds") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    blocking(sqlite::open(path).value()->register_tasks(one_task("t"))).value();
    {
        const newer_rondo newer("alter table task add column colour text not null default 'red'");
        const auto repository = newer.open(path).value();
        CHECK_FALSE(blocking(repository->register_tasks(one_task("t"))).value()[0].created);
    }
    CHECK(raw_database(path).text("pragma user_version") == "2");
    CHECK(raw_database(path).text("select colour from task") == "red");
    CHECK(sqlite::open(path).error() == errc::store_too_new);
}

TEST_CASE("a new database is made by all the steps") {
    const scratch_folder folder;
    const newer_rondo newer("alter table task add column colour text not null default 'red'");
    CHECK(newer.open(folder.path("a.db")).has_value());
    CHECK(newer.open(folder.path("a.db")).has_value());
    CHECK(raw_database(folder.path("a.db")).text("pragma user_version") == "2");
}

TEST_CASE("a step that fails leaves the database as it was") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    blocking(sqlite::open(path).value()->register_tasks(one_task("t"))).value();
    const newer_rondo broken("create table extra (n integer) strict; insert into nowhere values (1)");
    CHECK(broken.open(path).has_error());
    CHECK(raw_database(path).text("pragma user_version") == "1");
    CHECK(raw_database(path).text("select count(*) from sqlite_schema where name = 'extra'") == "0");
    const auto repository = sqlite::open(path).value();
    CHECK_FALSE(blocking(repository->register_tasks(one_task("t"))).value()[0].created);
}

TEST_SUITE_END();
