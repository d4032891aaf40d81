// SPDX-License-Identifier: BSL-1.0
// Several who want the same slots at the same moment: those who come later ask again, and wait in the end, for the
// transaction of whoever was first.
#include <repository/postgres/batch.hpp>
#include <repository/postgres/claim_statement.hpp>
#include <repository/postgres/claims.hpp>
#include <repository/postgres/connection.hpp>
#include <repository/postgres/lease_statements.hpp>
#include <repository/postgres_shared_place.hpp>

#include <rondo/run.hpp>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <utility>

namespace rondo::testing {
namespace {

TEST_SUITE_BEGIN("repository/postgres_claims");

/// Whoever was first, in a transaction that is not over yet.
class transaction {
public:
    explicit transaction(const postgres_place& place)
        : connection_(PQconnectdb(place.server().c_str()), PQfinish) {
        say("begin");
    }
    void say(const std::string& sql) const {
        const std::unique_ptr<PGresult, void (*)(PGresult*)> done(PQexec(connection_.get(), sql.c_str()),
                                                                  PQclear);
        INFO(PQerrorMessage(connection_.get()));
        REQUIRE(PQresultStatus(done.get()) == PGRES_COMMAND_OK);
    }

private:
    std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

/// The slot at 0 of each of three tasks, by the runs 1, 2 and 3.
std::vector<begin_request> three_claims() {
    std::vector<begin_request> claims;
    for (std::size_t task = 0; task != 3; ++task) claims.push_back(exclusive(step(task, 0, task + 1)));
    return claims;
}

std::string moves_task(const shared_place& place, std::size_t task) {
    return "update " + place.table("task") + " set next_slot = 1000000, token = token + 1 where uid = '" +
           uid_of(task) + "'";
}

std::string begins_task(const shared_place& place, std::size_t task, const run_id& id,
                        const std::string& node) {
    return "insert into " + place.table("run") +
           " (id, task, \"trigger\", scheduled_at, started_at, token, node, lease_until) select '" +
           to_string(id) + "', id, 'schedule', 0, 0, 1, " + node + ", 4000000000000000 from " +
           place.table("task") + " where uid = '" + uid_of(task) + "'";
}

/// What becomes of the claims, of which one waits for `first`, and `meanwhile`, until `last_words` are said.
std::vector<begin_answer> answers_behind(
    const shared_place& place, const repository_ptr& r, const transaction& first,
    const std::string& last_words, std::vector<begin_request> wanted = three_claims(),
    const std::function<void()>& meanwhile = [] {}) {
    boost::asio::io_context io{1};
    const auto claims = launch<std::vector<begin_answer>>(io, r->begin_runs(std::move(wanted)));
    io.poll();
    const auto give_up = std::chrono::steady_clock::now() + 4s; // the server waits no longer either
    const std::string waiting = "select count(*) from pg_stat_activity where application_name = 'rondo' and "
                                "wait_event_type = 'Lock'";
    while (place.sql(waiting) == "0") REQUIRE(std::chrono::steady_clock::now() < give_up);
    meanwhile();
    first.say(last_words);
    io.restart();
    io.run();
    return claims->value().value();
}

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

/// Of each of three claims the word. Throws `failure`.
std::vector<std::string> words_for_claims(const shared_place& place, bool may_wait) {
    using namespace postgres::detail;
    leases ours(30s, std::make_shared<news_desk>());
    for (const task_definition& t : some_tasks(3)) ours.tasks[t.uid].schedule = t.schedule;
    const std::vector<begin_request> claims = three_claims();
    std::vector<const begin_request*> wanted;
    for (const begin_request& r : claims) wanted.push_back(&r);
    batch b;
    b.add(claim_statement(place.options.schema, true), claim_parameters(wanted, &ours, may_wait));
    const std::vector<rows> answers = answers_to(place, b);
    std::vector<std::string> words;
    for (std::size_t i = 0; i != answers[0].size(); ++i) words.emplace_back(answers[0].word(i, 1));
    return words;
}

repository_ptr with_three_tasks(const shared_place& place) {
    repository_ptr r = place.open();
    REQUIRE(blocking(r->start(at(0))).has_value());
    REQUIRE(blocking(r->register_tasks(some_tasks(3))).has_value());
    return r;
}

// Whoever finds the first locked asks again later, and waits in the end; whoever finds another waits for it.
TEST_CASE("whoever comes too late for one slot gets the others, and hears where the cursor is") {
    for (const std::size_t late : {0u, 1u, 2u}) {
        CAPTURE(late);
        const shared_place place;
        const repository_ptr r = with_three_tasks(place);
        const transaction other(place);
        other.say(moves_task(place, late));
        other.say(begins_task(place, late, id(9), "'another'"));
        const auto answers = answers_behind(place, r, other, "commit");
        REQUIRE(answers.size() == 3);
        for (std::size_t task = 0; task != 3; ++task) {
            CAPTURE(task);
            const bool had = task != late;
            CHECK(answers[task].state == (had ? begin_state::recorded : begin_state::conflict));
            CHECK(answers[task].next_slot == at(1));
            CHECK(answers[task].token == (had ? 1 : 0));
            CHECK((answers[task].held_until < steady_time::max()) == had);
        }
        CHECK(place.runs() == "3");
    }
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

TEST_CASE("whoever waited for one who gave up has all") {
    for (const std::size_t left : {0u, 1u}) {
        CAPTURE(left);
        const shared_place place;
        const repository_ptr r = with_three_tasks(place);
        const transaction other(place);
        other.say(moves_task(place, left));
        const auto answers = answers_behind(place, r, other, "rollback");
        CHECK(std::ranges::count(answers, begin_state::recorded, &begin_answer::state) == 3);
        CHECK(place.runs() == "3");
    }
}

// Or two who want the same would wait for each other.
TEST_CASE("tasks are locked in one order, in whichever they are claimed") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    for (const std::size_t third : {2u, 0u}) {
        CAPTURE(third);
        std::vector<begin_request> claims;
        for (const std::size_t task : {third, std::size_t{1}, 2 - third})
            claims.push_back(step(task, third == 2 ? 0 : 1, 10 * third + task + 1));
        const transaction other(place);
        other.say("update " + place.table("task") + " set paused = false where uid = '" + uid_of(1) + "'");
        const auto answers = answers_behind(place, r, other, "rollback", claims, [&] {
            const transaction none(place);
            none.say("set local lock_timeout = '1s'");
            none.say("update " + place.table("task") + " set paused = false where uid = '" + uid_of(2) + "'");
        });
        CHECK(std::ranges::count(answers, begin_state::recorded, &begin_answer::state) == 3);
    }
}

// As if the answer to the first claim had been lost while it was under way.
TEST_CASE("whoever waited for himself has his run") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    REQUIRE(begin(r, one_begin(uid_of(0), 7)[0]).state == begin_state::recorded);
    const std::string node = "(select node from " + place.table("run") + " limit 1)";
    place.sql("update " + place.table("run") + " set finished_at = 1, outcome = 'success'");
    const transaction before(place);
    before.say(moves_task(place, 1));
    before.say(begins_task(place, 1, id(2), node));
    const auto answers = answers_behind(place, r, before, "commit");
    CHECK(std::ranges::count(answers, begin_state::recorded, &begin_answer::state) == 3);
    CHECK(answers[1].token == 1);
    CHECK(answers[1].next_slot == at(1));
    CHECK(place.runs() == "4");
}

TEST_CASE("a task that was only paused meanwhile is had all the same") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    const transaction other(place);
    other.say("update " + place.table("task") + " set paused = true where uid = '" + uid_of(1) + "'");
    const auto answers = answers_behind(place, r, other, "commit");
    CHECK(std::ranges::count(answers, begin_state::recorded, &begin_answer::state) == 3);
    CHECK(place.sql("select paused from " + place.table("task") + " where uid = '" + uid_of(1) + "'") == "t");
}

// Of two runs of one task, neither of which may be beside the other, the second waits for the first.
TEST_CASE("a run by hand that began meanwhile is seen") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    const transaction other(place);
    other.say("update " + place.table("task") + " set token = token + 1 where uid = '" + uid_of(1) + "'");
    other.say("insert into " + place.table("run") +
              " (id, task, \"trigger\", scheduled_at, started_at, token, node, lease_until) select '" +
              to_string(id(9)) + "', id, 'manual', 0, 0, 1, 'another', 4000000000000000 from " +
              place.table("task") + " where uid = '" + uid_of(1) + "'");
    const auto answers = answers_behind(place, r, other, "commit");
    CHECK(answers[0].state == begin_state::recorded);
    CHECK(answers[1].state == begin_state::conflict); // as it overlaps, which is on record
    CHECK(answers[1].next_slot == at(1));
    CHECK(answers[2].state == begin_state::recorded);
    CHECK(place.sql("select reason from " + place.table("skip")) == "overlap");
    CHECK(place.runs() == "3");
}

TEST_CASE("what was begun is held while the rest of the call cannot be decided") {
    const shared_place place(3s);
    const repository_ptr r = with_three_tasks(place);
    const repository_ptr other = place.join();
    REQUIRE(begin(other, one_begin(uid_of(1), 8)[0]).state == begin_state::recorded);
    const transaction stopped(place);
    stopped.say("update " + place.table("task") + " set paused = false where uid = '" + uid_of(1) + "'");
    const auto end = std::chrono::steady_clock::now() + 5s; // `other` would have taken it over by then
    do CHECK(error_of(r->begin_runs(three_claims())) == errc::store_locked);
    while (std::chrono::steady_clock::now() < end);
    CHECK(place.sql("select outcome is null and lease_until > extract(epoch from now()) * 1000000 from " +
                    place.table("run") + " where id = '" + to_string(id(1)) + "'") == "t");
    stopped.say("rollback");
    const auto answers = blocking(r->begin_runs(three_claims())).value();
    CHECK(answers[0].state == begin_state::recorded);
    CHECK(answers[1].state == begin_state::conflict);
    CHECK(answers[1].next_slot == at(1));
    CHECK(answers[2].state == begin_state::recorded);
    CHECK(place.runs() == "3");
}

begin_request in_advance(begin_request r) {
    r.in_advance = true;
    return r;
}

// Its run may be over when the slot is due.
TEST_CASE("a slot whose task runs elsewhere is not decided in advance") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    const repository_ptr other = place.join();
    REQUIRE(begin(other, one_begin(uid_of(1), 8)[0]).state == begin_state::recorded);
    std::vector<begin_request> claims = three_claims();
    for (begin_request& c : claims) c.in_advance = true;
    const auto early = blocking(r->begin_runs(claims)).value();
    CHECK(early[0].state == begin_state::recorded);
    CHECK(early[1].state == begin_state::not_yet);
    CHECK(early[1].next_slot == at(0));
    CHECK(early[1].token == 0);
    CHECK(early[2].state == begin_state::recorded);
    CHECK(place.runs() == "3");
    CHECK(place.sql("select count(*) from " + place.table("skip")) == "0");
    claims[1].in_advance = false;
    SUBCASE("it is") {
        place.sql("update " + place.table("run") + " set outcome = 'success', finished_at = 1 where id = '" +
                  to_string(id(8)) + "'");
        CHECK(begin(r, claims[1]).state == begin_state::recorded);
    }
    SUBCASE("it is not") {
        const begin_answer answer = begin(r, claims[1]);
        CHECK(answer.state == begin_state::conflict);
        CHECK(answer.next_slot == at(1));
        CHECK(place.sql("select reason from " + place.table("skip")) == "overlap");
    }
}

TEST_CASE("beside what is more than a claim slots are had in advance, or left, as well") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    const repository_ptr other = place.join();
    REQUIRE(begin(other, one_begin(uid_of(1), 8)[0]).state == begin_state::recorded);
    std::vector<begin_request> mixed{in_advance(exclusive(step(0, 0, 1))),
                                     in_advance(exclusive(step(1, 0, 2))), step(2, 0, 3)};
    mixed[2].next = at(3);
    mixed[2].started->scheduled_at = at(2);
    mixed[2].skipped = skip_range{skip_reason::missed, at(0), at(1), 2};
    const auto answers = blocking(r->begin_runs(mixed)).value();
    CHECK(answers[0].state == begin_state::recorded);
    CHECK(answers[0].next_slot == at(1));
    CHECK(answers[1].state == begin_state::not_yet);
    CHECK(answers[1].next_slot == at(0));
    CHECK(answers[2].state == begin_state::recorded);
    CHECK(answers[2].next_slot == at(3));
    CHECK(place.runs() == "3");
    CHECK(place.sql("select reason from " + place.table("skip")) == "missed");
}

TEST_CASE("what was had in advance, and is asked for again, is on record") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    const begin_request wanted = in_advance(exclusive(step(0, 0, 1)));
    REQUIRE(begin(r, wanted).state == begin_state::recorded);
    const begin_answer again = begin(r, wanted);
    CHECK(again.state == begin_state::recorded);
    CHECK(again.token == 1);
    CHECK(place.runs() == "1");
}

TEST_CASE("in advance, too, there are answers for those who waited, and for those who came too late") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    const transaction other(place);
    other.say(moves_task(place, 0));
    other.say(begins_task(place, 0, id(9), "'another'"));
    std::vector<begin_request> claims = three_claims();
    for (begin_request& c : claims) c.in_advance = true;
    const auto answers = answers_behind(place, r, other, "commit", claims);
    CHECK(answers[0].state == begin_state::conflict);
    CHECK(answers[0].next_slot == at(1));
    CHECK(answers[1].state == begin_state::recorded);
    CHECK(answers[2].state == begin_state::recorded);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::testing
