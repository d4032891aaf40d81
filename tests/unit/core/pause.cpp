// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

TEST_SUITE_BEGIN("core/pause");

TEST_CASE("slots during the pause of a task are skipped when it ends") {
    play([](core_script& s) {
        s.add("a", every(10s)).add("b", every(10s));
        s.at(0s).expect_start("a", 0s).expect_start("b", 0s).end("a").end("b");
        s.pause("a").expect_nothing().expect_no_next_run("a").expect_wakeup(10s);
        s.at(10s).expect_start("b", 10s).end("b");
        s.at(35s).expect_skip("b", skip_reason::missed, 1).expect_start("b", 30s, trigger::catch_up).end("b");
        s.resume("a").expect_skip("a", skip_reason::paused, 3).expect_next_run("a", 40s);
        s.at(40s).expect_start("a", 40s).expect_start("b", 40s);
    });
}

TEST_CASE("a pause between two slots skips nothing") {
    play([](core_script& s) {
        s.add("a", every(10s)).at(0s).expect_start("a", 0s).end("a");
        s.at(3s).pause("a").pause("a").at(9s).resume("a").resume("a").expect_wakeup(10s);
        s.at(10s).expect_start("a", 10s);
    });
}

TEST_CASE("a run in flight goes on, and manual runs work, while a task is paused") {
    play([](core_script& s) {
        s.add("a", every_after(10s)).at(0s).expect_start("a", 0s).pause("a").expect_nothing();
        s.at(5s).end("a").expect_no_next_run("a").expect_no_wakeup();
        s.trigger("a").expect_start("a", 5s, trigger::manual).end("a");
        s.at(20s).resume("a").expect_skip("a", skip_reason::paused, 1).expect_next_run("a", 30s);
        s.at(30s).expect_start("a", 30s);
    });
}

TEST_CASE("an instant that passes during a pause is skipped") {
    play([](core_script& s) {
        s.add("a", at(wall_base + 10s)).pause("a").at(20s).expect_nothing();
        s.resume("a").expect_skip("a", skip_reason::paused, 1).expect_no_next_run("a").expect_no_wakeup();
    });
}

TEST_CASE("a due task that waits for a place can be paused") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("b", once()).at(0s).expect_start("b", 0s).add("a", every(10s)).at(1s).expect_nothing();
        s.pause("a").end("b").expect_nothing();
        s.at(2s).resume("a").expect_skip("a", skip_reason::paused, 1).expect_wakeup(10s);
    });
}

TEST_CASE("the pause of all skips the slots of all when it ends") {
    play([](core_script& s) {
        s.add("a", every(10s))
            .add("b", at(wall_base + 15s))
            .add("c", every_after(1min), {.first = after_interval});
        s.at(0s).expect_start("a", 0s).pause_all().pause_all().expect_no_wakeup();
        CHECK(s.core().paused_all());
        s.end("a").at(25s).expect_nothing();
        s.resume_all().expect_skip("a", skip_reason::paused, 2).expect_skip("b", skip_reason::paused, 1);
        s.expect_wakeup(30s).resume_all().expect_nothing();
        s.at(30s).expect_start("a", 30s);
        s.at(60s).expect_skip("a", skip_reason::missed, 2).expect_skip("a", skip_reason::overlap, 1);
        s.expect_start("c", 60s);
    });
}

TEST_CASE("the pause of all leaves that of a task alone") {
    play([](core_script& s) {
        s.add("a", every(10s), {.first = after_interval}).pause("a").pause_all();
        s.at(15s).resume_all().expect_nothing().expect_no_wakeup();
        s.resume("a").expect_skip("a", skip_reason::paused, 1).expect_wakeup(20s);
    });
}

TEST_CASE("manual runs work during the pause of all, those that wait for a place too") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", once()).at(0s).expect_start("a", 0s).add("c", every(10s)).at(1s).expect_nothing();
        s.add("b", every(1h), {.first = after_interval}).trigger("b").expect_nothing();
        s.pause_all().end("a").expect_start("b", 1s, trigger::manual).end("b").expect_nothing();
        s.trigger("a").expect_start("a", 1s, trigger::manual).end("a").expect_nothing();
        s.at(5s).resume_all().expect_skip("c", skip_reason::paused, 1).expect_wakeup(10s);
    });
}

TEST_CASE("deadlines are kept during the pause of all") {
    play([](core_script& s) {
        s.add("a", once(), {.timeout = 5s}).at(0s).expect_start("a", 0s).pause_all().expect_wakeup(5s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
    });
}

TEST_CASE("slots that fall due while all is paused are skipped, also of a task that waits for a place") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", once()).at(0s).expect_start("a", 0s).add("b", every(10s)).at(1s).expect_nothing();
        s.pause_all().at(25s).expect_nothing().end("a").expect_nothing();
        s.at(55s).resume_all().expect_skip("b", skip_reason::paused, 6).expect_wakeup(60s);
        s.at(60s).expect_start("b", 60s);
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
