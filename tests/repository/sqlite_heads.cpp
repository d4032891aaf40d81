// SPDX-License-Identifier: BSL-1.0
// What the database thread remembers of tasks is what is on record.
#include <repository/sqlite/open_file.hpp>

#include <repository/blocking.hpp>
#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>

#include <atomic>
#include <ostream>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/sqlite_heads");

namespace {

using namespace rondo;
using namespace rondo::testing;

std::uint64_t token_of(const result<std::vector<begin_answer>>& answers) {
    REQUIRE(answers.value().at(0).state == begin_state::recorded);
    return answers.value()[0].token;
}

/// Its users need more room than a disk without any has.
std::vector<begin_request> large_begin(const std::string& uid, std::uint64_t n) {
    auto requests = one_begin(uid, n);
    for (int i = 0; i != 100; ++i)
        requests[0].started->users.emplace_back(std::to_string(i) + std::string(1000, 'u'));
    return requests;
}

} // namespace

TEST_CASE("what was rolled back is not remembered") {
    std::atomic<int> pages = 1'000'000;
    std::atomic<int> transactions = 0;
    std::atomic<bool> held = false; // the database thread, before a transaction
    std::atomic<bool> holds = false;
    sqlite::detail::seams s;
    s.before_transaction = [&](sqlite3* db) {
        holds = held.load();
        holds.notify_all();
        held.wait(true);
        ++transactions;
        const std::string sql = "pragma max_page_count=" + std::to_string(pages.load());
        sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
    };
    const scratch_folder folder;
    const auto store = sqlite::detail::open_file(folder.path("a.db"), {}, s).value();
    blocking(store->register_tasks(one_task("t"))).value();
    CHECK(token_of(blocking(store->begin_runs(one_begin("t", 1)))) == 1);
    raw_database(folder.path("a.db")).execute(add_damaged_task);

    // Both gather behind a call that is held up. Gives how many transactions they took.
    const auto among_others = [&](std::vector<begin_request> requests, errc why) {
        boost::asio::io_context io{1};
        held = true;
        const auto first = launch<history_page>(io, store->history({}));
        io.poll();
        holds.wait(false);
        const auto fails = launch<std::vector<begin_answer>>(io, store->begin_runs(std::move(requests)));
        const auto reading = launch<history_page>(io, store->history({}));
        io.poll();
        transactions = -1;
        held = false;
        held.notify_all();
        io.run();
        CHECK(fails->value().error() == why);
        CHECK(first->value().has_value());
        CHECK(reading->value().has_value());
        return transactions.load();
    };
    auto requests = one_begin("t", 2);

    SUBCASE("of a call alone") {
        requests.push_back(large_begin("t", 3)[0]);
        pages = 1; // which means: as many as it has
        CHECK(error_of(store->begin_runs(requests)) == errc::store_full);
    }
    SUBCASE("of a call among others") {
        requests.push_back(large_begin("t", 3)[0]);
        pages = 1;
        CHECK(among_others(requests, errc::store_full) >= 1);
    }
    SUBCASE("of a call among others, which are done again") {
        requests.push_back(one_begin("damaged", 3)[0]);
        CHECK(among_others(requests, errc::store_corrupt) == 3);
    }
    pages = 1'000'000;
    CHECK(token_of(blocking(store->begin_runs(one_begin("t", 4)))) == 2);
    CHECK(blocking(store->history({})).value().runs.size() == 2);
}

TEST_CASE("what somebody else has written is seen") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto store = sqlite::open(path).value();
    blocking(store->register_tasks(one_task("t"))).value();
    CHECK(token_of(blocking(store->begin_runs(one_begin("t", 1)))) == 1);
    raw_database(path).execute("update cursor_page set cursors = json_set(cursors, '$.\"1\"[1]', 41)");
    CHECK(token_of(blocking(store->begin_runs(one_begin("t", 2)))) == 42);
    CHECK(token_of(blocking(store->begin_runs(one_begin("t", 3)))) == 43);
    raw_database(path).execute("update task set uid = 'u'");
    CHECK(blocking(store->begin_runs(one_begin("t", 4))).value()[0].state == begin_state::unknown_task);
    CHECK(token_of(blocking(store->begin_runs(one_begin("u", 5)))) == 44);
}

TEST_CASE("whose schedule a cursor is of is what is on record") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto store = sqlite::open(path).value();
    auto hourly = one_task("t");
    hourly[0].schedule = "every 1h";
    const auto is_of_another = [&](const std::vector<task_definition>& t) {
        return blocking(store->register_tasks(t)).value().at(0).schedule_changed;
    };
    CHECK_FALSE(is_of_another(one_task("t")));
    CHECK(is_of_another(hourly));
    raw_database(path).execute(add_damaged_task);
    auto moves = one_begin("t", 1);
    moves[0].moves_cursor = true;
    moves[0].expected = at(0);
    moves[0].next = at(10);
    auto fails = moves;
    fails.push_back(one_begin("damaged", 2)[0]);
    for (int i = 0; i != 2; ++i) {
        CHECK(error_of(store->begin_runs(fails)) == errc::store_corrupt); // what it moved is moved back
        CHECK(is_of_another(hourly));
    }
    CHECK(token_of(blocking(store->begin_runs(moves))) == 1);
    CHECK_FALSE(is_of_another(hourly));
    CHECK(is_of_another(one_task("t")));
    raw_database(path).execute("update task set cursor_schedule = null");
    CHECK_FALSE(is_of_another(one_task("t")));
}

TEST_CASE("the end of a fixed delay moves a cursor once, however many ends there are") {
    const scratch_folder folder;
    const auto store = sqlite::open(folder.path("a.db")).value();
    blocking(store->register_tasks(one_task("t"))).value();
    auto begin = one_begin("t", 1);
    begin[0].moves_cursor = true;
    begin[0].force = true;
    begin[0].next = cursor_waits_for_end;
    CHECK(token_of(blocking(store->begin_runs(begin))) == 1);
    CHECK(token_of(blocking(store->begin_runs(one_begin("t", 2)))) == 2);
    const auto end = [&](std::uint64_t n, int second) {
        auto requests = one_end("t", n);
        requests[0].token = n;
        requests[0].next_slot = wall_time(std::chrono::seconds(second));
        return blocking(store->finish_runs(requests)).value().at(0);
    };
    CHECK(end(1, 100) == finish_state::recorded);
    CHECK(end(2, 200) == finish_state::recorded); // the cursor does not wait any more
    const auto next = blocking(store->begin_runs(one_begin("t", 3))).value().at(0).next_slot;
    CHECK(next == moment(wall_time(std::chrono::seconds(100))));
}

TEST_SUITE_END();
