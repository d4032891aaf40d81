// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

using core::body_end;

TEST_SUITE_BEGIN("core/shutdown");

TEST_CASE("an idle manager is done at once") {
    play([](core_script& s) {
        s.add("a", every(10s), {.first = after_interval})
            .shutdown(1h)
            .expect_shutdown_done()
            .expect_no_wakeup();
        s.shutdown(1s).expect_nothing().at(2h).expect_nothing();
    });
}

TEST_CASE("it waits for the last body, and ends early when that does") {
    play([](core_script& s) {
        s.add("a", every(10s)).add("b", every_after(10s)).at(0s).expect_start("a", 0s).expect_start("b", 0s);
        s.shutdown(1min).expect_nothing().expect_wakeup(60s);
        s.trigger_fails("a", errc::shutting_down).add_fails("c", once(), errc::shutting_down);
        s.at(10s).expect_nothing().end("a").expect_nothing();
        s.at(20s).end("b").expect_shutdown_done().expect_no_wakeup();
        CHECK(s.stored("b").next_slot == moment(wall_base + 30s));
    });
}

TEST_CASE("at its deadline it cancels, and bodies that heed it are interrupted") {
    play([](core_script& s) {
        s.add("a", once()).at(0s).expect_start("a", 0s).shutdown(5s);
        s.at(5s).expect_cancel("a", cancel_reason::shutdown).expect_wakeup(6s);
        s.end("a", body_end::failed).expect_end("a", outcome::interrupted).expect_shutdown_done();
    });
}

TEST_CASE("it gives up on a body that ignores the cancellation") {
    play([](core_script& s) {
        s.add("a", once()).add("b", once()).at(0s).expect_start("a", 0s).expect_start("b", 0s).shutdown(0s);
        s.at(0s).expect_cancel("a", cancel_reason::shutdown).expect_cancel("b", cancel_reason::shutdown);
        s.end("b");
        s.at(1s).expect_end("a", outcome::interrupted).expect_shutdown_done().expect_no_wakeup();
        CHECK(s.stat_of("a").runs_overrunning == 1);
        s.at(9s).end("a").expect_nothing();
        CHECK(s.stat_of("a").counters.interrupted == 1);
        CHECK(s.stat_of("a").counters.succeeded == 0);
    });
}

TEST_CASE("the shorter grace counts") {
    play([](core_script& s) {
        s.add("a", once()).at(0s).expect_start("a", 0s).shutdown(1min).shutdown(1h).expect_wakeup(60s);
        s.at(1s).shutdown(2s).expect_wakeup(3s);
        s.at(3s).expect_cancel("a", cancel_reason::shutdown).shutdown(0s).expect_wakeup(4s).end("a");
        s.expect_shutdown_done();
    });
}

TEST_CASE("an endless or a negative grace is put into range") {
    play([](core_script& s) {
        s.add("a", once()).at(0s).expect_start("a", 0s).shutdown(std::chrono::nanoseconds::max());
        s.expect_wakeup(std::chrono::years(100)).shutdown(std::chrono::nanoseconds::min()).expect_wakeup(0s);
    });
}

TEST_CASE("a run that waits for the repository is waited for, and never gets its body") {
    play([](core_script& s) {
        s.add("a", once()).hold().at(0s).shutdown(1s).expect_nothing();
        s.at(1s).expect_nothing();
        s.at(2s).expect_nothing().expect_no_wakeup();
        s.at(3s).answer().expect_end("a", outcome::interrupted).expect_shutdown_done();
    });
}

TEST_CASE("a run that waits for the repository starts within the grace") {
    play([](core_script& s) {
        s.add("a", once()).hold().at(0s).shutdown(10s);
        s.at(1s).answer().expect_start("a", 0s).end("a").expect_shutdown_done();
    });
}

TEST_CASE("runs that wait for a place are dropped, and slots stay for the next life") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", once()).at(0s).expect_start("a", 0s);
        s.add("b", every(10s)).add("c", every(1h), {.first = after_interval}).at(1s).trigger("c");
        s.shutdown(1min).expect_end("c", outcome::interrupted);
        CHECK(s.stored("b").next_slot == moment(wall_base));
        s.end("a").expect_shutdown_done();
    });
}

TEST_CASE("all manual runs that wait are dropped") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", once()).at(0s).expect_start("a", 0s);
        for (auto uid : {"b", "c"}) s.add(uid, every(1h), {.first = after_interval}).trigger(uid);
        s.shutdown(1min).expect_end("b", outcome::interrupted).expect_end("c", outcome::interrupted);
        s.end("a").expect_shutdown_done();
    });
}

TEST_CASE("timeouts are kept within the grace, and a body past its deadline is not cancelled again") {
    play([](core_script& s) {
        s.add("a", once(), {.timeout = 5s}).at(0s).expect_start("a", 0s).shutdown(10s).expect_wakeup(5s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.at(6s).expect_overrunning("a").at(10s).expect_nothing().at(11s).expect_shutdown_done();
        s.end("a").expect_nothing();
    });
}

TEST_CASE("a task can be removed during a shutdown") {
    play([](core_script& s) {
        s.add("a", every(10s)).add("b", once()).at(0s).expect_start("a", 0s).expect_start("b", 0s);
        s.shutdown(1min).remove("a").expect_cancel("a", cancel_reason::removed);
        s.end("a").expect_gone("a").end("b").expect_shutdown_done();
        s.remove("b").expect_gone("b");
    });
}

TEST_CASE("a run is given up while the shutdown is still on its way to those that follow it") {
    core_script s(core::scheduler_options{.work_max = 1});
    for (const char* uid : {"b", "c", "d"}) s.add(uid, after("a"));
    s.add("a", every(10s)).at(0s).expect_start("a", 0s);
    for (const char* uid : {"b", "c", "d"}) {
        s.trigger(uid).expect_start(uid, 0s, trigger::manual);
        s.trigger(uid, overlap::buffer_one).expect_nothing(); // it waits
    }
    s.shutdown(10s).expect_anything(); // which has come to one of them
    s.detach("a").expect_anything();
    for (const char* uid : {"b", "c", "d"}) CHECK(s.stat_of(uid).counters.interrupted == 1);
    CHECK(s.stat_of("a").counters.abandoned == 1);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
