// SPDX-License-Identifier: BSL-1.0
#include <rondo/cron.hpp>
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

TEST_CASE("pauses of all that are asked for faster than they come through all tasks are all done") {
    play(core::scheduler_options{.work_max = 1}, [](core_script& s) {
        for (const char* uid : {"a", "b", "c"}) s.add(uid, every(10s), {.first = after_interval});
        s.at(5s).pause_all().at(15s).expect_nothing().resume_all().expect_anything();
        for (int i = 0; i != 600; ++i)
            s.pause_all().expect_anything().resume_all(resume_from::the_past).expect_anything();
        s.at(16s).expect_anything();
        for (const char* uid : {"a", "b", "c"}) {
            CHECK(s.stat_of(uid).counters.skipped_paused == 1);
            CHECK(s.stat_of(uid).counters.skipped_missed == 0);
            CHECK(s.stat_of(uid).counters.runs == 0);
        }
        s.expect_next_run("a", 20s).expect_next_run("b", 20s).expect_next_run("c", 20s);
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

TEST_CASE("a pause has an end: what fell due until then was paused, and what did since is late") {
    play([](core_script& s) {
        s.add("a", every(10s)).at(0s).expect_start("a", 0s).end("a");
        s.at(5s).pause("a", {"a reason", wall_base + 25s}).expect_wakeup(6s);
        CHECK(s.stat_of("a").paused);
        CHECK(s.stat_of("a").pause_reason == "a reason");
        CHECK(s.stat_of("a").paused_until == wall_base + 25s);
        s.at(20s).expect_nothing();
        s.at(45s).expect("resumed a").expect_skip("a", skip_reason::paused, 2);
        s.expect_skip("a", skip_reason::missed, 1).expect_start("a", 40s, trigger::catch_up);
        CHECK(!s.stat_of("a").paused_until);
        CHECK(s.stat_of("a").pause_reason.empty());
    });
}

TEST_CASE("an end of a pause that comes by a step of the wall clock makes nothing of intervals late") {
    play([](core_script& s) {
        s.add("a", every(10s)).add("c", cron<"* * * * *">).at(0s).expect_start("a", 0s).expect_start("c", 0s);
        s.end("a").end("c").pause("a", {"", wall_base + 1h}).pause("c", {"", wall_base + 1h});
        s.at(55s).expect_nothing().wall_steps_by(2h).at(56s).expect("resumed a").expect("resumed c");
        s.expect_skip("a", skip_reason::paused, 5).expect_next_run("a", 60s);
        s.expect_skip("c", skip_reason::paused, 60); // the instants of the wall clock after its end are late
        s.expect_skip("c", skip_reason::missed, 59).expect_start("c", 2h, trigger::catch_up);
    });
    play([](core_script& s) { // set soon after it was said; by how long ago the loop looked nothing is told
        s.add("a", every(10s)).at(0s).expect_start("a", 0s).end("a");
        s.clock(5s).pause("a", {"", wall_base + 100s}).wall_steps_by(90s).at(45s).expect("resumed a");
        s.expect_skip("a", skip_reason::paused, 4).expect_next_run("a", 50s);
    });
    play([](core_script& s) { // set long before its end: a late look is late again
        s.add("a", every(10s)).at(0s).expect_start("a", 0s).end("a").pause("a", {"", wall_base + 125s});
        s.wall_steps_by(100s).at(1s).expect_nothing().at(45s).expect("resumed a");
        s.expect_skip("a", skip_reason::paused, 2).expect_skip("a", skip_reason::missed, 1);
        s.expect_start("a", 40s, trigger::catch_up);
    });
    play([](core_script& s) { // set back, and there is no end twice
        s.add("a", every(10s)).at(0s).expect_start("a", 0s).end("a").pause("a", {"", wall_base + 25s});
        s.at(20s).wall_steps_by(-10s).at(30s).expect_nothing().at(35s).expect("resumed a");
        s.expect_skip("a", skip_reason::paused, 3).expect_next_run("a", 40s);
    });
}

TEST_CASE("a pause that is over when nobody looks ends in the next life, at its own time") {
    play([](core_script& s) {
        task_state state;
        state.anchor = wall_base;
        state.next_slot = wall_base + 10s;
        state.paused = true;
        state.pause_reason = "night";
        state.paused_until = wall_base + 25s;
        s.clock(61s).restore("a", every(10s), state).expect_nothing();
        s.at(61s).expect("resumed a").expect_skip("a", skip_reason::paused, 2);
        s.expect_skip("a", skip_reason::missed, 3).expect_start("a", 60s, trigger::catch_up);
    });
}

TEST_CASE("an end of a pause may be moved, taken back, and forestalled") {
    play([](core_script& s) {
        s.add("a", every(10s)).at(0s).expect_start("a", 0s).end("a");
        s.pause("a", {"", wall_base + 15s}).pause("a", {"", wall_base + 35s}).at(20s).expect_nothing();
        s.pause("a", {"for good", {}}).at(50s).expect_nothing().expect_no_wakeup();
        s.pause("a", {"", wall_base + 100s}).resume("a").expect_skip("a", skip_reason::paused, 5);
        s.expect_wakeup(60s).at(60s).expect_start("a", 60s);
    });
}

TEST_CASE("a fixed delay whose slot waited in a pause goes on at its end") {
    play([](core_script& s) {
        s.add("a", every_after(10s), {.overlap = overlap::buffer_one}).at(0s).expect_start("a", 0s).end("a");
        s.at(5s).trigger("a").expect_start("a", 5s, trigger::manual).at(10s).expect_nothing();
        s.pause("a", {"", wall_base + 12s}).at(11s).end("a").expect_nothing();
        s.at(12s).expect("resumed a").expect_skip("a", skip_reason::paused, 1).expect_wakeup(22s);
        s.at(22s).expect_start("a", 22s);
    });
}

TEST_CASE("a pause with an end of a cron task, of the whole manager, and of one that is removed") {
    play([](core_script& s) {
        s.add("a", cron<"* * * * *">).add("b", every(1min)).at(0s).expect_start("a", 0s);
        s.expect_start("b", 0s).end("a").end("b");
        s.pause("a", {"", wall_base + 90s}).pause("b", {"", wall_base + 90s}).pause_all();
        s.at(100s).expect_nothing().resume_all();
        s.expect("resumed a").expect_skip("a", skip_reason::paused, 1);
        s.expect("resumed b").expect_skip("b", skip_reason::paused, 1);
        s.at(120s).expect_start("a", 120s).expect_start("b", 120s).end("a").end("b");
        s.pause("a", {"", wall_base + 130s}).remove("a").expect_gone("a");
        s.at(140s).expect_nothing().expect_wakeup(180s);
    });
}

TEST_CASE("the end of the pause of all skips what fell due after a pause of a task that ended in it") {
    play([](core_script& s) {
        s.add("a", every(10s), {.first = after_interval}).add("b", at(wall_base + 150s)).at(0s);
        s.pause("a", {"", wall_base + 100s}).pause("b", {"", wall_base + 100s}).pause_all();
        s.at(205s).expect_nothing().resume_all().expect("resumed a").expect("resumed b");
        s.expect_skip("a", skip_reason::paused, 10).expect_skip("a", skip_reason::paused, 10);
        s.expect_skip("b", skip_reason::paused, 1).expect_next_run("a", 210s);
    });
    play([](core_script& s) { // also while a slot of another task waits
        task_extra one;
        one.overlap = overlap::buffer_one;
        s.add("c", every(50s), one).add("b", at(wall_base + 150s)).at(0s).expect_start("c", 0s).at(50s);
        s.pause("b", {"", wall_base + 100s}).pause_all().at(205s).expect_nothing();
        s.resume_all().expect("resumed b").expect_skip("b", skip_reason::paused, 1);
        s.expect_skip("c", skip_reason::paused, 1).expect_skip("c", skip_reason::paused, 3);
    });
}

TEST_CASE("an end of a pause that makes no sense is refused") {
    task_state state;
    state.anchor = wall_base;
    state.next_slot = wall_base + 10s;
    state.paused = true;
    for (wall_time bad : {wall_time::min(), wall_time_first - 1us, wall_time_last + 1us, wall_time::max()}) {
        state.paused_until = bad;
        core_script().restore_fails("a", every(10s), state, errc::store_corrupt);
    }
}

TEST_CASE("a pause that ended within a pause of all is over when all go on, and they skip what fell due") {
    for (bool somebody_waits : {false, true}) {
        core_script s;
        s.add("a", every(10s)).add("b", every(10s), {.overlap = overlap::buffer_all}).at(0s);
        s.expect_start("a", 0s).expect_start("b", 0s).end("a");
        if (!somebody_waits) s.end("b");
        s.at(10s).expect_start("a", 10s);
        if (!somebody_waits) s.expect_start("b", 10s).end("b");
        s.end("a");
        s.pause("a", {"", wall_base + 25s}).pause_all().clock(45s).resume_all();
        s.expect("resumed a")
            .expect_skip("a", skip_reason::paused, 1)
            .expect_skip("a", skip_reason::paused, 2);
        if (somebody_waits) s.expect_skip("b", skip_reason::paused, 1);
        s.expect_skip("b", skip_reason::paused, 3).at(46s).expect_nothing();
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
