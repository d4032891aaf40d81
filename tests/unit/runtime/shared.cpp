// SPDX-License-Identifier: BSL-1.0
// A manager whose repository others use, too: here others are played by hand.
#include "shared_world.hpp"

#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace rondo::tests {

TEST_SUITE_BEGIN("runtime/shared");

TEST_CASE("a manager that would run without its repository does not start on a shared one") {
    world w(nullptr);
    w.store = std::make_shared<played>(w.context);
    w.tasks.emplace(w.context.get_executor(), w.store, w.options);
    CHECK(w.get<start_report>(w.tasks->async_start()).error() == errc::invalid_option);
}

TEST_CASE("tasks that must hear of ends elsewhere are not taken") {
    fleet_world w;
    w.start();
    const auto added = [&](task t) { return w.add(std::move(t)); };
    const auto with = [](overlap o) {
        task t("t", "", every(10s), nothing);
        t.overlap(o);
        return t;
    };
    for (const overlap o : {overlap::buffer_one, overlap::buffer_all, overlap::cancel_other})
        CHECK(added(with(o)).error() == errc::invalid_option);
    CHECK(added(task("t", "", every_after(10s), nothing)).error() == errc::invalid_option);
    task behind("t", "", every(10s), nothing);
    behind.record(record::write_behind);
    CHECK(added(std::move(behind)).error() == errc::invalid_option);
    CHECK(added(with(overlap::allow_all)).has_value());
    CHECK(w.get<void>(w.tasks->async_update(with(overlap::buffer_one))).error() == errc::invalid_option);
    CHECK(w.get<void>(w.tasks->async_update(with(overlap::skip))).has_value());
}

TEST_CASE("what may run only once is asked for as such") {
    fleet_world w;
    w.start();
    task many("many", "", every(1h), nothing);
    many.overlap(overlap::allow_all);
    REQUIRE(w.add(std::move(many)));
    REQUIRE(w.add(task("one", "", every(1h), nothing)));
    CHECK(w.get<run>(w.tasks->async_run("one")).has_value());
    REQUIRE(w.others->asked.size() == 3);
    for (const begin_request& r : w.others->asked) CHECK(r.exclusive == (r.uid == "one"));
}

TEST_CASE("slots are by the clock of the repository, whatever is done to the one here") {
    fleet_world w;
    const wall_time begin = w.clock.now().wall;
    w.start(1h);
    std::vector<wall_time> slots;
    REQUIRE(w.add(task("t", "", every(10s), [&](context ctx) -> asio::awaitable<void> {
        slots.push_back(ctx.scheduled_at());
        CHECK(ctx.now().wall == ctx.scheduled_at());
        co_return;
    })));
    w.pass(10s);
    w.clock.set_wall(begin - 24h);
    w.pass(10s);
    CHECK(slots == std::vector<wall_time>{begin + 1h, begin + 1h + 10s, begin + 1h + 20s});
}

TEST_CASE("intervals keep to the clock of the repository as the two drift apart") {
    fleet_world w;
    w.start();
    int runs = 0;
    REQUIRE(w.add(counted(runs)));
    w.pass(1s);
    w.tell_clock(500ms); // theirs goes faster
    w.pass(8s);
    CHECK(runs == 1);
    w.pass(500ms);
    CHECK(runs == 2);
    CHECK(w.find("t").last_run == *w.find("t").next_run - 10s);
}

TEST_CASE("a clock that was set moves no interval") {
    fleet_world w;
    w.start();
    int runs = 0;
    REQUIRE(w.add(counted(runs)));
    w.tell_clock(1h);
    w.pass(9s);
    CHECK(runs == 1);
    CHECK(w.logged("the clock of the repository was set by 3600000 ms"));
    w.pass(1s);
    CHECK(runs == 2);
}

TEST_CASE("a run whose lease is lost is cancelled and interrupted, or goes on") {
    for (const bool goes_on : {false, true}) {
        CAPTURE(goes_on);
        fleet_world w;
        w.start();
        cancel_reason why = cancel_reason::none;
        int ended = 0;
        task t("t", "", every(1h), [&](context ctx) -> asio::awaitable<void> {
            auto slept = co_await ctx.async_sleep_for(10s);
            why = ctx.token().reason();
            ++ended;
            slept.value(); // throws if it was cancelled
        });
        t.on_lease_lost(goes_on ? on_lease_lost::go_on : on_lease_lost::cancel);
        REQUIRE(w.add(std::move(t)));
        w.pass(1s);
        const run_id id = run_in_flight(w);
        w.tell_lost(id);
        CHECK(ended == (goes_on ? 0 : 1));
        w.pass(10s);
        CHECK(ended == 1);
        CHECK(why == (goes_on ? cancel_reason::none : cancel_reason::lease_lost));
        CHECK(w.history()[0].outcome == (goes_on ? outcome::success : outcome::interrupted));
        CHECK(w.logged("its lease is lost"));
        w.tell_lost(id); // of one that is over
    }
}

TEST_CASE("pauses of others hold here, and end here") {
    fleet_world w;
    w.start();
    REQUIRE(w.add(task("t", "", every(10s), nothing)));
    auto stream = w.tasks->subscribe();
    w.tell_pause(true);
    CHECK(stream.try_next().value().kind == event_kind::task_paused);
    CHECK(w.find("t").paused);
    w.pass(25s);
    CHECK(w.find("t").counters.runs == 1);
    w.tell_pause(true); // told again
    w.tell_pause(false);
    CHECK_FALSE(w.find("t").paused);
    w.pass(5s);
    CHECK(w.find("t").counters.runs == 2);
    CHECK(w.find("t").counters.skipped_paused == 2);
}

TEST_CASE("a slot that another manager has lost runs again here, if nobody else is faster") {
    for (const bool faster : {false, true}) {
        CAPTURE(faster);
        fleet_world w;
        w.start();
        std::vector<std::uint32_t> attempts;
        task t("t", "", every(1h), [&](context ctx) -> asio::awaitable<void> {
            attempts.push_back(ctx.attempt());
            co_return;
        });
        t.on_abandoned(on_abandoned::rerun);
        REQUIRE(w.add(std::move(t)));
        w.pass(1s);
        auto stream = w.tasks->subscribe();
        if (faster)
            w.others->answer = [](const begin_request&) {
                return begin_answer{begin_state::conflict, {}, 0};
            };
        repository_news n;
        n.abandoned = w.history();
        n.abandoned[0].outcome = outcome::abandoned;
        w.others->tell(n);
        w.pass(1s);
        CHECK(attempts == (faster ? std::vector<std::uint32_t>{1} : std::vector<std::uint32_t>{1, 2}));
        CHECK(w.find("t").counters.runs == attempts.size());
        CHECK(w.history().size() == attempts.size());
        CHECK(stream.try_next().has_value() == !faster);
    }
}

TEST_CASE("a run by hand of a task that runs elsewhere is cancelled") {
    fleet_world w;
    w.start();
    REQUIRE(w.add(task("t", "", every(1h), nothing)));
    w.pass(1s);
    w.others->answer = [](const begin_request&) { return begin_answer{begin_state::busy, {}, 0}; };
    const auto done = w.get<run>(w.tasks->async_run("t"));
    REQUIRE(done.has_value());
    CHECK(done.value().outcome == outcome::cancelled);
    CHECK(done.value().message.find("another manager") != std::string::npos);
    CHECK(w.history()[0].outcome == outcome::cancelled);
}

TEST_CASE("another attempt waits until no other run of its task is in flight elsewhere") {
    fleet_world w;
    w.start();
    std::vector<std::uint32_t> attempts;
    task t("t", "", every(1h), [&](context ctx) -> asio::awaitable<void> {
        attempts.push_back(ctx.attempt());
        if (ctx.attempt() == 1) throw std::runtime_error("no");
        co_return;
    });
    t.retry({.attempts = 3, .backoff = 10s});
    REQUIRE(w.add(std::move(t)));
    w.pass(9s);
    w.others->answer = [](const begin_request&) { return begin_answer{begin_state::busy, {}, 0}; };
    w.pass(5s);
    CHECK(attempts == std::vector<std::uint32_t>{1});
    w.others->answer = nullptr;
    w.pass(1s);
    CHECK(attempts == std::vector<std::uint32_t>{1, 2});
    CHECK(w.find("t").counters.runs == 2);
    CHECK(w.find("t").counters.succeeded == 1);
    CHECK(w.find("t").status == status::waiting);
}

TEST_CASE("an answer that comes when the lease is over begins nothing") {
    fleet_world w;
    w.start();
    bool late = true;
    w.others->answer = [&](const begin_request& r) {
        return begin_answer{begin_state::recorded, r.next, 1,
                            late ? w.clock.now().steady : steady_time::max()};
    };
    int runs = 0;
    REQUIRE(w.add(counted(runs)));
    w.pass(1s);
    CHECK(runs == 0);
    CHECK(w.find("t").counters.interrupted == 1);
    late = false;
    w.pass(10s);
    CHECK(runs == 1);
}

TEST_CASE("a task that another manager has registered otherwise rests here") {
    fleet_world w;
    w.start();
    int runs = 0;
    REQUIRE(w.add(counted(runs)));
    w.pass(1s);
    w.others->answer = [](const begin_request& r) {
        return begin_answer{begin_state::superseded, r.expected, 0};
    };
    w.pass(10s);
    CHECK(runs == 1);
    CHECK(w.find("t").paused);
    CHECK(w.find("t").pause_reason.find("another schedule") != std::string::npos);
    const std::size_t asked = w.others->asked.size();
    w.pass(1min);
    CHECK(w.others->asked.size() == asked);
    // Until its own schedule is on record again; what was due meanwhile is told of, from the slot that was refused on.
    w.others->answer = nullptr;
    w.tell_pause(false);
    CHECK_FALSE(w.find("t").paused);
    w.pass(9s);
    CHECK(runs == 2);
    CHECK(w.find("t").counters.skipped_paused == 7);
    CHECK(w.find("t").counters.skipped_not_owner == 0);
}

// Of many answers the first are taken at once, and the others in later handlers.
TEST_CASE("news do not overtake what was answered before") {
    fleet_world w(true);
    w.start();
    constexpr int count = 800;
    const auto uid_of = [](int n) { return "t" + std::to_string(n); };
    for (int n = 0; n != count; ++n) REQUIRE(w.add(task(uid_of(n), "", every(10s), nothing)));
    w.pass(5s);
    int asked = 0;
    w.others->answer = [&](const begin_request& r) {
        if (++asked > count) return begin_answer{begin_state::recorded, r.next, 0};
        if (asked == count) { // their own schedule is back then
            repository_news n;
            for (int i = 0; i != count; ++i)
                n.tasks.push_back({shared_string(uid_of(i)), false, false, {}, {}});
            w.others->tell(std::move(n));
        }
        return begin_answer{begin_state::superseded, r.expected, 0};
    };
    w.pass(5s);
    CHECK(asked == 2 * count); // what was due meanwhile is skipped
    for (int n = 0; n != count; ++n) CHECK_FALSE(w.find(uid_of(n)).paused);
}

TEST_CASE("a shutdown ends the wait for news") {
    fleet_world w;
    w.start();
    CHECK(w.get<shutdown_report>(w.tasks->async_shutdown(0s)).has_value());
    w.context.restart();
    w.context.run(); // nothing keeps it
}

TEST_SUITE_END();

} // namespace rondo::tests
