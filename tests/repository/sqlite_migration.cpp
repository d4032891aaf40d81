// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/open_file.hpp>
#include <repository/sqlite/schema.hpp>

#include <repository/blocking.hpp>
#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

TEST_SUITE_BEGIN("repository/sqlite_migration");

namespace {

using namespace rondo;
using namespace rondo::testing;
using rondo::sqlite::detail::migration;

/// A rondo of the future: our steps and one more.
class newer_rondo {
public:
    explicit newer_rondo(const char* sql) {
        const auto ours = sqlite::detail::migrations();
        steps_.assign(ours.begin(), ours.end());
        steps_.push_back({version(), sql});
    }

    [[nodiscard]] static std::int64_t version() { return sqlite::detail::migrations().back().to + 1; }

    [[nodiscard]] result<std::shared_ptr<sqlite::database>> open(const std::string& path) const {
        sqlite::detail::seams s;
        s.steps = steps_;
        return sqlite::detail::open_file(path, {}, s);
    }

private:
    std::vector<migration> steps_;
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
    CHECK(raw_database(path).text("pragma user_version") == std::to_string(newer_rondo::version()));
    CHECK(raw_database(path).text("select colour from task") == "red");
    CHECK(sqlite::open(path).error() == errc::store_too_new);
}

TEST_CASE("a database of the first version keeps its runs, and its pauses have no reason") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    {
        raw_database db(path);
        db.execute(sqlite::detail::migrations()[0].sql);
        db.execute("pragma application_id = " + std::to_string(sqlite::detail::application_id));
        db.execute("pragma user_version = 1");
        db.execute("insert into task (uid, name, schedule, hidden, anchor, next_slot, paused) "
                   "values ('t', 't', 'every 10s', 0, 0, 20000000, 1)");
        db.execute("insert into run values (zeroblob(16), 1, 'schedule', 10000000, 11000000, 12000000, "
                   "'failed', '', 1)");
    }
    const auto repository = sqlite::open(path).value();
    const task_state state = blocking(repository->register_tasks(one_task("t"))).value()[0];
    CHECK(state.paused);
    CHECK(state.pause_reason.empty());
    CHECK(!state.paused_until);
    CHECK(state.failures == 1);
    const history_page page = blocking(repository->history({})).value();
    REQUIRE(page.runs.size() == 1);
    CHECK(page.runs[0].attempt == 1);
}

TEST_CASE("a database of the second version keeps its runs, none of which told anything, and takes what "
          "others tell") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    {
        raw_database db(path);
        for (int step : {0, 1}) db.execute(sqlite::detail::migrations()[static_cast<std::size_t>(step)].sql);
        db.execute("pragma application_id = " + std::to_string(sqlite::detail::application_id));
        db.execute("pragma user_version = 2");
        db.execute("insert into task (uid, name, schedule, hidden, anchor, next_slot) "
                   "values ('t', 't', 'every 10s', 0, 0, 20000000)");
        db.execute("insert into run values (zeroblob(16), 1, 'retry', 10000000, 11000000, 12000000, "
                   "'failed', 'why', 1, 2)");
    }
    const auto repository = sqlite::open(path).value();
    const run old = blocking(repository->find_run(run_id())).value().value();
    CHECK(old.attempt == 2);
    CHECK(old.message == "why");
    CHECK(old.output == nullptr);
    run_output told;
    told.progress = run_progress{0.25, "a quarter", at(3)};
    told.lines = {{at(2), "a line"}};
    blocking(repository->begin_runs(one_begin("t", 1))).value();
    auto end = one_end("t", 1);
    end[0].run.output = std::make_shared<const run_output>(told);
    blocking(repository->finish_runs(end)).value();
    CHECK(*blocking(repository->find_run(id(1))).value()->output == told);
}

TEST_CASE("a database of the third version keeps where its tasks go on") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    {
        raw_database db(path);
        for (std::size_t step : {0, 1, 2}) db.execute(sqlite::detail::migrations()[step].sql);
        db.execute("pragma application_id = " + std::to_string(sqlite::detail::application_id));
        db.execute("pragma user_version = 3");
        db.execute(
            "insert into task (id, uid, name, schedule, hidden, anchor, next_slot, token) values "
            "(15, 'a', '', 'every 10s', 0, 0, 20000000, 7), (16, 'b', '', 'every 10s', 0, 0, null, 3), "
            "(31, 'c', '', 'every 10s', 0, 0, 30000000, 0), (1000, 'd', '', 'every 10s', 0, 0, -5, 9), "
            "(1001, 'e', '', 'every 10s', 0, 0, 9223372036854775807, 9223372036854775800), "
            "(14, 'damaged', '', 'every 10s', 0, 0, 0, -1), (-3, 'negative', '', 'every 10s', 0, 0, 0, 1)");
    }
    const auto repository = sqlite::open(path).value();
    const auto next_slot = [&](std::string_view uid) {
        return blocking(repository->register_tasks(one_task(uid))).value().at(0).next_slot;
    };
    CHECK(next_slot("a") == moment(at(20)));
    CHECK(next_slot("b") == moment());
    CHECK(next_slot("c") == moment(at(30)));
    CHECK(next_slot("d") == moment(wall_time(std::chrono::microseconds(-5))));
    CHECK(next_slot("e") == moment(cursor_waits_for_end));
    for (const char* uid : {"damaged", "negative"})
        CHECK(error_of(repository->register_tasks(one_task(uid))) == errc::store_corrupt);
    const auto token = [&](std::string_view uid, std::uint64_t n) {
        return blocking(repository->begin_runs(one_begin(uid, n))).value().at(0).token;
    };
    CHECK(token("a", 1) == 8);
    CHECK(token("b", 2) == 4);
    CHECK(token("c", 3) == 1);
    CHECK(token("d", 4) == 10);
    CHECK(token("e", 5) == 9223372036854775801);
}

TEST_CASE("a database to which somebody added what a step cannot take along stays as it is") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    {
        raw_database db(path);
        for (std::size_t step : {0, 1, 2}) db.execute(sqlite::detail::migrations()[step].sql);
        db.execute("pragma application_id = " + std::to_string(sqlite::detail::application_id));
        db.execute("pragma user_version = 3");
        db.execute("insert into task (uid, name, schedule, hidden, anchor, next_slot) "
                   "values ('t', 't', 'every 10s', 0, 0, 20000000)");
        db.execute("create index mine on task (next_slot)");
    }
    CHECK(sqlite::open(path).error() == errc::store_corrupt);
    CHECK(raw_database(path).text("select next_slot from task") == "20000000");
    CHECK(raw_database(path).text("pragma user_version") == "3");
    raw_database(path).execute("drop index mine");
    const auto repository = sqlite::open(path).value();
    CHECK(blocking(repository->register_tasks(one_task("t"))).value().at(0).next_slot == moment(at(20)));
}

TEST_CASE("output that no body tells is a damaged file") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    {
        const auto repository = sqlite::open(path).value();
        blocking(repository->register_tasks(one_task("t"))).value();
        blocking(repository->begin_runs(one_begin("t", 1))).value();
        blocking(repository->finish_runs(one_end("t", 1))).value();
    }
    raw_database(path).execute(
        "update run set lines_dropped = 0, progress = 1.5, progress_text = '', progress_at = 0");
    CHECK(error_of(sqlite::open(path).value()->find_run(id(1))) == errc::store_corrupt);
    raw_database(path).execute("update run set progress = 0.5, lines_dropped = -1");
    CHECK(error_of(sqlite::open(path).value()->find_run(id(1))) == errc::store_corrupt);
    raw_database(path).execute("update run set lines_dropped = 3, progress_text = null");
    CHECK(error_of(sqlite::open(path).value()->find_run(id(1))) == errc::store_corrupt);
}

TEST_CASE("a new database is made by all the steps") {
    const scratch_folder folder;
    const newer_rondo newer("alter table task add column colour text not null default 'red'");
    CHECK(newer.open(folder.path("a.db")).has_value());
    CHECK(newer.open(folder.path("a.db")).has_value());
    CHECK(raw_database(folder.path("a.db")).text("pragma user_version") ==
          std::to_string(newer_rondo::version()));
}

TEST_CASE("a step that writes much leaves no long log behind") {
    const scratch_folder folder;
    const newer_rondo newer("create table ballast (x blob) strict;"
                            "with recursive n (i) as (select 1 union all select i + 1 from n where i < 1200) "
                            "insert into ballast select randomblob(16384) from n");
    const auto repository = newer.open(folder.path("a.db")).value();
    CHECK(std::filesystem::file_size(folder.path("a.db")) > 1200 * 16384);
}

TEST_CASE("a step that fails leaves the database as it was") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    blocking(sqlite::open(path).value()->register_tasks(one_task("t"))).value();
    const newer_rondo broken("create table extra (n integer) strict; insert into nowhere values (1)");
    CHECK(broken.open(path).has_error());
    CHECK(raw_database(path).text("pragma user_version") == std::to_string(newer_rondo::version() - 1));
    CHECK(raw_database(path).text("select count(*) from sqlite_schema where name = 'extra'") == "0");
    const auto repository = sqlite::open(path).value();
    CHECK_FALSE(blocking(repository->register_tasks(one_task("t"))).value()[0].created);
}

TEST_SUITE_END();
