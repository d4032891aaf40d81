// SPDX-License-Identifier: BSL-1.0
// What is asked of several managers on the same tables, or of whoever has a run.
#include <repository/postgres_shared_place.hpp>

#include <libpq-fe.h>
#include <memory>
#include <string>
#include <vector>

namespace rondo::testing {
namespace {

TEST_SUITE_BEGIN("repository/postgres_asking");

run_request request(std::uint64_t n, std::chrono::milliseconds keep_for = 1min) {
    return {id(n), shared_string(uid_of(0)), {user("ann"), user("b\xff")}, keep_for};
}

begin_request asked_for(std::uint64_t n) {
    begin_request r = by_hand(n);
    r.started->trigger = trigger::manual;
    r.asked = true;
    return r;
}

/// A session that hears what is told to the managers of a schema.
class listener {
public:
    explicit listener(const shared_place& place)
        : schema_(place.options.schema), connection_(PQconnectdb(place.server().c_str()), PQfinish) {
        ask("listen rondo");
    }
    /// Since the last time. What came before an answer has come with it.
    [[nodiscard]] int notices() const {
        ask("select 1");
        int n = 0;
        while (PGnotify* each = PQnotifies(connection_.get())) {
            n += each->extra == schema_ ? 1 : 0;
            PQfreemem(each);
        }
        return n;
    }

private:
    void ask(const char* sql) const { PQclear(PQexec(connection_.get(), sql)); }

    std::string schema_;
    std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

TEST_CASE("a run that somebody asks for is told to all that have its task, until one has begun it") {
    const shared_place place;
    const repository_ptr a = place.join();
    const repository_ptr b = place.join();
    const repository_ptr outsider = place.open(); // has no task, and is no manager
    REQUIRE(blocking(outsider->ask_for_run(request(1))).has_value());
    REQUIRE(blocking(outsider->ask_for_run(request(1))).has_value());
    const auto wanted = [](const repository_news& news) { return !news.asked.empty(); };
    for (const auto& r : {a, b}) {
        const repository_news n = wait_for(r, wanted);
        REQUIRE(n.asked.size() == 1);
        CHECK(n.asked[0].id == id(1));
        CHECK(n.asked[0].uid == uid_of(0));
        CHECK(n.asked[0].users == std::vector<user>{user("ann"), user("b\xff")});
    }
    (void)wait_for(a, wanted); // again
    const begin_answer first = begin(a, asked_for(1));
    CHECK(first.state == begin_state::recorded);
    CHECK(begin(a, asked_for(1)).token == first.token); // an answer was lost
    CHECK(begin(b, asked_for(1)).state == begin_state::conflict);
    CHECK(finish(b, 1, 0, 0) == finish_state::fenced); // of one that never heard that
    REQUIRE(finish(a, 1, 0, first.token) == finish_state::recorded);
    CHECK(begin(b, asked_for(1)).state == begin_state::conflict);
    REQUIRE(blocking(outsider->ask_for_run(request(1))).has_value()); // an answer was lost
    CHECK(place.asked() == "0");
    prune_policy all;
    all.runs_per_task = 0;
    REQUIRE(blocking(a->prune(all)).has_value());
    CHECK(begin(b, asked_for(1)).state == begin_state::conflict); // nobody asks for it any more
    CHECK(place.runs() == "0");
}

TEST_CASE("a run that may not run beside another stays asked for") {
    const shared_place place;
    const repository_ptr a = place.join();
    const repository_ptr b = place.join();
    REQUIRE(begin(a, exclusive(step(0, 0, 2))).state == begin_state::recorded);
    REQUIRE(blocking(b->ask_for_run(request(1))).has_value());
    CHECK(begin(b, asked_for(1)).state == begin_state::busy);
    CHECK(place.asked() == "1");
    REQUIRE(finish(a, 2, 0, 1) == finish_state::recorded);
    CHECK(begin(b, asked_for(1)).state == begin_state::recorded);
    CHECK(place.asked() == "0");
}

TEST_CASE("a run that nobody has begun in time is not begun") {
    const shared_place place;
    const repository_ptr a = place.join();
    REQUIRE(blocking(a->ask_for_run(request(1, 1ms))).has_value());
    while (place.sql("select until < extract(epoch from now()) * 1000000 from " + place.table("asked_run"))
               .value_or("t") != "t") {
    }
    CHECK(begin(a, asked_for(1)).state == begin_state::conflict);
    while (place.asked() != "0") (void)blocking(a->users());
    CHECK(blocking(a->watch()).value().asked.empty());
}

TEST_CASE("what nobody can read keeps nobody from the rest") {
    const shared_place place(1s);
    repository_ptr gone = place.join();
    REQUIRE(begin(gone, exclusive(step(0, 0, 7))).state == begin_state::recorded);
    const repository_ptr a = place.join();
    for (const std::string users : {"{NULL}", "{\"\\\\x\"}", "{\"\"}", "{{a,b},{c,d}}"})
        place.sql("insert into " + place.table("asked_run") + " select gen_random_uuid(), id, '" + users +
                  "', 9000000000000000 from " + place.table("task"));
    place.sql("insert into " + place.table("task") +
              " (uid, name, schedule, hidden, anchor, changed) values (E'\\\\', '', '', false, 0, "
              "9000000000000000000)");
    place.sql("insert into " + place.table("run") +
              " (id, task, \"trigger\", scheduled_at, started_at, finished_at, outcome, message, token, "
              "attempts_max) select gen_random_uuid(), id, 'no trigger', 0, 0, extract(epoch from now()) * "
              "1000000, 'abandoned', '" +
              std::string(abandoned_message) + "', 1, 2 from " + place.table("task") + " where uid = '" +
              uid_of(0) + "'");
    REQUIRE(blocking(a->ask_for_run(request(1))).has_value());
    begin_request ours = one_begin(uid_of(0), 9)[0];
    REQUIRE(begin(a, ours).state == begin_state::recorded);
    CHECK(blocking(place.open()->ask_to_cancel({id(9), {}, "no"})).value() == 1);
    CHECK(wait_for(a, [](const auto& news) { return !news.cancelled.empty(); }).cancelled[0].id == id(9));
    gone.reset();
    std::vector<run_request> heard;
    while (place.sql("select count(*) from " + place.table("run") + " where outcome = 'abandoned'") != "2" ||
           heard.empty()) {
        repository_news n = blocking(a->watch()).value();
        heard.insert(heard.end(), n.asked.begin(), n.asked.end());
    }
    for (const run_request& r : heard) CHECK(r.id == id(1));
}

TEST_CASE("what makes no sense is not asked for") {
    const shared_place place;
    const repository_ptr a = place.join();
    run_request r = request(1);
    r.uid = shared_string("nobody's");
    CHECK(error_of(a->ask_for_run(r)) == errc::task_not_exists);
    CHECK(error_of(a->ask_for_run(request(1, 0ms))) == errc::invalid_option);
    CHECK(error_of(a->ask_for_run(request(1, 24h + 1ms))) == errc::invalid_option);
    r = request(1);
    r.id = {};
    CHECK(error_of(a->ask_for_run(r)) == errc::invalid_option);
    r = request(1);
    r.users.emplace_back("");
    CHECK(error_of(a->ask_for_run(r)) == errc::invalid_option);
    CHECK(place.asked() == "0");
    auto other = some_tasks(2);
    REQUIRE(blocking(a->register_tasks(other)).has_value());
    REQUIRE(blocking(a->ask_for_run(request(1))).has_value());
    r = request(1);
    r.uid = shared_string(uid_of(1));
    CHECK(error_of(a->ask_for_run(r)) == errc::invalid_option);
    REQUIRE(begin(a, asked_for(1)).state == begin_state::recorded);
    CHECK(error_of(a->ask_for_run(r)) == errc::invalid_option);
    const postgres_place alone;
    CHECK(error_of(alone.open()->ask_for_run(request(1))) == errc::invalid_option);
    CHECK(error_of(alone.open()->ask_to_cancel({id(1), {}, ""})) == errc::invalid_option);
}

TEST_CASE("a run by a definition that is replaced is not asked for of those who have that") {
    const shared_place place;
    const repository_ptr old = place.join("every 10s");
    const repository_ptr fresh = place.join("every 5s");
    REQUIRE(blocking(fresh->ask_for_run(request(1))).has_value());
    (void)wait_for(fresh, [](const auto& news) { return !news.asked.empty(); });
    const repository_news n = wait_for(old, [](const auto& news) { return !news.tasks.empty(); });
    CHECK(n.tasks[0].superseded);
    CHECK(n.asked.empty());
    CHECK(begin(old, asked_for(1)).state == begin_state::conflict); // whoever asked when
    CHECK(begin(fresh, asked_for(1)).state == begin_state::recorded);
}

TEST_CASE("a run that somebody wants cancelled is told to whoever has it, until it is over") {
    const shared_place place;
    const repository_ptr a = place.join();
    const repository_ptr b = place.join();
    const begin_answer first = begin(a, exclusive(step(0, 0, 1)));
    REQUIRE(first.state == begin_state::recorded);
    const auto unwanted = [](const repository_news& news) { return !news.cancelled.empty(); };
    SUBCASE("by its id") {
        CHECK(blocking(b->ask_to_cancel({id(7), {}, "no"})).value() == 0);
        CHECK(blocking(b->ask_to_cancel({id(1), {}, "no\xff"})).value() == 1);
        CHECK(blocking(a->ask_to_cancel({id(1), {}, "no"})).value() == 0); // its own
    }
    SUBCASE("by its task") {
        CHECK(blocking(b->ask_to_cancel({{}, shared_string("nobody's"), "no"})).value() == 0);
        CHECK(blocking(b->ask_to_cancel({{}, shared_string(uid_of(0)), "no\xff"})).value() == 1);
    }
    for (int times = 0; times != 2; ++times) {
        const repository_news n = wait_for(a, unwanted);
        REQUIRE(n.cancelled.size() == 1);
        CHECK(n.cancelled[0].id == id(1));
        CHECK(n.cancelled[0].why == "no\xff");
    }
    REQUIRE(finish(a, 1, 0, first.token) == finish_state::recorded);
    CHECK(blocking(b->ask_to_cancel({id(1), {}, "no"})).value() == 0);
}

// A look a second comes, too.
TEST_CASE("what is changed is told to those who listen, and only then") {
    const shared_place place;
    const repository_ptr a = place.join();
    const listener heard(place);
    std::vector<task_update> update(1);
    update[0].uid = shared_string(uid_of(0));
    update[0].active = true;
    REQUIRE(blocking(a->update_tasks(update)).has_value());
    auto tasks = some_tasks(1);
    tasks[0].schedule = "every 10s";
    REQUIRE(blocking(a->register_tasks(tasks)).has_value()); // as it is
    CHECK(heard.notices() == 0);
    update[0].paused = true;
    REQUIRE(blocking(a->update_tasks(update)).has_value());
    CHECK(heard.notices() == 1);
    tasks[0].schedule = "every 5s";
    REQUIRE(blocking(a->register_tasks(tasks)).has_value());
    CHECK(heard.notices() == 1);
    REQUIRE(blocking(a->ask_for_run(request(1))).has_value());
    CHECK(heard.notices() == 1);
    REQUIRE(begin(a, asked_for(1)).state == begin_state::recorded);
    CHECK(heard.notices() == 0);
    CHECK(blocking(place.open()->ask_to_cancel({id(1), {}, ""})).value() == 1);
    CHECK(heard.notices() == 1);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::testing
