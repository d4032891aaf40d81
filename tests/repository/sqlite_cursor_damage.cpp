// SPDX-License-Identifier: BSL-1.0
// Cursors on record that are not what we wrote, and those that must not come there.
#include <repository/blocking.hpp>
#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>
#include <repository/steps.hpp>

#include <rondo/sqlite.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <string>
#include <vector>

TEST_SUITE_BEGIN("repository/sqlite_cursor_damage");

namespace {

using namespace rondo;
using namespace rondo::testing;

struct damaged_page {
    const char* what;
    std::string text;
};

const damaged_page damaged_pages[] = {{"no JSON", "x"},
                                      {"nothing", ""},
                                      {"a number", "17"},
                                      {"an array", "[[0,0],[0,0]]"},
                                      {"without the task", "{}"},
                                      {"of another row", R"({"1":[0,0],"16":[0,0]})"},
                                      {"of no task", R"({"1":[0,0],"x":[0,0]})"},
                                      {"more than a number", R"({"1 ":[0,0]})"},
                                      {"a number that is not written so", R"({"01":[0,0]})"},
                                      {"a number too large", R"({"1":[0,0],"99999999999999999999":[0,0]})"},
                                      {"a negative number", R"({"1":[0,0],"-1":[0,0]})"},
                                      {"twice", R"({"1":[0,0],"1":[0,0]})"},
                                      {"more than a row has", R"({"1":[0,0]})" + std::string(2048, ' ')},
                                      {"a number for the pair", R"({"1":5})"},
                                      {"a text for the pair", R"({"1":"[0,0]"})"},
                                      {"half a pair", R"({"1":[0]})"},
                                      {"more than a pair", R"({"1":[0,0,0]})"},
                                      {"a token that is none", R"({"1":[0,-1]})"},
                                      {"a token without end", R"({"1":[0,99999999999999999999]})"},
                                      {"a token that is a fraction", R"({"1":[0,0.0]})"},
                                      {"a token that is a truth", R"({"1":[0,true]})"},
                                      {"a slot that is no time", R"({"1":["0",0]})"},
                                      {"a slot without end", R"({"1":[-99999999999999999999,0]})"}};

} // namespace

TEST_CASE("cursors that nobody wrote are a damaged file, which stays as it is") {
    for (const damaged_page& page : damaged_pages) {
        CAPTURE(page.what);
        const scratch_folder folder;
        const std::string path = folder.path("a.db");
        {
            const auto store = sqlite::open(path).value();
            blocking(store->register_tasks(some_tasks(1))).value();
            blocking(store->begin_runs({step(0, 0, 1)})).value();
        }
        raw_database(path).execute("update cursor_page set cursors = '" + page.text + "'");
        const auto store = sqlite::open(path).value();
        CHECK(error_of(store->begin_runs({step(0, 0, 2)})) == errc::store_corrupt);
        CHECK(error_of(store->register_tasks(some_tasks(2))) == errc::store_corrupt);
        history_filter filter;
        filter.uid = uid_of(0);
        CHECK(blocking(store->history(filter)).value().runs.size() == 1); // which needs no cursor
        CHECK(blocking(store->skips(uid_of(0), 1)).value().empty());
        auto end = one_end(uid_of(0), 1); // nor does this one
        end[0].token = 1;
        CHECK(blocking(store->finish_runs(end)).value().at(0) == finish_state::recorded);
        const auto damage = blocking(store->find_damage(10)).value();
        REQUIRE(!damage.empty());
        CHECK(damage[0] == "the cursor of task 'task 0' is damaged or missing");
        raw_database raw(path);
        CHECK(raw.text("select cursors from cursor_page") == page.text);
        CHECK(raw.text("select count(*) from run") == "1");
    }
}

TEST_CASE("all whose cursors are damaged are named, up to the limit") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto store = sqlite::open(path).value();
    blocking(store->register_tasks(some_tasks(40))).value(); // of which the first row has 15
    raw_database(path).execute("update cursor_page set cursors = 'x' where id <> 1");
    CHECK(blocking(store->find_damage(100)).value().size() == 15 + 9 + 2);
    CHECK(blocking(store->find_damage(17)).value().size() == 17);
}

TEST_CASE("a damaged row refuses a new task that would come into it, and is named though it has none") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto store = sqlite::open(path).value();
    blocking(store->register_tasks(some_tasks(15))).value();
    raw_database(path).execute(
        "insert into cursor_page values (1, 'x'), (-7, '{}'), (9223372036854775807, '{}')");
    auto fresh = one_task("fresh");
    CHECK(error_of(store->register_tasks(fresh)) == errc::store_corrupt);
    CHECK(blocking(store->find_damage(10)).value() ==
          std::vector<std::string>{"row -7 of table cursor_page is damaged",
                                   "row 1 of table cursor_page is damaged",
                                   "row 9223372036854775807 of table cursor_page is damaged"});
    raw_database(path).execute("delete from cursor_page where id <> 0");
    CHECK(blocking(store->register_tasks(fresh)).value().at(0).created);
    CHECK(blocking(store->find_damage(10)).value().empty());
}

TEST_CASE("what is found is told, though the rest cannot be read") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    {
        const auto store = sqlite::open(path).value();
        blocking(store->register_tasks(some_tasks(1000))).value();
    }
    const std::string leaf = raw_database(path).text("select max(pageno) from dbstat where name = 'task'");
    std::string bytes = bytes_of(path);
    REQUIRE(!leaf.empty());
    bytes[(std::stoul(leaf) - 1) * 4096] = '\0';
    write_bytes(path, bytes);
    const auto found = blocking(sqlite::open(path).value()->find_damage(100));
    REQUIRE(found.has_value());
    CHECK(!found.value().empty());
}

TEST_CASE("a table whose rows have no key is not ours") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    blocking(sqlite::open(path).value()->register_tasks(some_tasks(1))).value();
    raw_database(path).execute("create table pages as select * from cursor_page; drop view cursor;"
                               "drop table cursor_page; alter table pages rename to cursor_page");
    CHECK(sqlite::open(path).error() == errc::store_corrupt);
}

TEST_CASE("a cursor that was rolled back is not put on record by the next call, whatever that is") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto store = sqlite::open(path).value();
    blocking(store->register_tasks(some_tasks(1))).value();
    raw_database(path).execute(add_damaged_task);
    const auto damaged = one_begin("damaged", 9)[0];
    CHECK(error_of(store->begin_runs({step(0, 0, 1), damaged})) == errc::store_corrupt);
    SUBCASE("no begin") {
        blocking(store->begin_runs({})).value();
    }
    SUBCASE("a begin of a task that is not there") {
        blocking(store->begin_runs(one_begin("nobody", 2))).value();
    }
    SUBCASE("no end") {
        blocking(store->finish_runs({})).value();
    }
    SUBCASE("no task") {
        blocking(store->register_tasks({})).value();
    }
    CHECK(raw_database(path).text("select token from cursor where task = 1") == "0");
    CHECK(blocking(store->begin_runs({step(0, 0, 1)})).value().at(0).state == begin_state::recorded);
}

TEST_SUITE_END();
