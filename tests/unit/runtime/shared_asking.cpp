// SPDX-License-Identifier: BSL-1.0
// What is asked of all managers that share a repository, or of whoever has a run.
#include "shared_world.hpp"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace rondo::tests {

TEST_SUITE_BEGIN("runtime/shared_asking");

TEST_CASE("a run that all are asked for is one run here, however often they are") {
    fleet_world w;
    w.start();
    std::vector<std::size_t> users;
    const auto body = [&](context ctx,
                          std::span<const user> who) -> asio::awaitable<std::vector<task_result>> {
        users.push_back(who.size());
        (void)co_await ctx.async_sleep_for(1s);
        co_return std::vector<task_result>();
    };
    REQUIRE(w.add(task("t", "", every(1h), body)));
    w.pass(2s);
    const run_id wanted{1, 2};
    w.tell_asked(wanted, {user("ann"), user("bob")});
    w.tell_asked(wanted, {user("ann"), user("bob")});
    w.pass(2s);
    CHECK(users == std::vector<std::size_t>{0, 2});
    REQUIRE(w.history().size() == 2);
    CHECK(w.history()[0].id == wanted);
    CHECK(w.history()[0].trigger == trigger::manual);
    CHECK(w.history()[0].users == std::vector<user>{user("ann"), user("bob")});
    CHECK(w.history()[0].outcome == outcome::success);
}

TEST_CASE("a run that all are asked for leaves no trace where another is faster") {
    for (const begin_state state : {begin_state::conflict, begin_state::busy}) {
        fleet_world w;
        w.start();
        int runs = 0;
        REQUIRE(w.add(counted(runs)));
        w.pass(1s);
        w.others->answer = [&](const begin_request&) { return begin_answer{state, {}, 0}; };
        auto stream = w.tasks->subscribe();
        w.tell_asked({1, 2});
        CHECK(runs == 1);
        CHECK(w.find("t").counters.runs == 1);
        CHECK(w.find("t").counters.cancelled == 0);
        CHECK(w.find("t").status == status::waiting);
        CHECK(w.history().size() == 1);
        CHECK_FALSE(stream.try_next().has_value());
        w.others->answer = nullptr; // the other was gone before it had begun it
        w.tell_asked({1, 2});
        CHECK(runs == 2);
    }
}

TEST_CASE("a run that all are asked for and may not run now is not lost, and needs no place to wait") {
    fleet_world w;
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("t", "", every(1h), sleeper{10s, &began, &ended})));
    w.pass(1s);
    w.tell_asked({1, 2});
    CHECK(began == 1);
    w.pass(10s);
    CHECK(began == 1);
    w.tell_asked({1, 2});
    CHECK(began == 2);
    w.tell_asked({3, 4});
    CHECK(w.tasks->state().runs_waiting == 0);
    CHECK(w.get<void>(w.tasks->async_remove("t")).has_value());
    w.tell_asked({3, 4}); // of a task that is gone
    CHECK(began == 2);
}

TEST_CASE("a run that all are asked for waits nowhere for a place, as another manager may have one") {
    fleet_world w;
    w.options.runs_in_flight_max = 1;
    w.tasks.emplace(w.context.get_executor(), w.store, w.options);
    w.start();
    int began = 0;
    int ended = 0;
    int runs = 0;
    REQUIRE(w.add(task("other", "", every(1h), sleeper{10s, &began, &ended})));
    w.pass(1s);
    task t("t", "", every(1h), [&runs]() -> asio::awaitable<void> {
        ++runs;
        co_return;
    });
    t.first_run(after_interval);
    REQUIRE(w.add(std::move(t)));
    w.tell_asked({1, 2});
    CHECK(w.tasks->state().runs_waiting == 0);
    w.pass(20s);
    CHECK(runs == 0);
    w.tell_asked({1, 2});
    CHECK(runs == 1);
}

TEST_CASE("a run that all are asked for is not begun here unless the repository says so") {
    fleet_world w;
    w.start();
    int runs = 0;
    REQUIRE(w.add(counted(runs)));
    w.pass(1s);
    w.others->answer = [](const begin_request&) { return begin_answer{begin_state::unknown_task, {}, 0}; };
    w.tell_asked({1, 2});
    CHECK(runs == 1);
    CHECK(w.history().size() == 1);
    CHECK(w.others->asked.back().asked);
    CHECK_FALSE(w.others->asked.front().asked);
}

TEST_CASE("who cancels a run of another manager leaves word for it") {
    fleet_world w;
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("t", "", every(1h), sleeper{1min, &began, &ended})));
    w.pass(1s);
    CHECK(w.get<void>(w.tasks->async_cancel(run_id{1, 2}, "enough")).error() == errc::run_not_exists);
    REQUIRE(w.others->unwanted.size() == 1);
    CHECK(w.others->unwanted[0].id == run_id{1, 2});
    CHECK(w.others->unwanted[0].why == "enough");
    w.others->held_elsewhere = 1;
    CHECK(w.get<void>(w.tasks->async_cancel(run_id{1, 2})).has_value());
    w.others->held_elsewhere = errc::store_failed;
    CHECK(w.get<void>(w.tasks->async_cancel(run_id{1, 2})).error() == errc::store_failed);
    CHECK(w.get<void>(w.tasks->async_cancel(run_in_flight(w))).has_value()); // one of ours
    CHECK(w.others->unwanted.size() == 3);
    w.others->held_elsewhere = errc::store_failed;
    CHECK(w.get<std::size_t>(w.tasks->async_cancel("t")).error() == errc::store_failed);
    REQUIRE(w.get<run_id>(w.tasks->async_trigger("t")).has_value());
    CHECK(w.get<std::size_t>(w.tasks->async_cancel("t")).value() == 1); // that much is known
    w.others->held_elsewhere = 4;
    CHECK(w.get<std::size_t>(w.tasks->async_cancel("t", "all")).value() == 4);
    CHECK(w.others->unwanted.back().id == run_id());
    CHECK(w.others->unwanted.back().uid == "t");
    CHECK(w.get<std::size_t>(w.tasks->async_cancel("nobody's")).error() == errc::task_not_exists);
}

TEST_CASE("a run that somebody elsewhere has cancelled ends here, in his words") {
    fleet_world w;
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("t", "", every(1h), sleeper{1min, &began, &ended})));
    w.pass(1s);
    repository_news n;
    n.cancelled.push_back({run_in_flight(w), {}, "not today"});
    n.cancelled.push_back({{1, 2}, {}, "of one that is over"});
    w.others->tell(n);
    w.pass(0s);
    CHECK(ended == 0);
    CHECK(w.history()[0].outcome == outcome::cancelled);
    CHECK(w.history()[0].message == "not today");
    w.others->tell(n);
    w.pass(0s);
    CHECK(w.history().size() == 1);
}

TEST_SUITE_END();

} // namespace rondo::tests
