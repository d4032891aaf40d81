// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <limits>

namespace rondo::tests {

TEST_SUITE_BEGIN("runtime/operations");

TEST_CASE("operations before the start and after the end say so") {
    world w;
    CHECK(w.get<void>(w.tasks->async_add(task("a", "", every(1s), nothing))).error() == errc::not_started);
    CHECK(w.get<run_id>(w.tasks->async_trigger("a")).error() == errc::not_started);
    CHECK(w.get<history_page>(w.tasks->async_history({})).error() == errc::not_started);
    w.start();
    CHECK(w.get<start_report>(w.tasks->async_start()).error() == errc::already_started);
    CHECK(w.get<shutdown_report>(w.tasks->async_shutdown(0s)).has_value());
    CHECK(w.add(task("a", "", every(1s), nothing)).error() == errc::shutting_down);
    CHECK(w.get<start_report>(w.tasks->async_start()).error() == errc::shutting_down);
    CHECK(w.get<shutdown_report>(w.tasks->async_shutdown(0s)).has_value());
}

TEST_CASE("a null repository and options out of range are refused at the start") {
    world null_store(nullptr);
    CHECK(null_store.get<start_report>(null_store.tasks->async_start()).error() == errc::invalid_option);
    manager_options o;
    o.resolution = -1ns;
    world bad(memory::open(), o);
    CHECK(bad.get<start_report>(bad.tasks->async_start()).error() == errc::invalid_option);
    o.resolution = 0ns;
    o.outbox_max = 0;
    world empty_outbox(memory::open(), o);
    CHECK(empty_outbox.get<start_report>(empty_outbox.tasks->async_start()).error() == errc::invalid_option);
}

TEST_CASE("bad tasks are refused with the reason, and change nothing") {
    world w;
    w.start();
    CHECK(w.add(task("", "", every(1s), nothing)).error() == errc::invalid_uid);
    CHECK(w.add(task(std::string(10'000, 'u'), "", every(1s), nothing)).error() == errc::invalid_uid);
    CHECK(w.add(task("a\nb", "", every(1s), nothing)).error() == errc::invalid_uid);
    CHECK(w.add(task("a", std::string(10'000, 'n'), every(1s), nothing)).error() == errc::invalid_name);
    CHECK(w.add(task("a", "", every(0s), nothing)).error() == errc::invalid_schedule);
    CHECK(w.add(task("a", "", every(-1s), nothing)).error() == errc::invalid_schedule);
    CHECK(w.add(task("a", "", every(std::chrono::hours::max()), nothing)).error() == errc::invalid_schedule);
    CHECK(w.add(task("a", "", every_after(std::chrono::seconds::max()), nothing)).error() ==
          errc::invalid_schedule);
    CHECK(w.add(task("a", "", at(wall_time::max()), nothing)).error() == errc::invalid_schedule);
    CHECK(w.add(task("a", "", every(1s), nullptr)).error() == errc::invalid_body);
    std::function<asio::awaitable<void>()> empty;
    CHECK(w.add(task("a", "", every(1s), empty)).error() == errc::invalid_body);
    task negative("a", "", every(1s), nothing);
    negative.timeout(-1s);
    CHECK(w.add(std::move(negative)).error() == errc::invalid_option);
    CHECK(w.tasks->stats(true).empty());
    CHECK(w.add(task("a", "", every(1s), nothing)).has_value());
    CHECK(w.add(task("a", "", every(1s), nothing)).error() == errc::task_exists);
    CHECK(w.tasks->stats().size() == 1);
}

TEST_CASE("unknown uids and run ids are errors of every operation that takes one") {
    world w;
    w.start();
    CHECK(w.get<void>(w.tasks->async_remove("x")).error() == errc::task_not_exists);
    CHECK(w.get<void>(w.tasks->async_pause("x")).error() == errc::task_not_exists);
    CHECK(w.get<void>(w.tasks->async_resume("x")).error() == errc::task_not_exists);
    CHECK(w.get<run_id>(w.tasks->async_trigger("x")).error() == errc::task_not_exists);
    CHECK(w.get<run>(w.tasks->async_run("x")).error() == errc::task_not_exists);
    CHECK(w.get<std::size_t>(w.tasks->async_cancel("x")).error() == errc::task_not_exists);
    CHECK(w.get<void>(w.tasks->async_cancel(run_id{1, 2})).error() == errc::run_not_exists);
    CHECK(w.get<run>(w.tasks->async_wait(run_id{1, 2})).error() == errc::run_not_exists);
    CHECK(w.tasks->find("x").error() == errc::task_not_exists);
    CHECK(w.tasks->next_runs("x", 3).error() == errc::task_not_exists);
}

TEST_CASE("a task recurs, is seen, and its history is kept") {
    world w;
    w.start();
    REQUIRE(w.add(task("a", "A", every(10s), nothing)));
    wall_time begin = w.clock.now().wall;
    CHECK(w.tasks->next_runs("a", 2).value() == std::vector<wall_time>{begin + 10s, begin + 20s});
    w.pass(35s);
    stat s = w.find("a");
    CHECK(s.counters.runs == 4);
    CHECK(s.counters.succeeded == 4);
    CHECK(s.status == status::waiting);
    CHECK(s.next_run == moment(begin + 40s));
    CHECK(s.last_run == moment(begin + 30s));
    CHECK(s.interval == std::chrono::microseconds(10s));
    CHECK(s.last_outcome == outcome::success);
    auto runs = w.history();
    REQUIRE(runs.size() == 4);
    CHECK(runs.front().scheduled_at == begin + 30s);
    CHECK(runs.back().scheduled_at == begin);
    CHECK(runs.back().trigger == trigger::schedule);
}

TEST_CASE("stats are sorted by next run and leave hidden tasks out unless asked") {
    world w;
    w.start();
    task hidden("h", "", every(1s), nothing);
    hidden.hidden();
    REQUIRE(w.add(std::move(hidden)));
    REQUIRE(w.add(task("slow", "", every(1min), nothing)));
    REQUIRE(w.add(task("fast", "", every(2s), nothing)));
    REQUIRE(w.add(task("done", "", every(interval_once), nothing)));
    w.pass(1s);
    auto visible = w.tasks->stats();
    REQUIRE(visible.size() == 3);
    CHECK(visible[0].uid == "fast");
    CHECK(visible[1].uid == "slow");
    CHECK(visible[2].uid == "done");
    CHECK_FALSE(visible[2].next_run);
    CHECK_FALSE(visible[2].recurring);
    CHECK(visible[2].counters.runs == 1);
    CHECK(w.tasks->stats(true).size() == 4);
}

namespace {

struct nightly {
    int* count;
    std::string_view uid() const { return "nightly"; }
    std::string name() const { return "Nightly"; }
    rondo::schedule schedule() const { return every(24h); }
    bool hidden() const { return true; }
    asio::awaitable<void> operator()() {
        ++*count;
        co_return;
    }
};

asio::awaitable<void> all_tokens(manager& tasks, int& steps) {
    task deferred("deferred", "", every(1s), nothing);
    deferred.first_run(after_interval);
    (co_await tasks.async_add(std::move(deferred))).value();
    ++steps;
    (co_await tasks.async_pause("deferred", asio::use_awaitable)).value();
    ++steps;
    run r = (co_await tasks.async_run("deferred")).value();
    steps += r.outcome == outcome::success ? 1 : 0;
}

} // namespace

TEST_CASE("any type with identity, schedule and body is a task") {
    world w;
    w.start();
    int count = 0;
    REQUIRE(w.add(nightly{&count}));
    w.pass(48h);
    CHECK(count == 3);
    CHECK(w.find("nightly").hidden);
}

TEST_CASE("every kind of completion token works") {
    world w;
    w.start();
    int steps = 0;
    asio::co_spawn(w.context, all_tokens(*w.tasks, steps), [](std::exception_ptr e) { CHECK_FALSE(e); });
    w.pass(1s);
    CHECK(steps == 3);
    auto future = w.tasks->async_resume("deferred", asio::use_future);
    w.pass(0s);
    CHECK(future.get().has_value());
}

TEST_CASE("at follows the wall clock when it is set, and intervals do not") {
    world w;
    w.start();
    wall_time begin = w.clock.now().wall;
    int at_noon = 0;
    auto noon = [&at_noon]() -> asio::awaitable<void> {
        ++at_noon;
        co_return;
    };
    REQUIRE(w.add(task("noon", "", at(begin + 12h), noon)));
    REQUIRE(w.add(task("tick", "", every(10s), nothing)));
    w.pass(15s);
    CHECK(w.find("tick").counters.runs == 2);
    w.clock.set_wall(begin + 11h + 59min);
    w.pass(30s);
    CHECK(at_noon == 0);
    CHECK(w.find("tick").counters.runs == 5); // 20, 30 and 40 s: nothing moved
    w.clock.set_wall(begin + 12h);
    w.pass(0s);
    CHECK(at_noon == 1);
    w.clock.set_wall(begin);
    w.pass(24h);
    CHECK(at_noon == 1);
}

TEST_CASE("the default manager is made once and can be reset") {
    asio::io_context context;
    CHECK_THROWS_AS((void)default_manager(), boost::system::system_error);
    CHECK(init(context.get_executor(), nullptr).error() == errc::invalid_option);
    REQUIRE(init(context.get_executor(), memory::open()));
    CHECK(init(context.get_executor(), memory::open()).error() == errc::already_started);
    CHECK(default_manager().stats().empty());
    reset_default_manager();
    CHECK_THROWS_AS((void)default_manager(), boost::system::system_error);
}

TEST_CASE("a body that is not taken is destroyed where it may ask the manager") {
    int asked = 0;
    world w;
    w.start();
    auto curious = [&] {
        std::shared_ptr<void> guard(nullptr, [&](void*) {
            (void)w.tasks->stats();
            ++asked;
        });
        return task("x", "", every(1h), [guard]() -> asio::awaitable<void> { co_return; });
    };
    CHECK(w.add(curious()));
    CHECK(w.add(curious()).error() == errc::task_exists);
    CHECK(asked == 1);
    CHECK(w.get<void>(w.tasks->async_remove("x"))); // for the manager must be there
    CHECK(asked == 2);
}

TEST_CASE("the next runs end with time itself") {
    world w;
    w.start();
    REQUIRE(w.add(task("x", "", every(std::chrono::years(100)), nothing)));
    auto slots = w.tasks->next_runs("x", 10'000).value();
    CHECK(slots.size() > 70);
    CHECK(slots.size() < 90);
    CHECK(std::ranges::is_sorted(slots));
}

TEST_CASE("a tolerance is in microseconds, rounded down, and what cannot be one is refused, however it is "
          "written") {
    const auto of = [](auto d) {
        task t("t", "", every(1h), nothing);
        return t.tolerance(d).options().tolerance;
    };
    CHECK(of(0s) == 0us);
    CHECK(of(999ns) == 0us);
    CHECK(of(1999ns) == 1us);
    CHECK(of(24h) == tolerance_limit);
    world w;
    w.start();
    for (auto bad : {of(-1ns), of(std::chrono::hours::max()), of(std::chrono::seconds::min()), of(24h + 1us),
                     of(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN()))}) {
        task t("t", "", every(1h), nothing);
        CHECK(w.add(std::move(t.tolerance(bad))).error() == errc::invalid_option);
    }
    task t("t", "", every(1h), nothing);
    CHECK(w.add(std::move(t.tolerance(1s))));
}

TEST_SUITE_END();

} // namespace rondo::tests
