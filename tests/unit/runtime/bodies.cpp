// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include <stdexcept>

namespace rondo::tests {
namespace {

// There may be a million tasks that do nothing.
static_assert(sizeof(detail::body) <= 2 * sizeof(void*));

asio::awaitable<std::vector<task_result>> for_all(context, std::span<const user> users) {
    std::vector<task_result> results;
    for (const user& u : users) results.emplace_back(u, "hello " + u.id());
    results.emplace_back(user("stranger"), "who?");
    co_return results;
}

asio::awaitable<result<std::string>> for_each_user(context, user who) {
    if (who.id() == "b") throw std::runtime_error("b is broken");
    if (who.id() == "c") co_return errc::store_full;
    co_return "done";
}

asio::awaitable<result<void>> with_result(context ctx) {
    if (ctx.trigger() == trigger::manual) co_return errc::queue_full;
    co_return boost::outcome_v2::success();
}

asio::awaitable<void> throws_int() {
    throw 42;
    co_return;
}

asio::awaitable<void> throws_error() {
    throw std::runtime_error("out of luck");
    co_return;
}

void add_users(world& w, std::initializer_list<const char*> ids) {
    std::vector<user> users;
    for (const char* id : ids) users.emplace_back(id);
    REQUIRE(w.get<void>(w.tasks->async_add_users(users)));
}

} // namespace

TEST_SUITE_BEGIN("runtime/bodies");

TEST_CASE("a scheduled run is for all users, a manual run for those who asked") {
    world w;
    w.start();
    add_users(w, {"a", "b"});
    REQUIRE(w.add(task("t", "", every(1h), for_all)));
    w.pass(1s);
    auto runs = w.history();
    REQUIRE(runs.size() == 1);
    CHECK(runs[0].results.size() == 2);
    CHECK(w.logged("a result for user stranger, who was not asked for, is dropped"));
    run manual = w.get<run>(w.tasks->async_run("t", user("b"))).value();
    REQUIRE(manual.results.size() == 1);
    CHECK(manual.results[0].user().id() == "b");
    CHECK(manual.results[0].message() == "hello b");
    CHECK(manual.trigger == trigger::manual);
    CHECK(w.find("t").next_run == moment(runs[0].scheduled_at + 1h));
    history_filter only_b;
    only_b.user = "b";
    CHECK(w.history(only_b).size() == 2);
    only_b.trigger = trigger::manual;
    CHECK(w.history(only_b).size() == 1);
    auto last = w.get<std::vector<run>>(w.tasks->async_last_runs(user("a"))).value();
    REQUIRE(last.size() == 1);
    CHECK(last[0].id == runs[0].id);
}

TEST_CASE("one user's failure does not stop the next") {
    world w;
    w.start();
    add_users(w, {"a", "b", "c", "d"});
    REQUIRE(w.add(task("t", "", every(1h), for_each_user)));
    w.pass(1s);
    run r = w.history().at(0);
    CHECK(r.outcome == outcome::failed);
    CHECK(r.message == "2 of 4 users failed");
    REQUIRE(r.results.size() == 4);
    CHECK(r.results[0].message() == "done");
    CHECK(r.results[1].error() == "b is broken");
    CHECK(r.results[2].error() == make_error_code(errc::store_full).message());
    CHECK_FALSE(r.results[3].failed());
    CHECK(w.logged("error: task t user b: b is broken"));
}

TEST_CASE("what a body throws or returns becomes the outcome of its run, and it recurs") {
    world w;
    w.start();
    REQUIRE(w.add(task("int", "", every(1h), throws_int)));
    REQUIRE(w.add(task("error", "", every(1h), throws_error)));
    REQUIRE(w.add(task("result", "", every(1h), with_result)));
    w.pass(1s);
    history_filter f;
    f.uid = "int";
    CHECK(w.history(f).at(0).message == "unknown exception");
    f.uid = "error";
    CHECK(w.history(f).at(0).message == "out of luck");
    CHECK(w.find("result").last_outcome == outcome::success);
    run r = w.get<run>(w.tasks->async_run("result")).value();
    CHECK(r.outcome == outcome::failed);
    CHECK(r.message == make_error_code(errc::queue_full).message());
    w.pass(1h);
    CHECK(w.find("int").counters.failed == 2);
}

TEST_CASE("a run of hundreds of users with strange ids keeps each result") {
    world w;
    w.start();
    std::vector<user> users;
    for (int i = 0; i != 300; ++i) users.emplace_back("user '\" \xc3\xa9 " + std::to_string(i));
    REQUIRE(w.get<void>(w.tasks->async_add_users(users)));
    REQUIRE(w.add(task("t", "", once(), for_all)));
    w.pass(1s);
    CHECK(w.history().at(0).results.size() == 300);
    CHECK(w.get<std::vector<user>>(w.tasks->async_users()).value().size() == 300);
    REQUIRE(w.get<void>(w.tasks->async_remove_users(users)));
    CHECK(w.get<std::vector<user>>(w.tasks->async_users()).value().empty());
    CHECK(w.get<std::uint64_t>(w.tasks->async_prune({w.clock.now().wall + 1h, {}})).value() == 1);
    CHECK(w.history().empty());
}

TEST_CASE("a body for each user is called for several at a time, and its results are in their order") {
    for (std::uint32_t most : {1u, 3u, 100u}) {
        world w;
        w.start();
        std::vector<user> people;
        for (char c = 'a'; c <= 'h'; ++c) people.emplace_back(std::string(1, c));
        REQUIRE(w.get<void>(w.tasks->async_add_users(people)));
        std::uint32_t now = 0;
        std::uint32_t peak = 0;
        task t("t", "", every(1h), [&](context ctx, user who) -> asio::awaitable<result<std::string>> {
            peak = std::max(peak, ++now);
            // The first are the slowest, so that the order of the ends is another.
            auto slept = co_await ctx.async_sleep_for(std::chrono::seconds('z' - who.id()[0]));
            --now;
            if (!slept) co_return slept.error();
            if (who.id() == "c") co_return errc::store_failed;
            if (who.id() == "d") throw std::runtime_error("d throws");
            co_return who.id();
        });
        t.users_in_flight(most);
        REQUIRE(w.add(std::move(t)));
        w.pass(5min);
        CHECK(peak == std::min<std::uint32_t>(most, 8));
        run r = w.history().at(0);
        CHECK(r.outcome == outcome::failed);
        REQUIRE(r.results.size() == 8);
        for (std::size_t i = 0; i != 8; ++i) CHECK(r.results[i].user() == people[i]);
        CHECK(r.results[3].error() == "d throws");
        CHECK(r.results[4].message() == "e");
    }
}

TEST_CASE("a cancellation reaches all the users that are in flight, and no other begins") {
    world w;
    w.start();
    REQUIRE(w.get<void>(w.tasks->async_add_users({user("a"), user("b"), user("c"), user("d")})));
    int began = 0;
    task t("t", "", every(1h), [&](context ctx, user who) -> asio::awaitable<result<std::string>> {
        ++began;
        auto slept = co_await ctx.async_sleep_for(who.id() == "a" ? 1s : 1h);
        if (!slept) co_return slept.error();
        co_return "done";
    });
    t.users_in_flight(2);
    REQUIRE(w.add(std::move(t)));
    w.pass(10s);
    CHECK(w.get<std::size_t>(w.tasks->async_cancel("t")).value() == 1);
    w.pass(0s);
    CHECK(began == 3);
    run r = w.history().at(0);
    CHECK(r.outcome == outcome::cancelled);
    REQUIRE(r.results.size() == 3);
    CHECK(r.results[0].message() == "done");
    for (std::uint32_t bad : {0u, users_in_flight_limit + 1}) {
        task other("u", "", every(1h), nothing);
        other.users_in_flight(bad);
        CHECK(w.add(std::move(other)).error() == errc::invalid_option);
    }
}

TEST_SUITE_END();

} // namespace rondo::tests
