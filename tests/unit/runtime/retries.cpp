// SPDX-License-Identifier: BSL-1.0
#include "faulty_repository.hpp"
#include "world.hpp"

#include <boost/system/system_error.hpp>

#include <stdexcept>

namespace rondo::tests {
namespace {

// Fails until its attempt number `from`.
struct flaky {
    std::uint32_t from;
    asio::awaitable<result<void>> operator()(context ctx) {
        if (ctx.attempt() < from) co_return errc::store_failed;
        co_return boost::outcome_v2::success();
    }
};

retry tries(std::uint32_t attempts) {
    retry r;
    r.attempts = attempts;
    r.jitter = 0;
    return r;
}

} // namespace

TEST_SUITE_BEGIN("runtime/retries");

TEST_CASE("who waits for a run that is tried again gets its last attempt, and history has each") {
    world w;
    w.start();
    task t("t", "", every(1h), flaky{3});
    t.first_run(after_interval).retry(tries(5));
    REQUIRE(w.add(std::move(t)));
    auto stream = w.tasks->subscribe();
    std::optional<run> last;
    w.tasks->async_run("t", user("zoe"))([&](result<run> r) { last = r.value(); });
    w.pass(0s);
    CHECK(!last);
    run_id first = w.history().at(0).id;
    CHECK(w.get<run>(w.tasks->async_wait(first)).value().outcome == outcome::failed);
    w.pass(3s);
    REQUIRE(last);
    CHECK(last->outcome == outcome::success);
    CHECK(last->attempt == 3);
    CHECK(last->trigger == trigger::retry);
    CHECK(last->users == std::vector<user>{user("zoe")});
    auto runs = w.history();
    REQUIRE(runs.size() == 3);
    CHECK(runs[2].trigger == trigger::manual);
    CHECK(runs[1].attempt == 2);
    CHECK(runs[1].started_at - *runs[2].finished_at == 1s);
    CHECK(runs[0].started_at - *runs[1].finished_at == 2s);
    CHECK(runs[0].scheduled_at == runs[2].scheduled_at);
    std::vector<std::uint64_t> planned;
    while (auto e = stream.try_next())
        if (e->kind == event_kind::retry_planned) planned.push_back(e->count);
    CHECK(planned == std::vector<std::uint64_t>{2, 3});
}

TEST_CASE("retry_if sees what went wrong, and on_failure hears of what went wrong for good") {
    world w;
    w.start();
    std::vector<std::string> asked;
    std::vector<run> given_up;
    int kind = 0;
    task t("t", "", every(1h), [&kind]() -> asio::awaitable<result<void>> {
        if (kind == 0) throw boost::system::system_error(make_error_code(errc::store_locked), "busy");
        if (kind == 1) throw std::runtime_error("for good");
        co_return errc::store_full;
    });
    t.first_run(after_interval).retry(tries(3));
    t.retry_if([&](const run_failure& f) {
        asked.push_back(std::to_string(f.attempt) + " " + std::string(f.message));
        if (kind == 1) CHECK(f.thrown != nullptr);
        if (kind == 2) CHECK(f.code == errc::store_full);
        if (kind == 3) throw std::runtime_error("the predicate");
        return f.code == errc::store_locked || f.code == errc::store_full;
    });
    t.on_failure([&](const run& r) {
        given_up.push_back(r);
        throw std::logic_error("the hook");
    });
    REQUIRE(w.add(std::move(t)));
    auto run_it = [&] {
        std::optional<run> last;
        w.tasks->async_run("t")([&](result<run> r) { last = r.value(); });
        w.pass(10s);
        REQUIRE(last);
        return *last;
    };
    CHECK(run_it().attempt == 3);
    CHECK(asked.size() == 3);
    CHECK(given_up.size() == 1);
    kind = 1;
    CHECK(run_it().attempt == 1);
    CHECK(given_up.back().message == "for good");
    kind = 2;
    CHECK(run_it().attempt == 3);
    kind = 3;
    run last = run_it();
    CHECK(last.attempt == 1);
    CHECK(last.message.find("the predicate") != std::string::npos);
    CHECK(given_up.size() == 4);
    CHECK(w.logged("on_failure threw: the hook"));
    CHECK(w.find("t").failures == 4);
}

TEST_CASE("a run that timed out is tried again, and on_failure hears of the last when its body is gone") {
    world w;
    w.start();
    std::vector<std::uint32_t> failed;
    task t("t", "", every(1h), stubborn{20s});
    t.first_run(after_interval).retry(tries(2)).timeout(5s).on_failure([&](const run& r) {
        CHECK(r.outcome == outcome::timed_out);
        failed.push_back(r.attempt);
    });
    REQUIRE(w.add(std::move(t)));
    std::optional<run> last;
    w.tasks->async_run("t")([&](result<run> r) { last = r.value(); });
    w.pass(20s);
    CHECK(!last);
    CHECK(failed.empty());
    w.pass(10s);
    REQUIRE(last);
    CHECK(last->attempt == 2);
    CHECK(failed == std::vector<std::uint32_t>{2});
    w.pass(30s);
}

TEST_CASE("shutdown and removal give who follows the last attempt that was") {
    for (bool remove : {false, true}) {
        world w;
        w.start();
        task t("t", "", every(1h), flaky{9});
        t.first_run(after_interval).retry(tries(9));
        REQUIRE(w.add(std::move(t)));
        std::optional<run> last;
        w.tasks->async_run("t")([&](result<run> r) { last = r.value(); });
        w.pass(2s);
        CHECK(!last);
        if (remove)
            CHECK(w.get<void>(w.tasks->async_remove("t")).has_value());
        else
            CHECK(w.get<shutdown_report>(w.tasks->async_shutdown(10s)).value().still_running.empty());
        REQUIRE(last);
        CHECK(last->attempt == 2);
        CHECK(last->outcome == outcome::failed);
    }
}

TEST_CASE("a task that pauses itself is paused in the next life too") {
    world w;
    w.start();
    auto make = [] {
        task t("t", "", every(1h), flaky{9});
        t.pause_after_failures(2);
        return t;
    };
    REQUIRE(w.add(make()));
    auto stream = w.tasks->subscribe();
    w.pass(3h);
    CHECK(w.find("t").paused);
    CHECK(w.find("t").counters.runs == 2);
    CHECK(w.logged("2 failures in a row"));
    bool told = false;
    while (auto e = stream.try_next())
        told = told || (e->kind == event_kind::task_paused && e->message == "2 failures in a row");
    CHECK(told);
    w.restart();
    w.start();
    REQUIRE(w.add(make()));
    CHECK(w.find("t").paused);
    CHECK(w.find("t").pause_reason == "2 failures in a row");
    CHECK(w.find("t").failures == 2);
    CHECK(w.get<void>(w.tasks->async_resume("t")).has_value());
    w.pass(1h);
    CHECK(w.find("t").paused);
    CHECK(w.find("t").failures == 3);
}

TEST_CASE("a task that pauses itself while the repository fails is paused in the next life all the same") {
    auto faulty = std::make_shared<faulty_repository>(memory::open());
    world w(faulty);
    w.start();
    auto make = [] {
        task t("t", "", every(1h), flaky{9});
        t.pause_after_failures(1);
        return t;
    };
    faulty->set("update_tasks", fault::fails);
    REQUIRE(w.add(make()));
    w.pass(10s);
    CHECK(w.find("t").paused);
    faulty->set("update_tasks", fault::none);
    w.pass(2s);
    w.restart();
    w.start();
    REQUIRE(w.add(make()));
    CHECK(w.find("t").paused);
}

TEST_CASE("a pause has a reason and an end, in the next life too") {
    world w;
    w.start();
    REQUIRE(w.add(task("t", "", every(10s), nothing)));
    pause_options how;
    how.reason("too much to do").until(w.clock.now().wall + 25s);
    CHECK(w.get<void>(w.tasks->async_pause("t", how)).has_value());
    CHECK(w.find("t").pause_reason == "too much to do");
    w.restart();
    w.start();
    REQUIRE(w.add(task("t", "", every(10s), nothing)));
    CHECK(w.find("t").paused_until == how.until());
    w.pass(24s);
    CHECK(w.find("t").paused);
    w.pass(6s);
    CHECK(!w.find("t").paused);
    CHECK(w.find("t").counters.skipped_paused == 2);
    CHECK(w.find("t").counters.runs == 1);
    w.restart();
    w.start();
    REQUIRE(w.add(task("t", "", every(10s), nothing)));
    CHECK(!w.find("t").paused);
    how.reason(std::string(pause_reason_size_max + 1, 'x'));
    CHECK(w.get<void>(w.tasks->async_pause("t", how)).error() == errc::invalid_option);
    how.reason("").until(wall_time_last + 1us);
    CHECK(w.get<void>(w.tasks->async_pause("t", how)).error() == errc::invalid_option);
}

TEST_CASE("who did not know that it was late is asked too whether it is worth another attempt") {
    world w;
    w.start();
    int began = 0;
    std::vector<outcome> asked;
    auto computes = [&]() -> asio::awaitable<void> { // holds the thread past its deadline
        ++began;
        w.clock.advance(10s);
        w.context
            .poll(); // the manager sees it; the cancellation has to wait until the body lets go of its strand
        co_return;
    };
    task t("t", "", once(), computes);
    t.timeout(5s).retry({.attempts = 3}).retry_if([&](const run_failure& f) {
        asked.push_back(f.outcome);
        return false;
    });
    REQUIRE(w.add(std::move(t)));
    w.pass(1min);
    CHECK(began == 1);
    CHECK(w.history().at(0).outcome == outcome::timed_out);
    CHECK(asked == std::vector<outcome>{outcome::timed_out});
}

TEST_CASE("what is asked about stays as it is while somebody thinks about it, although its time is over") {
    auto faulty = std::make_shared<faulty_repository>(memory::open());
    world w(faulty);
    w.start();
    int began = 0;
    auto for_each = [&](context, user) -> asio::awaitable<result<std::string>> {
        ++began;
        co_return std::string();
    };
    std::vector<std::string> seen;
    task t("t", "", once(), for_each);
    t.timeout(5s).retry({.attempts = 2}).retry_if([&](const run_failure& f) {
        seen.emplace_back(f.message);
        w.clock.advance(10s);
        w.context.poll(); // the run is recorded as timed out
        seen.emplace_back(f.message);
        return false;
    });
    faulty->set("users", fault::fails);
    REQUIRE(w.add(std::move(t)));
    w.pass(1min);
    CHECK(began == 0);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].starts_with("its users are not known"));
    CHECK(seen[1] == seen[0]);
    CHECK(w.history().at(0).outcome == outcome::timed_out);
    CHECK(w.find("t").counters.runs == 1);
}

TEST_CASE("a pause by hand is not undone by the record of an older one") {
    auto faulty = std::make_shared<faulty_repository>(memory::open());
    world w(faulty);
    w.start();
    REQUIRE(w.add(task("t", "", every(10s), nothing)));
    pause_options soon_over;
    soon_over.until(w.clock.now().wall + 5s);
    CHECK(w.get<void>(w.tasks->async_pause("t", soon_over)).has_value());
    for (auto how : {fault::hangs, fault::waits}) {
        faulty->set("update_tasks", how); // the record of its own end
        w.pass(6s);
        CHECK(!w.find("t").paused);
        faulty->set("update_tasks", fault::none);
        CHECK(w.get<void>(w.tasks->async_pause("t", pause_options().reason("maintenance"))).has_value());
        w.pass(4s); // before, or when it is overdue
        faulty->let_go();
        w.pass(20s);
        CHECK(w.find("t").paused);
        w.restart();
        w.start();
        REQUIRE(w.add(task("t", "", every(10s), nothing)));
        CHECK(w.find("t").paused);
        CHECK(w.find("t").pause_reason == "maintenance");
        soon_over.until(w.clock.now().wall + 5s);
        CHECK(w.get<void>(w.tasks->async_pause("t", soon_over)).has_value());
    }
}

TEST_CASE("a pause of its own that is not on record yet is waited for at the end, or reported") {
    auto faulty = std::make_shared<faulty_repository>(memory::open());
    for (bool healed : {true, false}) {
        world w(faulty);
        if (!healed) w.pass(1h); // another life, and not one of the same time
        w.start();
        task t("t", "", every(10s),
               [](context) -> asio::awaitable<result<void>> { co_return errc::store_failed; });
        t.pause_after_failures(1);
        faulty->set("update_tasks", fault::fails);
        REQUIRE(w.add(std::move(t)));
        w.pass(1ms);
        CHECK(w.find("t").paused);
        if (healed) faulty->set("update_tasks", fault::none);
        std::optional<shutdown_report> report;
        w.tasks->async_shutdown(10s, [&](result<shutdown_report> r) { report = r.value(); });
        w.pass(10s);
        REQUIRE(report);
        CHECK(report->unrecorded == (healed ? 0 : 1));
        faulty->set("update_tasks", fault::none);
        w.restart();
        w.start();
        REQUIRE(w.add(task("t", "", every(10s), nothing)));
        CHECK(w.find("t").paused == healed);
        CHECK(w.get<void>(w.tasks->async_resume("t")).has_value());
    }
}

TEST_SUITE_END();

} // namespace rondo::tests
