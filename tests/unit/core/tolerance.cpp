// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

#include <rondo/cron.hpp>

#include <string>

namespace rondo::test {
namespace {

task_extra late_by(std::chrono::microseconds tolerance) {
    task_extra e;
    e.policy.tolerance = tolerance;
    return e;
}

task_extra late_by(std::chrono::microseconds tolerance, std::chrono::nanoseconds first) {
    task_extra e = late_by(tolerance);
    e.first = first_run(wall_base + std::chrono::floor<std::chrono::microseconds>(first));
    return e;
}

TEST_SUITE_BEGIN("core/tolerance");

TEST_CASE("who may be late starts with the next that may not, and goes on by its own grid") {
    play([](core_script& s) {
        s.add("a", every(10s), late_by(4s)).expect_wakeup(4s);
        s.add("b", every(10s), late_by(0s, 3s)).expect_wakeup(3s);
        s.at(3s).expect_start("a", 0s).expect_start("b", 3s).end("a").end("b").expect_wakeup(13s);
        s.at(13s).expect_start("a", 10s).expect_start("b", 13s).end("a").end("b").expect_wakeup(23s);
    });
}

TEST_CASE("it starts when its time is over, if nobody wakes up before, and then all that are due") {
    play([](core_script& s) {
        s.add("a", every(1h), late_by(9s)).add("b", every(1h), late_by(1s, 2s));
        s.add("c", every(1h), late_by(20s, 2500ms)).add("d", every(1h), late_by(20s, 4s));
        s.expect_wakeup(3s);
        s.at(3s).expect_start("a", 0s).expect_start("b", 2s).expect_start("c", 2500ms);
        s.end("a").end("b").end("c").expect_wakeup(24s);
        s.at(24s).expect_start("d", 4s);
    });
}

TEST_CASE("nobody starts early") {
    play([](core_script& s) {
        s.add("a", every(10s), late_by(1s, 2s)).add("b", every(10s));
        s.at(0s).expect_start("b", 0s).end("b").expect_wakeup(3s);
        s.at(1999ms).expect_nothing().expect_wakeup(3s);
        s.at(2s).expect_start("a", 2s); // the loop was awake anyway
    });
}

TEST_CASE("it is never later than halfway to the next slot, so that no slot is missed") {
    play([](core_script& s) {
        s.add("a", every(10s), late_by(1h)).expect_wakeup(5s);
        s.at(5s).expect_start("a", 0s).end("a").expect_wakeup(15s);
        s.at(15s).expect_start("a", 10s).end("a").expect_wakeup(25s);
    });
    play({.wall_clock_check = 1h}, [](core_script& s) {
        s.add("minutely", cron<"* * * * *">, late_by(1h));
        s.expect_next_run("minutely", 0s).expect_wakeup(30s);
        s.at(30s).expect_start("minutely", 0s).end("minutely").expect_wakeup(90s);
    });
}

TEST_CASE("a fixed delay, and what has one slot, may be late by all of it") {
    play({.wall_clock_check = 1h}, [](core_script& s) {
        s.add("a", every_after(10s), late_by(1min)).expect_wakeup(60s);
        s.at(60s).expect_start("a", 0s).end("a").expect_wakeup(130s);
        s.remove("a").expect_gone("a").expect_no_wakeup();
        s.add("b", once(), late_by(1min)).expect_wakeup(120s);
        s.add("c", at(wall_base + 100s), late_by(10s)).expect_wakeup(110s);
        s.at(110s).expect_start("b", 60s).expect_start("c", 100s);
    });
}

TEST_CASE("what counts as late begins where the tolerance ends") {
    play([](core_script& s) {
        task_extra strict = late_by(4s);
        strict.policy.catch_up.grace = 0s;
        strict.policy.catch_up.coalesce = coalesce::none;
        s.add("a", every(10s), strict);
        s.at(4s).expect_start("a", 0s).end("a");
        s.at(14s + 1us).expect_skip("a", skip_reason::missed, 1).expect_wakeup(24s);
        s.at(24s).expect_start("a", 20s);
    });
}

TEST_CASE("among those that are due who is due earlier goes first, whoever may be late") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("late", every(1h), late_by(1min, 1s)).add("strict", every(1h), late_by(0s, 2s));
        s.add("later", every(1h), late_by(1min, 3s)).add("last", every(1h), late_by(0s, 4s));
        s.expect_wakeup(2s);
        s.at(4s).expect_start("late", 1s).end("late").expect_start("strict", 2s);
        s.end("strict").expect_start("later", 3s).end("later").expect_start("last", 4s);
    });
}

TEST_CASE("a tolerance can be changed; who was put off in good faith is not late then, and starts") {
    play([](core_script& s) {
        task_extra none = late_by(0s);
        none.policy.catch_up.coalesce = coalesce::none;
        none.policy.catch_up.grace = 0s;
        s.add("a", every(10s), late_by(2s)).expect_wakeup(2s);
        s.clock(1900ms).update("a", every(10s), none).expect_start("a", 0s).end("a").expect_wakeup(10s);
        s.update("a", every(10s), late_by(1s)).expect_wakeup(11s);
        s.update("a", every(10s), late_by(2s)).expect_wakeup(12s);
        s.clock(10500ms)
            .update("a", every(10s), late_by(3s))
            .expect_start("a", 10s)
            .end("a")
            .expect_wakeup(23s);
        s.update("a", every(20s), late_by(3s)).expect_wakeup(23s);
        s.remove("a").expect_gone("a").expect_no_wakeup();
    });
}

TEST_CASE("who was put off, and finds no place then, is not late when that is taken from it") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        task_extra none = late_by(10s, 3600s);
        none.policy.catch_up.coalesce = coalesce::none;
        s.add("a", every(1h), none);
        s.add("x", every(2h)).at(0s).expect_start("x", 0s);
        s.at(3610s).expect_nothing();
        none.policy.tolerance = 0s;
        s.clock(3611s).update("a", every(1h), none).end("x").expect_start("a", 3600s);
    });
}

TEST_CASE("what waits when the task is paused is skipped, and what is late already does not wait") {
    play([](core_script& s) {
        task_extra e = late_by(10min);
        e.policy.catch_up.window = 1min;
        s.add("a", every(1h), e).expect_wakeup(600s);
        s.at(0s).expect_start("a", 0s).end("a").expect_wakeup(4200s);
        s.clock(3700s).pause("a").expect_no_wakeup();
        s.clock(3800s).resume("a").expect_skip("a", skip_reason::paused, 1).expect_wakeup(7800s);
        s.clock(7000s).pause("a");
        s.clock(7210s).resume("a", resume_from::the_past).expect_wakeup(7200s);
        s.at(7210s).expect_start("a", 7200s, trigger::catch_up).end("a").expect_wakeup(11400s);
    });
    play([](core_script& s) {
        task_state state;
        state.anchor = wall_base - 1h;
        state.next_slot = wall_base - 10s;
        state.anchor = wall_base - 10s;
        task_extra e = late_by(10min);
        e.policy.catch_up.window = 1min;
        s.restore("a", every(1h), state, e).expect_wakeup(-10s);
        s.at(0s).expect_start("a", -10s, trigger::catch_up);
    });
}

TEST_CASE("the resolution does not come on top, and no slot is missed for both") {
    play({.resolution = 15ms}, [](core_script& s) {
        s.add("a", every(20ms), late_by(10ms)).expect_wakeup(10ms);
        s.at(10ms).expect_start("a", 0s).end("a").expect_wakeup(30ms);
        s.at(30ms).expect_start("a", 20ms).end("a").expect_wakeup(50ms);
        s.add("b", every(20ms), late_by(0s, 31ms)).expect_wakeup(45ms);
        s.at(45ms).expect_start("a", 40ms).expect_start("b", 31ms).end("a").end("b").expect_wakeup(60ms);
    });
}

TEST_CASE("it waits by its own clock, whatever the wall clock does meanwhile") {
    play({.wall_clock_check = 1h}, [](core_script& s) {
        s.add("steady", every(10min), late_by(1min, 60s)).add("wall", cron<"* * * * *">, late_by(10s, 60s));
        s.expect_wakeup(70s);
        s.at(60s).expect_start("steady", 60s).expect_start("wall", 60s).end("steady").end("wall");
        s.expect_wakeup(130s);
        s.clock(121s).wall_steps_by(-30s).expect_wakeup(160s);
        s.at(130s).expect_nothing().expect_wakeup(160s);
        s.clock(131s).wall_steps_by(40s);
        s.at(131s).expect_start("wall", 120s);
    });
}

TEST_CASE("it delays neither a timeout, nor a retry, nor a run that somebody asked for") {
    play([](core_script& s) {
        task_extra e = late_by(1min);
        e.timeout = 2s;
        e.policy.retry = {.attempts = 2, .backoff = 3s, .jitter = 0};
        s.add("a", every(1h), e).expect_wakeup(60s);
        s.trigger("a").expect_start("a", 0s, trigger::manual).expect_wakeup(2s);
        s.end("a", core::body_end::failed).expect_retry("a", 2).expect_wakeup(3s);
    });
}

TEST_CASE("a tolerance that cannot be is refused") {
    play([](core_script& s) {
        s.add_fails("a", every(10s), errc::invalid_option, late_by(-1us));
        s.add_fails("a", every(10s), errc::invalid_option, late_by(tolerance_limit + 1us));
        s.add("a", every(24h), late_by(tolerance_limit)).expect_wakeup(12h);
    });
}

TEST_CASE("where a hundred tasks may be late by a tenth of their interval, ten wake-ups do") {
    for (bool tolerant : {false, true}) {
        core_script s;
        for (int i = 0; i != 100; ++i)
            s.add("t" + std::to_string(i), every(10s), late_by(tolerant ? 1s : 0s, i * 37 % 100 * 100ms));
        int wakeups = 0;
        for (std::chrono::nanoseconds t = s.core().next_wakeup(s.now()) - steady_base; t < 110s;
             t = s.core().next_wakeup(s.now()) - steady_base) {
            s.at(t).expect_anything();
            for (int i = 0; i != 100; ++i)
                if (s.stat_of("t" + std::to_string(i)).runs_in_flight > 0) s.end("t" + std::to_string(i));
            if (t >= 10s) ++wakeups;
        }
        CHECK(wakeups <= (tolerant ? 101 : 1000));
        CHECK(wakeups >= (tolerant ? 85 : 1000));
        for (int i = 0; i != 100; ++i) CHECK(s.stat_of("t" + std::to_string(i)).counters.skipped_missed == 0);
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
