// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/open_file.hpp>

#include <repository/blocking.hpp>
#include <repository/scratch_folder.hpp>

#include <sqlite3.h>

#include <ostream>
#include <string>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/sqlite_plans");

namespace {

using namespace rondo;
using namespace rondo::testing;

/// What SQLite did for the statements that read runs, by its own account.
struct effort {
    int statements = 0;
    int sorts = 0;
    int steps = 0; // of its virtual machine
};

effort effort_of(sqlite3* db, const std::string& part = "join task t") {
    effort e;
    for (sqlite3_stmt* s = sqlite3_next_stmt(db, nullptr); s != nullptr; s = sqlite3_next_stmt(db, s)) {
        if (std::string(sqlite3_sql(s)).find(part) == std::string::npos) continue;
        ++e.statements;
        e.sorts += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_SORT, 1);
        e.steps += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 1);
    }
    return e;
}

/// 2,000 runs of "t" that ended, each with a result for "a".
void fill(repository& r) {
    blocking(r.register_tasks(one_task("t"))).value();
    std::vector<begin_request> begins;
    std::vector<finish_request> ends;
    for (std::uint64_t n = 1; n <= 2'000; ++n) {
        begins.push_back(one_begin("t", n)[0]);
        ends.push_back(one_end("t", n)[0]);
        ends.back().run.results.emplace_back(user("a"), "");
    }
    blocking(r.begin_runs(begins)).value();
    blocking(r.finish_runs(ends)).value();
}

} // namespace

TEST_CASE("a page of history costs the same wherever it is, and is not sorted") {
    effort last;
    sqlite::detail::seams seams;
    seams.before_transaction = [&](sqlite3* db) { last = effort_of(db); };
    const scratch_folder folder;
    const auto repository = sqlite::detail::open_file(folder.path("a.db"), {}, seams).value();
    fill(*repository);
    history_filter filter;
    filter.limit = 10;
    SUBCASE("of all") {}
    SUBCASE("of a task") {
        filter.uid = "t";
    }
    SUBCASE("of a user") {
        filter.user = "a";
    }
    SUBCASE("of a task and a user") {
        filter.uid = "t";
        filter.user = "a";
    }
    SUBCASE("of an outcome") {
        filter.outcome = outcome::success;
    }
    SUBCASE("of a trigger") {
        filter.trigger = trigger::manual;
    }
    SUBCASE("of a span of time") {
        filter.from = at(50);
        filter.to = at(1'999);
    }
    for (std::int64_t start : {1'990, 1'000, 100}) {
        filter.before = history_key{at(start), id(0)};
        CHECK(blocking(repository->history(filter)).value().runs.size() == 10);
        blocking(repository->users()).value(); // whose transaction looks back
        CHECK(last.statements == 1);
        CHECK(last.sorts == 0);
        CHECK(last.steps > 0);
        CHECK(last.steps < 1'000);
    }
}

TEST_CASE("a summary costs as much as there is in its stretch of time, and is not sorted") {
    effort last;
    sqlite::detail::seams seams;
    seams.before_transaction = [&](sqlite3* db) { last = effort_of(db, "from run r where r.task"); };
    const scratch_folder folder;
    const auto repository = sqlite::detail::open_file(folder.path("a.db"), {}, seams).value();
    fill(*repository);
    for (std::int64_t start : {1, 1'000, 1'990}) {
        summary_filter filter;
        filter.from = at(start);
        filter.to = at(start + 10);
        REQUIRE(blocking(repository->summary(filter)).value().size() == 1);
        CHECK(blocking(repository->summary(filter)).value()[0].runs == 10);
        blocking(repository->users()).value(); // whose transaction looks back
        CHECK(last.statements == 1);
        CHECK(last.sorts == 0);
        CHECK(last.steps > 0);
        CHECK(last.steps < 500);
    }
}

TEST_CASE("a long summary is read in parts, with others between them") {
    int transactions = 0;
    sqlite::detail::seams seams;
    seams.before_transaction = [&](sqlite3*) { ++transactions; };
    const scratch_folder folder;
    const auto repository = sqlite::detail::open_file(folder.path("a.db"), {}, seams).value();
    fill(*repository);
    transactions = 0;
    CHECK(blocking(repository->summary({})).value()[0].runs == 2'000);
    CHECK(transactions == 3);
}

TEST_SUITE_END();
