// SPDX-License-Identifier: BSL-1.0
// What becomes of those who wait when there is no memory.
#include "allocations.hpp"
#include "poor_world.hpp"

#include <core/scheduler.hpp>
#include <support/own_new.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <utility>

namespace rondo::tests {

std::atomic<std::int64_t> allocations_left = -1;
std::atomic<bool> one_has_failed = false;
std::atomic<std::uint64_t> allocations = 0;

void before_allocation() {
    ++allocations;
    if (allocations_left < 0 || allocations_left-- != 0) return;
    one_has_failed = true;
    throw std::bad_alloc();
}

namespace {

using operation = std::function<void(poor_world&, std::function<void(error_code)>)>;

// Once for each allocation after the answer of the repository. Returns for how many.
int fail_each(const char* what, const std::function<void(poor_world&)>& prepare, const operation& begin) {
    for (int n = 0; n != 1000; ++n) {
        CAPTURE(std::string(what));
        CAPTURE(n);
        poor_world s;
        prepare(s);
        one_has_failed = false;
        int answers = 0;
        begin(s, [&](error_code) { ++answers; });
        s.store->fails_at = n;
        bool inside = s.poll();
        s.store->fails_at = -1;
        if (!one_has_failed || !inside) return n;
        s.w.pass(6s);
        CHECK(answers == 1);
        // And all goes on.
        CHECK(s.w.get<history_page>(s.w.tasks->async_history({})).has_value());
        if (s.w.tasks->find("t").has_value()) CHECK(s.w.get<void>(s.w.tasks->async_remove("t")).has_value());
        CHECK(s.w.add(task("t", "", every(1h), nothing)).has_value());
        CHECK(s.w.get<void>(s.w.tasks->async_resume("t")).has_value()); // a pause outlives its task
        s.w.pass(2h);
        CHECK(s.w.find("t").counters.succeeded > 0);
        CHECK(s.w.get<shutdown_report>(s.w.tasks->async_shutdown(0s)).has_value());
    }
    return 1000;
}

template <class T>
auto told(std::function<void(error_code)> done) {
    return [done = std::move(done)](result<T> r) { done(r ? error_code() : r.error()); };
}

void with_task(poor_world& s) {
    s.w.start();
    REQUIRE(s.w.add(task("t", "", every(1h), nothing)));
    s.w.pass(1s);
}

} // namespace

TEST_SUITE_BEGIN("runtime/no_memory");

TEST_CASE("who asks the repository is answered, wherever memory runs out after its answer") {
    if (!recycles()) return;
    int n = 0; // some need none
    auto each = [&n](const char* what, auto begin) { n += fail_each(what, with_task, begin); };
    each("history", [](poor_world& s, auto done) { s.w.tasks->async_history({}, told<history_page>(done)); });
    each("users", [](poor_world& s, auto done) { s.w.tasks->async_users(told<std::vector<user>>(done)); });
    each("wait",
         [](poor_world& s, auto done) { s.w.tasks->async_wait(s.w.history().at(0).id, told<run>(done)); });
    each("pause", [](poor_world& s, auto done) {
        s.w.tasks->async_pause("t", pause_options().reason("a long reason, that needs memory"),
                               told<void>(done));
    });
    each("resume", [](poor_world& s, auto done) { s.w.tasks->async_resume("t", told<void>(done)); });
    each("remove", [](poor_world& s, auto done) { s.w.tasks->async_remove("t", told<void>(done)); });
    each("update", [](poor_world& s, auto done) {
        task other("t", "another name that is long", every(7s), nothing);
        other.timeout(1s).retry({.attempts = 3});
        s.w.tasks->async_update(std::move(other), told<void>(done));
    });
    each("update to one that follows", [](poor_world& s, auto done) {
        s.w.tasks->async_update(task("t", "", after("another task with a long uid"), nothing),
                                told<void>(done));
    });
    CHECK(n > 10);
}

TEST_CASE("who adds tasks together is answered, each of them, wherever memory runs out") {
    if (!recycles()) return;
    int n = fail_each(
        "adds", [](poor_world& s) { s.w.start(); },
        [](poor_world& s, auto done) {
            auto left = std::make_shared<int>(3);
            for (const char* uid : {"t", "u", "v"})
                s.w.tasks->async_add(task(uid, "", every(1h), nothing), [=](result<void> r) {
                    if (--*left == 0) done(r ? error_code() : r.error());
                });
        });
    CHECK(n > 3);
}

TEST_CASE("who adds or removes many tasks in one call is answered, wherever memory runs out") {
    if (!recycles()) return;
    auto tell = [](auto done) {
        return [=](result<bulk_report> r) {
            if (r) CHECK(r.value().succeeded + r.value().failures.size() == 3);
            done(r ? error_code() : r.error());
        };
    };
    int n = fail_each(
        "add", [](poor_world& s) { s.w.start(); },
        [&](poor_world& s, auto done) {
            std::vector<task> all;
            for (const char* uid : {"t", "u", "v"}) all.emplace_back(uid, "", every(1h), nothing);
            s.w.tasks->async_add(std::move(all), tell(done));
        });
    CHECK(n > 3);
    n = fail_each(
        "replace each other", [](poor_world& s) { s.w.start(); },
        [&](poor_world& s, auto done) {
            std::vector<task> all;
            for (const char* uid : {"t", "t", "u"}) all.emplace_back(uid, "", every(1h), nothing);
            s.w.tasks->async_add(std::move(all), if_exists::replace, tell(done));
        });
    CHECK(n > 3);
    n += fail_each("remove", with_task, [&](poor_world& s, auto done) { // which may need none
        s.w.tasks->async_remove(std::vector<std::string>{"t", "t", "u"}, tell(done));
    });
    CHECK(n > 3);
}

TEST_CASE("a run whose users cannot be held in memory ends, and who waits for it is told") {
    if (!recycles()) return;
    auto body = [](context, user) -> asio::awaitable<result<std::string>> { co_return "ok"; };
    int n = fail_each(
        "users of a run",
        [&](poor_world& s) {
            s.w.start();
            REQUIRE(s.w.get<void>(
                s.w.tasks->async_add_users({user("a user with a long name, that needs memory"), user("b")})));
            task t("t", "", every(1h), body);
            t.first_run(after_interval);
            REQUIRE(s.w.add(std::move(t)));
        },
        [](poor_world& s, auto done) { s.w.tasks->async_run("t", told<run>(done)); });
    CHECK(n > 1);
}

TEST_CASE("a run has one end and its next attempt one begin, wherever memory runs out when its body ends") {
    if (!recycles()) return;
    int n = 0;
    for (bool inside = true; inside && n != 1000; ++n) {
        CAPTURE(n);
        poor_world s;
        s.w.start();
        std::optional<asio::any_io_executor> where;
        auto body = [&](context ctx) -> asio::awaitable<void> {
            (co_await ctx.async_sleep_for(1s)).value();
            if (!one_has_failed) allocations_left = n;
            if (ctx.attempt() == 1) throw 1;
        };
        one_has_failed = false;
        task t("t", "", at(wall_time_last), body);
        t.retry({.attempts = 2, .backoff = 1s, .jitter = 0});
        REQUIRE(s.w.add(std::move(t)));
        auto events = s.w.tasks->subscribe();
        int answers = 0;
        s.w.tasks->async_run("t", [&](const result<run>&) { ++answers; });
        s.poll();
        s.w.clock.advance(1s);
        inside = s.poll() && one_has_failed;
        if (!inside) break;
        s.w.pass(10s);
        CHECK(answers == 1);
        CHECK(s.w.find("t").runs_in_flight == 0);
        CHECK(s.w.find("t").runs_retrying == 0);
        const counters c = s.w.find("t").counters;
        CHECK(c.runs == c.succeeded + c.failed);
        CHECK(c.runs <= 2);
        int ends = 0;
        while (auto e = events.try_next()) ends += e->kind == event_kind::run_ended ? 1 : 0;
        CHECK(ends <= 2);
    }
    CHECK(n > 3);
}

TEST_CASE("an update leaves a run in flight its body, wherever memory runs out") {
    if (!recycles()) return;
    const int n = with_each([](int failing) {
        poor_world s;
        s.w.start();
        bool running = false;
        bool broken = false;
        std::shared_ptr<void> part_of_body(nullptr, [&](void*) { broken = broken || running; });
        auto body = [&running, part = std::move(part_of_body)](context ctx) -> asio::awaitable<void> {
            running = true;
            (co_await ctx.async_sleep_for(10s)).value();
            running = false;
        };
        REQUIRE(s.w.add(task("t", "", every(1h), std::move(body))));
        s.w.pass(1s);
        REQUIRE(running);
        one_has_failed = false;
        int answers = 0;
        s.w.tasks->async_update(task("t", "another name that is long", every(2h), nothing),
                                [&](const result<void>&) { ++answers; });
        s.store->fails_at = failing;
        const bool inside = s.poll();
        s.store->fails_at = -1;
        s.w.pass(1min);
        CHECK_FALSE(broken);
        CHECK(s.w.find("t").counters.succeeded == 1);
        if (!one_has_failed || !inside) return false;
        CHECK(answers == 1);
        return true;
    });
    CHECK(n > 3);
}

TEST_CASE("ends and begins are on record once, wherever memory runs out when the repository has answered") {
    if (!recycles()) return;
    int n = 0;
    for (one_has_failed = true; one_has_failed && n != 1000; ++n) {
        CAPTURE(n);
        poor_world s;
        s.store->together = true;
        s.w.start();
        task t("t", "", every(1min), nothing);
        REQUIRE(s.w.add(std::move(t.catch_up({.coalesce = coalesce::all}))));
        s.w.pass(10min);
        REQUIRE(s.w.get<void>(s.w.tasks->async_pause_all()));
        s.w.clock.advance(20min);
        one_has_failed = false;
        s.store->fails_recording_at = n;
        s.w.tasks->async_resume_all(resume_from::the_past, [](result<void>) {});
        s.w.context.restart();
        try { // until the handler is over that takes the answer
            while (s.store->fails_recording_at >= 0 && s.w.context.poll_one() > 0) {
            }
        } catch (const std::bad_alloc&) { // of Asio, which lost the coroutine
        }
        allocations_left = -1;
        s.w.pass(1min);
        CHECK(s.w.tasks->state().outbox == 0);
        std::vector<wall_time> slots;
        for (const run& r : s.w.history())
            if (r.outcome == outcome::success) slots.push_back(r.scheduled_at);
        CHECK(slots.size() == 32);
        CHECK(std::ranges::adjacent_find(slots) == slots.end());
    }
    CHECK(n >= 1);
}

TEST_CASE("each of several bodies has one end, wherever memory runs out when they are to begin") {
    if (!recycles()) return;
    int n = 0;
    for (one_has_failed = true; one_has_failed && n != 1000; ++n) {
        CAPTURE(n);
        poor_world s;
        s.w.start();
        int begun = 0;
        std::vector<asio::any_io_executor> kept; // so that the next have a strand of their own
        kept.reserve(8);
        auto body = [&](context ctx) -> asio::awaitable<void> {
            if (++begun <= 4 || begun == 6) kept.push_back(ctx.get_executor());
            if (begun == 8) allocations_left = -1;
            co_return;
        };
        for (const char* uid : {"a", "b", "c", "d"}) {
            task t(uid, "", every(1h), body);
            t.first_run(after_interval);
            REQUIRE(s.w.add(std::move(t)));
        }
        s.w.pass(1h + 1min); // whoever begins then needs another strand than these
        REQUIRE(begun == 4);
        auto events = s.w.tasks->subscribe();
        int started = 0;
        s.w.clock.advance(59min);
        s.w.context.restart();
        while (started != 4 && s.w.context.poll_one() > 0)
            while (auto e = events.try_next()) started += e->kind == event_kind::run_started ? 1 : 0;
        REQUIRE(started == 4);
        REQUIRE(begun == 4);
        one_has_failed = false;
        allocations_left = n;
        s.poll();
        s.w.pass(10s);
        int ends = 0;
        while (auto e = events.try_next()) ends += e->kind == event_kind::run_ended ? 1 : 0;
        CHECK(ends == 4);
        for (const char* uid : {"a", "b", "c", "d"}) {
            CAPTURE(std::string(uid));
            const stat now = s.w.find(uid);
            CHECK(now.runs_in_flight == 0);
            CHECK(now.counters.succeeded + now.counters.failed == 2);
        }
    }
    CHECK(n > 3);
}

TEST_CASE("a slot is followed once, wherever memory runs out when it ends") {
    if (!recycles()) return;
    int n = 0;
    for (bool inside = true; inside && n != 1000; ++n) {
        CAPTURE(n);
        poor_world s;
        s.w.start();
        auto body = [&](context ctx) -> asio::awaitable<void> {
            (co_await ctx.async_sleep_for(1s)).value();
            if (!one_has_failed) allocations_left = n;
        };
        one_has_failed = false;
        REQUIRE(s.w.add(task("c", "", after("b", any_outcome), nothing)));
        REQUIRE(s.w.add(task("b", "", after("a", any_outcome), nothing)));
        REQUIRE(s.w.add(task("a", "", at(s.w.clock.now().wall), body)));
        s.poll();
        s.w.clock.advance(1s);
        inside = s.poll() && one_has_failed;
        if (!inside) break;
        s.w.pass(10s);
        for (const char* uid : {"a", "b", "c"}) {
            CAPTURE(std::string(uid));
            CHECK(s.w.find(uid).counters.runs == 1);
            CHECK(s.w.find(uid).runs_in_flight == 0);
        }
    }
    CHECK(n > 10);
}

TEST_SUITE_END();

} // namespace rondo::tests
