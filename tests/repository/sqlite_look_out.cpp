// SPDX-License-Identifier: BSL-1.0
// Two threads that look out for each other before they sleep.
#include <repository/sqlite/look_out.hpp>
#include <repository/sqlite/open_file.hpp>
#include <repository/waiters.hpp>

#include <repository/blocking.hpp>
#include <repository/scratch_folder.hpp>
#include <repository/thread_gate.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <thread>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/sqlite_look_out");

namespace {

using namespace rondo;
using namespace rondo::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using sqlite::detail::look_out;

constexpr look_out::limits two_processors{.call_max = 100us, .answer_max = 500us, .processors = 2};

int nowhere() noexcept {
    return -1;
}
int somewhere() noexcept {
    return 3;
}

/// So many turns that follow at once.
void take_turns(look_out& out, int n) {
    for (int i = 0; i != n; ++i) out.on_turn(100us, 500us);
}

/// How many handlers of a loop run while its call is at the database thread, up to 20.
std::size_t looks_during(sqlite::database& repository, thread_gate& g, std::uint64_t n) {
    g.set(false);
    asio::io_context io{1};
    const auto answer = launch<std::vector<begin_answer>>(io, repository.begin_runs(one_begin("t", n)));
    std::size_t handlers = 0;
    while (handlers != 20 && io.poll_one() == 1) ++handlers;
    g.wait_for_thread();
    g.set(true);
    io.run();
    CHECK(answer->value().value()[0].state == begin_state::recorded);
    return handlers;
}

} // namespace

TEST_CASE("by default nobody looks out until calls have followed at once for a while") {
    look_out out(std::nullopt, two_processors);
    for (int turns = 0; turns != 8; ++turns) {
        CAPTURE(turns);
        CHECK(out.for_call() == 0us);
        CHECK(out.for_answer() == 0us);
        take_turns(out, 1);
    }
    for (int turns = 8; turns != 100; ++turns) {
        CAPTURE(turns);
        CHECK(out.for_call() == 100us);
        CHECK(out.for_answer() == 500us);
        take_turns(out, 1);
    }
}

TEST_CASE("the first call that does not follow at once ends it") {
    look_out out(std::nullopt, two_processors);
    take_turns(out, 20);
    out.on_turn(101us, 1us);
    CHECK(out.for_call() == 0us);
    CHECK(out.for_answer() == 0us);
    take_turns(out, 7);
    CHECK(out.for_call() == 0us);
    out.on_turn(-5us, 1us); // it came before the answers were out
    CHECK(out.for_call() == 100us);
    CHECK(out.for_answer() == 500us);
}

TEST_CASE("after a slow answer the loop sleeps for a while, and the next call is looked for all the same") {
    look_out out(std::nullopt, two_processors);
    take_turns(out, 20);
    out.on_turn(1us, 501us);
    for (int turns = 0; turns != 8; ++turns) {
        CAPTURE(turns);
        CHECK(out.for_call() == 100us);
        CHECK(out.for_answer() == 0us);
        out.on_turn(1us, 500us);
    }
    CHECK(out.for_answer() == 500us);
}

TEST_CASE("it is found out that several threads run a context") {
    repository_detail::waiters w;
    CHECK(w.has_one_thread());
    CHECK(w.seen_on(std::this_thread::get_id()));
    CHECK(w.seen_on(std::this_thread::get_id()));
    CHECK(w.has_one_thread());
    bool only = true;
    std::thread([&] { only = w.seen_on(std::this_thread::get_id()); }).join();
    CHECK_FALSE(only);
    CHECK_FALSE(w.has_one_thread());
    CHECK_FALSE(w.seen_on(std::this_thread::get_id()));
}

TEST_CASE("with one processor there is nobody to look for, unless somebody says so") {
    look_out::limits l = two_processors;
    l.processors = 1;
    look_out alone(std::nullopt, l);
    take_turns(alone, 20);
    CHECK(alone.for_call() == 0us);
    CHECK(alone.for_answer() == 0us);
    CHECK(look_out(3us, l).for_call() == 3us);
    l.processors = 0; // it is not known
    look_out unknown(std::nullopt, l);
    take_turns(unknown, 20);
    CHECK(unknown.for_call() == 100us);
}

TEST_CASE("who shares our processor is not looked for, unless somebody says so") {
    look_out::limits l = two_processors;
    l.here = somewhere;
    CHECK_FALSE(look_out(std::nullopt, l).is_apart_from(3));
    CHECK(look_out(std::nullopt, l).is_apart_from(2));
    CHECK(look_out(std::nullopt, l).is_apart_from(-1)); // who knows
    CHECK(look_out(5us, l).is_apart_from(3));
    l.here = nowhere;
    CHECK(look_out(std::nullopt, l).is_apart_from(3));
}

TEST_CASE("a time that somebody sets holds always, and none is never") {
    for (const auto always : {0us, 7us, 1000us}) {
        CAPTURE(always.count());
        look_out out(always, two_processors);
        for (int i = 0; i != 20; ++i) {
            CHECK(out.for_call() == always);
            CHECK(out.for_answer() == always);
            out.on_turn(i < 10 ? 0us : 1s, 1s);
        }
    }
}

TEST_CASE("a loop and the database thread begin to look out by themselves, and not if told so") {
    for (const bool never : {false, true}) {
        CAPTURE(never);
        thread_gate g;
        sqlite::detail::seams s = g.seams();
        s.look = {.call_max = 1h, .answer_max = 1h, .processors = 2, .here = nowhere};
        std::atomic<int> met = 0;
        s.on_looked_out = [&](bool came) { met += came ? 1 : 0; };
        sqlite::options o;
        if (never) o.busy_poll = 0us;
        const auto repository = sqlite::detail::open_file(":memory:", o, s).value();
        blocking(repository->register_tasks(one_task("t"))).value();
        std::uint64_t n = 1;
        CHECK(looks_during(*repository, g, n++) < 20);
        for (; n != 10; ++n) blocking(repository->begin_runs(one_begin("t", n))).value();
        CHECK((looks_during(*repository, g, n++) == 20) == !never);
        // Who is there already is not looked for, so this may take some calls.
        for (; n != 1000 && met == 0 && !never; ++n)
            blocking(repository->begin_runs(one_begin("t", n))).value();
        CHECK((met > 0) == !never);
    }
}

TEST_CASE("a loop that polls looks again and again until it has its answer, and no longer") {
    thread_gate g;
    sqlite::options o;
    o.busy_poll = sqlite::busy_poll_max;
    const auto repository = sqlite::detail::open_file(":memory:", o, g.seams()).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    bool looked = false;
    bool stopped = false;
    for (std::uint64_t n = 1; n != 1000 && !(looked && stopped); ++n) { // a busy machine is mostly late
        g.set(false);
        asio::io_context io{1};
        const auto launched_at = std::chrono::steady_clock::now();
        const auto answer = launch<std::vector<begin_answer>>(io, repository->begin_runs(one_begin("t", n)));
        std::size_t handlers = 0;
        while (handlers != 20 && io.poll_one() == 1) ++handlers;
        looked = looked || handlers == 20;
        g.wait_for_thread();
        g.set(true);
        while (!*answer) io.run_one();
        CHECK(answer->value().value()[0].state == begin_state::recorded);
        const std::size_t after = io.run();
        const bool in_time = std::chrono::steady_clock::now() < launched_at + sqlite::busy_poll_max;
        stopped = stopped || (handlers == 20 && after <= 2 && in_time);
    }
    CHECK(looked);
    CHECK(stopped);
}

TEST_CASE("a database thread that polls stops at the call, and sleeps when none comes") {
    std::atomic<bool> called = false;
    std::atomic<bool> slept = false;
    sqlite::detail::seams s;
    s.on_looked_out = [&](bool came) {
        (came ? called : slept) = true;
        slept.notify_all();
    };
    sqlite::options o;
    o.busy_poll = sqlite::busy_poll_max;
    const auto repository = sqlite::detail::open_file(":memory:", o, s).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    for (std::uint64_t n = 1; n != 1000 && !called; ++n) {
        slept = false;
        blocking(repository->begin_runs(one_begin("t", n))).value();
    }
    CHECK(called);
    slept.wait(false); // after the last call
    blocking(repository->begin_runs(one_begin("t", 1000))).value();
}

TEST_CASE("a polling time that is none is refused") {
    const scratch_folder folder;
    for (const auto poll :
         {std::chrono::microseconds(-1), sqlite::busy_poll_max + std::chrono::microseconds(1)}) {
        sqlite::options o;
        o.busy_poll = poll;
        CHECK(sqlite::open(folder.path("a.db"), o).error() == errc::invalid_option);
    }
    CHECK_FALSE(std::filesystem::exists(folder.path("a.db")));
}

TEST_SUITE_END();
