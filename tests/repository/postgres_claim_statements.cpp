// SPDX-License-Identifier: BSL-1.0
// What each statement that claims slots does, and which of them is taken.
#include <repository/postgres/batch.hpp>
#include <repository/postgres/claim_statement.hpp>
#include <repository/postgres/claims.hpp>
#include <repository/postgres/connection.hpp>
#include <repository/postgres/lease_statements.hpp>
#include <repository/postgres_claim_steps.hpp>

#include <rondo/run.hpp>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace rondo::testing {
namespace {

TEST_SUITE_BEGIN("repository/postgres_claim_statements");

/// What the server says to that, on a connection of its own. Throws `failure`.
std::vector<postgres::detail::rows> answers_to(const shared_place& place, const postgres::detail::batch& b) {
    using namespace postgres::detail;
    const settings s{parse_connection_string(place.server()), place.options};
    std::vector<rows> answers;
    boost::asio::io_context io{1};
    connection c(io, s);
    const auto ask = [&]() -> boost::asio::awaitable<void> {
        co_await c.open();
        batch limit;
        limit.add_once("set lock_timeout = '100ms'");
        limit.add_once("set synchronous_commit = on");
        co_await c.exchange(limit);
        answers = co_await c.exchange(b);
    };
    boost::asio::co_spawn(io, ask, [](const std::exception_ptr& e) {
        if (e) std::rethrow_exception(e);
    });
    io.run();
    return answers;
}

/// What `sql` says to three claims. Throws `failure`.
postgres::detail::rows
answer_to_claims(const shared_place& place, const std::string& sql,
                 const std::function<postgres::detail::parameters(const std::vector<const begin_request*>&,
                                                                  const postgres::detail::leases&)>& values) {
    using namespace postgres::detail;
    leases ours(30s, std::make_shared<news_desk>());
    for (const task_definition& t : some_tasks(3)) ours.tasks[t.uid].schedule = t.schedule;
    std::vector<begin_request> claims = three_claims();
    std::vector<const begin_request*> wanted;
    for (begin_request& r : claims) {
        r.attempts_max = 2;
        wanted.push_back(&r);
    }
    batch b;
    b.add(sql, values(wanted, ours));
    return std::move(answers_to(place, b)[0]);
}

/// Of each of them the word.
std::vector<std::string> words_for_claims(const shared_place& place, bool may_wait) {
    using namespace postgres::detail;
    const rows said = answer_to_claims(
        place, claim_statement(place.options.schema, true),
        [=](const auto& wanted, const leases& ours) { return claim_parameters(wanted, &ours, may_wait); });
    std::vector<std::string> words;
    for (std::size_t i = 0; i != said.size(); ++i) words.emplace_back(said.word(i, 1));
    return words;
}

/// Of whoever thinks that he gets all, and those that are had, in order.
std::vector<run_id> ids_of_claims(const shared_place& place) {
    using namespace postgres::detail;
    const rows said = answer_to_claims(
        place, optimistic_claim_statement(place.options.schema, true),
        [](const auto& wanted, const leases& ours) { return claim_parameters(wanted, &ours); });
    std::vector<run_id> ids;
    for (std::size_t i = 0; i != said.size(); ++i) {
        ids.push_back(said.id(i, 0));
        CHECK(said.count(i, 1) == 1);
    }
    std::ranges::sort(ids);
    return ids;
}

/// Has the statements kept that move cursors.
void keep_statements(const shared_place& place) {
    place.sql("create table " + place.table("said") + " (no serial, statement text)");
    place.sql("create function " + place.table("keep") +
              "() returns trigger language plpgsql as $$ begin insert into " + place.table("said") +
              " (statement) values (current_query()); return null; end $$");
    place.sql("create trigger keep after update of next_slot on " + place.table("task") +
              " execute function " + place.table("keep") + "()");
}

/// Whether the last of them was that of whoever thinks that he gets all.
bool was_optimistic(const shared_place& place) {
    const auto last = place.sql("select statement from " + place.table("said") + " order by no desc limit 1");
    return last == postgres::detail::optimistic_claim_statement(place.options.schema, true);
}

TEST_CASE("of claims that are thought to be had all are, or nothing is done for those that are not") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    using ids = std::vector<run_id>;
    const std::string task = place.table("task");
    const auto moved = [&] {
        return place.sql("select count(*) from " + task + " where next_slot = 1000000 and token = 1");
    };
    SUBCASE("all") {
        CHECK(ids_of_claims(place) == ids{id(1), id(2), id(3)});
        CHECK(moved() == "3");
        CHECK(place.sql("select count(*) from " + place.table("run") +
                        " where token = 1 and node is not null and attempts_max = 2 and "
                        "lease_until > extract(epoch from now()) * 1000000") == "3");
    }
    SUBCASE("the cursor is elsewhere") {
        place.sql("update " + task + " set next_slot = 1000000 where uid = '" + uid_of(1) + "'");
        CHECK(ids_of_claims(place) == ids{id(1), id(3)});
        CHECK(moved() == "2");
        CHECK(place.sql("select token from " + task + " where uid = '" + uid_of(1) + "'") == "0");
    }
    SUBCASE("the schedule is another") {
        place.sql("update " + task + " set schedule = 'every 7s' where uid = '" + uid_of(0) + "'");
        CHECK(ids_of_claims(place) == ids{id(2), id(3)});
        CHECK(moved() == "2");
    }
    SUBCASE("it runs elsewhere") {
        place.sql(begins_task(place, 2, id(9), "'another'"));
        CHECK(ids_of_claims(place) == ids{id(1), id(2)});
        CHECK(moved() == "2");
    }
    SUBCASE("nobody knows it") {
        place.sql("delete from " + task + " where uid = '" + uid_of(1) + "'");
        CHECK(ids_of_claims(place) == ids{id(1), id(3)});
        CHECK(moved() == "2");
    }
    SUBCASE("somebody is at it") {
        const transaction other(place);
        other.say("update " + task + " set paused = paused where uid = '" + uid_of(1) + "'");
        CHECK_THROWS_AS(ids_of_claims(place), postgres::detail::failure);
        CHECK(place.runs() == "0");
        CHECK(moved() == "0");
    }
}

TEST_CASE("whoever loses a slot looks for others for a while, and whoever loses none does not") {
    shared_place place;
    place.options.prepare = false; // nor plans ahead, which executes them
    const repository_ptr r = with_three_tasks(place);
    keep_statements(place);
    std::uint64_t n = 0;
    std::int64_t slot = 0;
    const auto claim = [&] {
        CHECK(begin(r, step(0, slot, ++n)).state == begin_state::recorded);
        ++slot;
        return was_optimistic(place);
    };
    CHECK(claim());
    CHECK(claim());
    place.sql("update " + place.table("task") + " set next_slot = 50000000 where uid = '" + uid_of(1) + "'");
    CHECK(begin(r, step(1, 0, 99)).state == begin_state::conflict);
    CHECK_FALSE(was_optimistic(place));
    int looked = 0;
    while (looked < 100 && !claim()) ++looked;
    CHECK(looked == 16);
    CHECK(claim());
    const run_id own = id(n);
    CHECK(begin(r, step(0, slot - 1, n)).state == begin_state::recorded); // had before, which is no loss
    CHECK(place.sql("select count(*) from " + place.table("run") + " where id = '" + to_string(own) + "'") ==
          "1");
    CHECK(claim());
}

// Else each who comes too late would have the locks for a moment, one after the other.
TEST_CASE("whoever finds the first of his tasks locked does nothing, unless he may wait") {
    using words = std::vector<std::string>;
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    const transaction other(place);
    other.say("update " + place.table("task") + " set paused = paused where uid = '" + uid_of(0) + "'");
    CHECK(words_for_claims(place, false) == words(3, "later"));
    CHECK_THROWS_AS(words_for_claims(place, true), postgres::detail::failure);
    CHECK(place.runs() == "0");
    CHECK(place.sql("select count(*) from " + place.table("task") + " where next_slot = 0 and token = 0") ==
          "3");
    other.say("rollback");
    CHECK(words_for_claims(place, false) == words(3, "recorded"));
    CHECK(words_for_claims(place, false) == words(3, "closely"));
    CHECK(place.runs() == "3");
}

TEST_CASE(
    "whoever waited and has nothing does not have his locks synced, and whoever has a run has it synced") {
    using namespace postgres::detail;
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    REQUIRE(begin(r, step(0, 0, 1)).state == begin_state::recorded);
    for (const bool has_one : {false, true}) {
        CAPTURE(has_one);
        const std::vector<run_id> ids{id(2), id(has_one ? 1 : 3)};
        parameters p;
        p.add_array(ids, [](const run_id& each) { return each; });
        batch b;
        b.add(lease_statements(place.options.schema).sync_if_begun, std::move(p));
        b.add_once("select current_setting('synchronous_commit')");
        CHECK(answers_to(place, b)[1].word(0, 0) == (has_one ? "on" : "off"));
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::testing
