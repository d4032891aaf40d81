// SPDX-License-Identifier: BSL-1.0
// The cursors of tasks, which are on record many in a row.
#include <repository/sqlite/cursor_pages.hpp>
#include <repository/sqlite/failure.hpp>
#include <repository/sqlite/open_file.hpp>
#include <repository/sqlite/schema.hpp>

#include <repository/blocking.hpp>
#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>
#include <repository/steps.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

TEST_SUITE_BEGIN("repository/sqlite_cursors");

namespace {

using namespace rondo;
using namespace rondo::testing;
using rondo::sqlite::detail::access;
using rondo::sqlite::detail::connection;
using rondo::sqlite::detail::cursor;
using rondo::sqlite::detail::cursor_pages;
using rondo::sqlite::detail::transaction;

} // namespace

TEST_CASE("each task goes on where it was, whichever of its neighbours moved with it") {
    constexpr std::size_t tasks = 50;
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    std::mt19937 draw(1);
    std::vector<std::int64_t> where(tasks, 0);
    std::uint64_t n = 0;
    for (int life = 0; life != 4; ++life) {
        const auto store = sqlite::open(path).value();
        const auto states = blocking(store->register_tasks(some_tasks(tasks))).value();
        for (std::size_t i = 0; i != tasks; ++i) CHECK(states[i].next_slot == moment(at(where[i])));
        for (int call = 0; call != 20; ++call) {
            std::vector<begin_request> requests;
            for (std::size_t i = draw() % 3; i < tasks; i += 1 + draw() % 30)
                requests.push_back(step(i, where[i]++, ++n));
            const auto answers = blocking(store->begin_runs(requests)).value();
            for (const begin_answer& answer : answers) CHECK(answer.state == begin_state::recorded);
        }
    }
    raw_database raw(path);
    for (std::size_t i = 0; i != tasks; ++i) {
        const std::string of_task =
            " from cursor where task = (select id from task where uid = '" + uid_of(i) + "')";
        CHECK(raw.text("select next_slot" + of_task) == std::to_string(where[i] * 1'000'000));
        CHECK(raw.text("select token" + of_task) == std::to_string(where[i]));
    }
    CHECK(raw.text("select count(*) from cursor") == std::to_string(tasks));
}

TEST_CASE("tasks that move together change few rows beside those of their runs") {
    constexpr int tasks = 1000;
    sqlite3* handle = nullptr;
    sqlite::detail::seams s;
    s.before_transaction = [&](sqlite3* db) { handle = db; };
    const scratch_folder folder;
    const auto store = sqlite::detail::open_file(folder.path("a.db"), {}, s).value();
    blocking(store->register_tasks(some_tasks(tasks))).value();
    std::vector<begin_request> requests;
    for (std::size_t i = 0; i != tasks; ++i) requests.push_back(step(i, 0, i));
    const int before = sqlite3_total_changes(handle);
    CHECK(blocking(store->begin_runs(requests)).value().size() == tasks);
    CHECK(sqlite3_total_changes(handle) - before == tasks + tasks / 16 + 1);
}

TEST_CASE("a finished task stays finished, and its runs count on") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    {
        const auto store = sqlite::open(path).value();
        blocking(store->register_tasks(some_tasks(2))).value();
        auto last = step(0, 0, 1);
        last.next.reset();
        CHECK(blocking(store->begin_runs({last})).value().at(0).state == begin_state::recorded);
    }
    const auto store = sqlite::open(path).value();
    const auto states = blocking(store->register_tasks(some_tasks(2))).value();
    CHECK(!states[0].next_slot);
    CHECK(states[1].next_slot == moment(at(0)));
    CHECK(blocking(store->begin_runs(one_begin(uid_of(0), 2))).value().at(0).token == 2);
}

TEST_CASE("what the end of a run moves is on record with it") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    {
        const auto store = sqlite::open(path).value();
        blocking(store->register_tasks(some_tasks(2))).value();
        auto delayed = step(0, 0, 1);
        delayed.next = cursor_waits_for_end;
        CHECK(blocking(store->begin_runs({delayed})).value().at(0).token == 1);
    }
    {
        const auto store = sqlite::open(path).value(); // whose memory is of no help to the next
        auto ends = one_end(uid_of(0), 1);
        ends[0].token = 1;
        ends[0].next_slot = at(7);
        ends.push_back(one_end(uid_of(1), 2)[0]); // its begin never arrived
        const auto states = blocking(store->finish_runs(ends)).value();
        CHECK(states == std::vector<finish_state>(2, finish_state::recorded));
    }
    const auto store = sqlite::open(path).value();
    CHECK(blocking(store->register_tasks(some_tasks(1))).value().at(0).next_slot == moment(at(7)));
    CHECK(blocking(store->begin_runs(one_begin(uid_of(1), 3))).value().at(0).token == 2);
}

TEST_CASE("a neighbour that somebody else has moved is not moved back") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto store = sqlite::open(path).value();
    blocking(store->register_tasks(some_tasks(3))).value();
    blocking(store->begin_runs({step(0, 0, 1)})).value();
    raw_database(path).execute(
        "update cursor_page set cursors = json_set(cursors, '$.\"2\"', json('[7000000,7]'))");
    blocking(store->begin_runs({step(0, 1, 2)})).value();
    CHECK(raw_database(path).text("select next_slot || ' ' || token from cursor where task = 2") ==
          "7000000 7");
    CHECK(raw_database(path).text("select next_slot || ' ' || token from cursor where task = 1") ==
          "2000000 2");
}

TEST_CASE("one cursor is found without a look at the others") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    sqlite::open(path).value();
    const std::string plan = raw_database(path).plan("select next_slot from cursor where task = 5");
    CHECK_MESSAGE(plan.find("SCAN") == std::string::npos, plan);
    CHECK_MESSAGE(plan.find("SEARCH") != std::string::npos, plan);
    const std::string ours =
        raw_database(path).plan(std::string(sqlite::detail::every_cursor) + " where page = 5");
    CHECK_MESSAGE(ours.find("SEARCH p USING INTEGER PRIMARY KEY") != std::string::npos, ours);
}

TEST_CASE("the largest numbers fit") {
    constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    sqlite::open(path).value();
    connection db(path);
    const auto at_most = wall_time(std::chrono::microseconds(largest));
    const auto at_least = wall_time(std::chrono::microseconds(std::numeric_limits<std::int64_t>::min()));
    {
        transaction t(db);
        cursor_pages pages;
        for (std::int64_t i = 0; i != cursor_pages::page_size; ++i)
            pages.move(db, largest - i,
                       cursor{i % 2 == 0 ? at_most : at_least, static_cast<std::uint64_t>(largest - i)});
        pages.write(db);
        t.commit();
    }
    transaction t(db);
    cursor_pages others;
    for (std::int64_t i = 0; i != cursor_pages::page_size; ++i) {
        const auto found = others.find(db, largest - i);
        REQUIRE(found);
        CHECK(found->next_slot == moment(i % 2 == 0 ? at_most : at_least));
        CHECK(found->token == static_cast<std::uint64_t>(largest - i));
    }
}

TEST_CASE("pages that were let go of are read again") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    sqlite::open(path).value();
    connection db(path);
    {
        transaction t(db);
        cursor_pages pages(2);
        for (int round = 1; round != 4; ++round) {
            for (std::int64_t task = 0; task < 100; task += 7) {
                const auto before = pages.find(db, task);
                CHECK(before.has_value() == (round != 1));
                if (before) CHECK(before->token == static_cast<std::uint64_t>(round - 1));
                pages.move(db, task, cursor{at(round), static_cast<std::uint64_t>(round)});
            }
        }
        pages.write(db);
        t.commit();
    }
    transaction t(db);
    cursor_pages others;
    for (std::int64_t task = 0; task != 100; ++task) {
        const auto found = others.find(db, task);
        REQUIRE(found.has_value() == (task % 7 == 0));
        if (found) CHECK(found->token == 3);
    }
}

TEST_CASE("what moved in a transaction that was rolled back did not move") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    sqlite::open(path).value();
    connection db(path);
    cursor_pages pages;
    const auto move = [&](std::uint64_t token, bool commit) {
        transaction t(db);
        pages.move(db, 5, cursor{at(1), token});
        if (!commit) return;
        pages.write(db);
        t.commit();
    };
    move(1, true);
    move(2, false);
    {
        transaction t(db);
        pages.write(db); // nothing
        pages.move(db, 106, cursor{at(1), 9});
        pages.write(db);
        t.commit();
    }
    cursor_pages few(1);
    {
        transaction t(db);
        for (std::int64_t task = 0; task != 100; task += 5)
            few.move(db, task, cursor{at(1), 8}); // most are written
    }
    {
        transaction t(db);
        few.write(db);
        t.commit();
    }
    CHECK(raw_database(path).text("select group_concat(cursors) from cursor_page") ==
          R"({"5":[1000000,1]},{"106":[1000000,9]})");
}

TEST_SUITE_END();
