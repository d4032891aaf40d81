// SPDX-License-Identifier: BSL-1.0
#include <rondo/cron.hpp>
#include <support/play.hpp>

namespace rondo::test {
namespace {

task_state known(moment next, wall_time anchor = wall_base) {
    task_state state;
    state.anchor = anchor;
    state.next_slot = next;
    return state;
}

TEST_SUITE_BEGIN("core/restart");

TEST_CASE("the phase is kept and the slots missed in between become one run") {
    play([](core_script& s) {
        task_state stored;
        {
            core_script first;
            first.clock(3s).add("a", every(10s)).at(3s).expect_start("a", 3s).end("a");
            stored = first.stored("a");
            CHECK(stored.anchor == wall_base + 3s);
            CHECK(stored.last_run == moment(wall_base + 3s));
            CHECK(stored.last_outcome == outcome::success);
        }
        s.clock(47s).restore("a", every(10s), stored);
        CHECK(s.stat_of("a").last_outcome == outcome::success);
        s.at(47s).expect_skip("a", skip_reason::missed, 3).expect_start("a", 43s, trigger::catch_up).end("a");
        s.expect_wakeup(53s);
    });
}

TEST_CASE("a restart in between two slots runs nothing and postpones nothing") {
    play([](core_script& s) {
        s.clock(4s).restore("a", every(10s), known(wall_base + 10s)).expect_wakeup(10s);
        s.at(4s).expect_nothing();
        s.at(10s).expect_start("a", 10s);
    });
}

TEST_CASE("a single slot that fell due in between is caught up") {
    play([](core_script& s) {
        s.clock(15s).restore("a", every(10s), known(wall_base + 10s));
        s.restore("b", once(), known(wall_base + 1s)).restore("c", at(wall_base + 2s), known(wall_base + 2s));
        s.restore("d", every_after(1min), known(wall_base + 3s));
        s.at(15s).expect_start("a", 10s, trigger::catch_up).expect_start("b", 1s, trigger::catch_up);
        s.expect_start("c", 2s, trigger::catch_up).expect_start("d", 3s, trigger::catch_up);
    });
}

TEST_CASE("finished stays finished") {
    play([](core_script& s) {
        s.restore("a", once(), known({})).restore("b", at(wall_base + 5s), known({}));
        s.expect_no_wakeup().expect_no_next_run("a");
        s.at(10s).expect_nothing();
    });
}

TEST_CASE("a fixed delay whose run never ended counts from the restart") {
    play([](core_script& s) {
        s.clock(5s).restore("a", every_after(10s), known(cursor_waits_for_end)).expect_wakeup(15s);
        s.at(15s).expect_start("a", 15s).end("a").expect_wakeup(25s);
    });
}

TEST_CASE("a pause is kept") {
    play([](core_script& s) {
        task_state state = known(wall_base + 1s, wall_base + 1s);
        state.paused = true;
        s.clock(5s).restore("a", every(10s), state).expect_no_wakeup().expect_no_next_run("a");
        s.at(25s).expect_nothing();
        s.resume("a").expect_skip("a", skip_reason::paused, 3).expect_wakeup(31s);
    });
}

TEST_CASE("another interval decides its own slots from the cursor on") {
    play([](core_script& s) {
        task_state state = known(wall_base + 10s);
        state.schedule_changed = true;
        s.clock(25s).restore("a", every(4s), state);
        s.at(25s).expect_skip("a", skip_reason::missed, 3).expect_start("a", 24s, trigger::catch_up);
        s.end("a").expect_wakeup(28s);
    });
}

TEST_CASE("a shorter interval does not wait for the slot of the longer") {
    play([](core_script& s) {
        task_state state = known(wall_base + 24h);
        state.schedule_changed = true;
        s.clock(30s).restore("a", every(1min), state).expect_next_run("a", 60s).expect_wakeup(60s);
        s.at(60s).expect_start("a", 60s).end("a").expect_next_run("a", 120s);
    });
}

TEST_CASE("a longer interval has no slot to catch up") {
    play([](core_script& s) {
        task_state state = known(wall_base + 20s);
        state.schedule_changed = true;
        s.clock(30s).restore("a", every(24h), state).expect_wakeup(24h);
        s.at(30s).expect_nothing();
    });
}

TEST_CASE("another kind of schedule starts afresh") {
    play([](core_script& s) {
        task_state state = known({});
        state.schedule_changed = true;
        s.clock(5s).restore("a", once(), state).restore("b", at(wall_base + 7s), state);
        s.restore("c", every_after(1min), state).restore("d", every(10s), state);
        s.at(5s).expect_start("a", 5s).expect_start("c", 5s);
        s.at(7s).expect_start("b", 7s);
        s.at(10s).expect_start("d", 10s);
    });
}

TEST_CASE("a cursor that the schedule does not have is one of the schedule before") {
    // The life that changed the schedule ended before it decided anything.
    core_script s;
    s.clock(1s).restore("a", every(4s), known(wall_base + 10s)).expect_next_run("a", 4s);
    s.restore("b", every(4s), known({})).expect_next_run("b", 4s);
    s.restore("c", at(wall_base + 7s), known(wall_base + 10s)).expect_next_run("c", 7s);
    s.restore("d", once(), known(cursor_waits_for_end)).expect_next_run("d", 1s);
    s.restore("e", every_after(5s), known({})).expect_next_run("e", 1s);
    CHECK(s.core().preview_of(s.task("a")).slots(2) == std::vector{wall_base + 4s, wall_base + 8s});
}

TEST_CASE("a clock set back between two lives delays by no more than an interval and a half") {
    play([](core_script& s) {
        s.clock(4s).restore("a", every(10s), known(wall_base + 24h)).expect_wakeup(10s);
        s.at(4s).expect_nothing();
        s.at(10s).expect_start("a", 24h).end("a").expect_wakeup(20s);
        s.at(20s).expect_start("a", 24h + 10s);
    });
}

TEST_CASE("a run whose end was waited for is over with its process, whatever the delay is now") {
    play([](core_script& s) {
        task_state state = known(cursor_waits_for_end);
        state.schedule_changed = true;
        s.clock(5s).restore("a", every_after(10s), state).expect_next_run("a", 15s).expect_wakeup(15s);
        s.at(15s).expect_start("a", 15s);
    });
}

// As of another manager, whose clock is ahead of this one's by a little.
TEST_CASE("a slot that is a little more than an interval ahead does not begin before its time") {
    play([](core_script& s) {
        s.clock(9900ms).restore("a", every(10s), known(wall_base + 20s)).expect_wakeup(20s);
        s.at(10s).expect_nothing();
        s.at(20s).expect_start("a", 20s).end("a").expect_wakeup(30s);
    });
    play([](core_script& s) { // up to half an interval more
        s.clock(5s).restore("a", every(10s), known(wall_base + 20s)).expect_wakeup(20s);
        s.clock(5s - 1us).restore("b", every(10s), known(wall_base + 20s)).expect_wakeup(10s);
    });
}

TEST_CASE("a clock set back by an interval between two lives does not begin the next slot at once") {
    play([](core_script& s) {
        s.clock(9s).restore("a", every(10s), known(wall_base + 30s)).expect_wakeup(20s);
        s.at(10s).expect_nothing();
        s.at(20s).expect_start("a", 30s).end("a").expect_wakeup(30s);
    });
}

TEST_CASE("a state that makes no sense is refused") {
    core_script s;
    auto beyond = wall_time_last + 1us;
    auto before = wall_time_first - 1us;
    s.restore_fails("a", every(1s), known(wall_base, beyond), errc::store_corrupt);
    s.restore_fails("a", every(1s), known(wall_base, before), errc::store_corrupt);
    s.restore_fails("a", every(1s), known(beyond), errc::store_corrupt);
    s.restore_fails("a", every(1s), known(before), errc::store_corrupt);
    s.restore_fails("a", every(1s), known(wall_time::min()), errc::store_corrupt);
    s.restore("a", every(1s), known(wall_base));
}

TEST_CASE("a life that ended while it gave a finished task another schedule finishes it not") {
    play([](core_script& s) {
        task_state state; // the schedule is on record, the cursor of it is not
        state.anchor = wall_base;
        state.last_run = wall_base;
        state.last_outcome = outcome::success;
        s.clock(5s).restore("a", cron<"* * * * *">, state).expect_next_run("a", 60s);
        s.restore("b", at(wall_base + 10s), state).expect_no_next_run("b"); // it may have been skipped
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
