// SPDX-License-Identifier: BSL-1.0
#include <rondo/cron.hpp>
#include <support/play.hpp>

namespace rondo::test {
namespace {

using core::body_end;

TEST_SUITE_BEGIN("core/resync");

TEST_CASE("a refused run does not start, and the task goes on from the cursor on record") {
    play([](core_script& s) {
        s.add("a", every(10s)).add("b", every(10s), {.first = after_interval});
        s.refuse_next(wall_base + 40s).at(0s).expect_skip("a", skip_reason::not_owner, 1).expect_wakeup(10s);
        CHECK(s.stat_of("a").counters.runs == 0);
        CHECK(s.stat_of("a").counters.skipped_not_owner == 1);
        s.expect_next_run("a", 40s).at(40s).expect_start("a", 40s);
        s.expect_skip("b", skip_reason::missed, 3).expect_start("b", 40s, trigger::catch_up);
    });
}

TEST_CASE("what another manager did not take of a refused decision is decided again") {
    play([](core_script& s) {
        s.add("a", every(10s), {.first = after_interval}).hold();
        s.at(35s).expect_skip("a", skip_reason::missed, 2);
        s.refuse(wall_base + 20s).expect_skip("a", skip_reason::not_owner, 1);
        s.expect_next_run("a", 20s).expect_wakeup(35s);
        CHECK(s.stat_of("a").counters.skipped_missed == 0);
        s.at(35s).expect_skip("a", skip_reason::missed, 1).expect_start("a", 30s, trigger::catch_up).end("a");
        s.at(40s).expect_start("a", 40s);
        const counters& c = s.stat_of("a").counters;
        CHECK(c.runs == 2);
        CHECK(c.skipped_missed == 1);
        CHECK(c.skipped_not_owner == 1);
        CHECK(s.stored("a").next_slot == wall_base + 50s);
    });
}

TEST_CASE("the same of a rule, whose first slot is none of its own, and of a task that is paused") {
    play([](core_script& s) {
        s.clock(30s).add("a", cron_schedule("* * * * *"), {.first = immediately});
        s.hold().at(3min + 1s).expect_skip("a", skip_reason::missed, 3);
        s.refuse(wall_base + 2min).expect_skip("a", skip_reason::not_owner, 2).expect_next_run("a", 2min);
        s.pause("a").expect_no_wakeup().resume("a", resume_from::the_past);
        s.at(3min + 1s).expect_skip("a", skip_reason::missed, 1).expect_start("a", 3min, trigger::catch_up);
    });
}

TEST_CASE("a chain of refused decisions is decided again from where the repository is") {
    play([](core_script& s) {
        s.add("a", every(10s), {.first = after_interval}).hold();
        s.at(35s).expect_skip("a", skip_reason::missed, 2);
        s.at(40s).expect_skip("a", skip_reason::overlap, 1).at(50s).expect_skip("a", skip_reason::overlap, 1);
        s.refuse(wall_base + 20s).expect_skip("a", skip_reason::not_owner, 1).expect_next_run("a", 20s);
        const counters& c = s.stat_of("a").counters;
        CHECK(c.skipped_overlap + c.skipped_missed == 0);
        s.at(50s).expect_skip("a", skip_reason::missed, 3).expect_start("a", 50s, trigger::catch_up);
    });
}

TEST_CASE("slots that wait are looked at again with those of a refused decision") {
    play([](core_script& s) {
        task_extra extra{.overlap = overlap::buffer_all, .first = after_interval};
        extra.policy.catch_up = {.coalesce = coalesce::all, .window = 30s};
        s.add("a", every(10s), extra).hold().at(45s).expect_skip("a", skip_reason::missed, 1);
        CHECK(s.stat_of("a").slots_waiting == 2);
        s.refuse(wall_base + 20s).expect_skip("a", skip_reason::not_owner, 1);
        CHECK(s.stat_of("a").slots_waiting == 0);
        s.at(46s)
            .expect_start("a", 20s, trigger::catch_up)
            .end("a")
            .expect_start("a", 30s, trigger::catch_up);
    });
}

TEST_CASE("a slot that another run has is not decided again") {
    play([](core_script& s) {
        s.add("a", every(10s)).refuse_next(wall_base).at(0s).expect_skip("a", skip_reason::not_owner, 1);
        s.expect_next_run("a", 10s).at(10s).expect_start("a", 10s);
    });
}

// As when a schedule comes back whose slot has run, or the wall clock was set back.
TEST_CASE("the last slot of a schedule, if another run has it, is over") {
    play([](core_script& s) {
        s.add("a", at(wall_base + 10s)).refuse_next(wall_base + 10s).at(10s);
        s.expect_skip("a", skip_reason::not_owner, 1).expect_no_next_run("a").expect_no_wakeup();
        s.at(20s).expect_nothing();
    });
}

TEST_CASE("a refused decision is of no concern to the next task of that uid") {
    core_script s;
    s.add("a", every(10s))
        .hold()
        .at(0s)
        .remove("a")
        .answer()
        .expect_end("a", outcome::cancelled)
        .expect_gone("a");
    s.add("a", every(10s));
    core::decision old;
    old.request.uid = shared_string("a");
    old.request.next = wall_base;
    old.request.skipped = skip_range{skip_reason::missed, wall_base, wall_base, 1};
    s.core().refused(old, wall_base + 30s, s.now());
    CHECK(s.core().actions().empty());
    CHECK(s.stat_of("a").counters == counters());
    s.expect_next_run("a", 0s);
}

TEST_CASE("a cursor that lags behind moves no slot back") {
    play([](core_script& s) {
        s.add("a", every(10s)).at(0s).expect_start("a", 0s).end("a");
        s.resync("a", wall_base - 30s).expect_next_run("a", 10s);
        s.at(10s).expect_start("a", 10s).end("a");
        CHECK(s.stored("a").next_slot == moment(wall_base + 20s));
    });
}

TEST_CASE("a cursor by the schedule of another manager keeps nobody off the own grid") {
    core_script s;
    s.add("a", every(10s)).at(0s).expect_start("a", 0s).end("a");
    s.resync("a", wall_base + 43s).expect_next_run("a", 50s).expect_wakeup(50s);
    CHECK(s.core().preview_of(s.task("a")).slots(2) == std::vector{wall_base + 50s, wall_base + 60s});
    s.at(50s).expect_start("a", 50s).end("a").expect_next_run("a", 60s);
    s.add("b", at(wall_base + 90s)).resync("b", wall_base + 99s).expect_no_next_run("b");
}

TEST_CASE("a schedule that another manager has finished is finished") {
    play([](core_script& s) {
        s.add("a", once(), {.first = first_run(wall_base + 10s)}).resync("a", {});
        s.expect_no_next_run("a").expect_no_wakeup().at(10s).expect_nothing();
    });
}

TEST_CASE("a fixed delay that another manager runs waits an interval") {
    play([](core_script& s) {
        s.add("a", every_after(10s)).refuse_next(cursor_waits_for_end).at(0s);
        s.expect_skip("a", skip_reason::not_owner, 1).resync("a", wall_base + 25s).expect_next_run("a", 25s);
        s.at(25s).expect_start("a", 25s).end("a").expect_next_run("a", 35s);
    });
}

TEST_CASE("a paused task takes over the cursor and stays paused") {
    play([](core_script& s) {
        s.add("a", every(10s), {.first = after_interval})
            .pause("a")
            .resync("a", wall_base + 30s)
            .expect_no_wakeup();
        s.at(35s).resume("a").expect_skip("a", skip_reason::paused, 1).expect_wakeup(40s);
    });
}

TEST_CASE("a due task that waits for a place takes over the cursor and waits no longer") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("b", once()).at(0s).expect_start("b", 0s).add("a", every(10s)).at(1s).expect_nothing();
        s.resync("a", wall_base + 30s).expect_wakeup(30s).end("b").expect_nothing();
        s.at(30s).expect_start("a", 30s).end("a").expect_wakeup(40s);
    });
}

TEST_CASE("a cursor that makes no sense is overwritten by the next decision") {
    core_script s;
    s.add("a", every(10s)).at(0s).expect_start("a", 0s).end("a");
    for (auto cursor : {wall_time::min(), wall_time_first - 1us, wall_time_last + 1us}) {
        s.resync("a", cursor).expect_next_run("a", 10s);
        CHECK(bool(s.task("a").cursor_lost));
    }
    s.at(10s).expect_start("a", 10s);
    CHECK(!s.task("a").cursor_lost);
    CHECK(s.stored("a").next_slot == moment(wall_base + 20s));
}

TEST_CASE("lost decisions force the next one, and only that") {
    core_script s;
    s.add("a", every(10s)).at(0s).expect_start("a", 0s).end("a");
    s.task("a").cursor_lost = true;
    std::vector<core::decision> decisions;
    for (bool force : {true, false}) {
        instant now = s.now();
        now.steady += force ? 10s : 20s;
        now.wall += force ? 10s : 20s;
        s.core().on_time(now);
        decisions.clear();
        s.core().take_decisions(decisions);
        REQUIRE(decisions.size() == 1);
        CHECK(decisions[0].request.force == force);
        s.core().begun(*decisions[0].run, 1, now);
        s.core().actions().clear();
        s.core().ended(*decisions[0].run, body_end::success, now);
        s.core().actions().clear();
    }
}

TEST_CASE("skips in a row are one decision until it is taken") {
    core_script s;
    s.add("a", every(10s)).at(0s).expect_start("a", 0s);
    instant now = s.now();
    for (int i = 0; i != 3; ++i) {
        now.steady += 10s;
        now.wall += 10s;
        s.core().on_time(now);
        s.core().actions().clear();
    }
    std::vector<core::decision> decisions;
    s.core().take_decisions(decisions);
    REQUIRE(decisions.size() == 1);
    const begin_request& r = decisions[0].request;
    CHECK(r.skipped->count == 3);
    CHECK(r.skipped->first == wall_base + 10s);
    CHECK(r.skipped->last == wall_base + 30s);
    CHECK(r.expected == moment(wall_base + 10s));
    CHECK(r.next == moment(wall_base + 40s));
    CHECK(!s.core().has_decisions());
}

TEST_CASE("a slot that has its run on record already is not tried again and again") {
    core_script s;
    s.add("a", at(wall_base + 5s)).at(5s).expect_start("a", 5s).end("a").expect_no_next_run("a");
    s.update("a", every(1h)).update("a", at(wall_base + 5s)).expect_next_run("a", 5s);
    s.refuse_next(wall_base + 5s).at(6s).expect_skip("a", skip_reason::not_owner, 1).expect_no_wakeup();
}

TEST_CASE("what a refused decision said is by the schedule that it was made with") {
    play([](core_script& s) {
        s.add("a", every(10s), {.first = after_interval}).hold();
        s.at(35s).expect_skip("a", skip_reason::missed, 2).update("a", every(5s));
        s.refuse(wall_base + 20s).expect_skip("a", skip_reason::not_owner, 3).expect_next_run("a", 40s);
        CHECK(s.stat_of("a").counters.skipped_missed == 0);
        CHECK(s.stat_of("a").counters.runs == 0);
        s.at(40s).expect_start("a", 40s);
    });
    play([](core_script& s) { // and of those that follow it
        s.add("a", every(10s), {.first = after_interval}).hold();
        s.at(35s).expect_skip("a", skip_reason::missed, 2).at(40s).expect_skip("a", skip_reason::overlap, 1);
        s.update("a", every(7s)).refuse(wall_base + 20s).expect_skip("a", skip_reason::not_owner, 3);
        s.expect_skip("a", skip_reason::not_owner, 1).expect_next_run("a", 42s);
        CHECK(s.stat_of("a").counters.skipped_overlap == 0);
        s.at(42s).expect_start("a", 42s);
    });
}

TEST_CASE("a refused decision is the latest only if none was made after it") {
    play([](core_script& s) {
        s.add("a", every(10s), {.first = after_interval}).hold().at(10s);
        s.update("a", every(7s)).update("a", every(10s)).expect_next_run("a", 20s); // where the first left it
        s.refuse_first(wall_base + 40s).expect_skip("a", skip_reason::not_owner, 1).expect_next_run("a", 20s);
        s.refuse(wall_base + 40s).expect_next_run("a", 40s).at(40s).expect_start("a", 40s);
    });
}

TEST_CASE("a refused decision takes nothing from the slots that wait behind it") {
    play([](core_script& s) {
        task_extra two{.overlap = overlap::buffer_all};
        two.policy.buffer_max = 2;
        s.add("a", every(10s), two).at(0s).expect_start("a", 0s).at(10s).at(20s).expect_nothing();
        s.update("a", every_after(5s), two).at(25s).expect_nothing(); // it finds no place, and has no next
        s.hold().end("a").refuse(wall_base + 20s).expect_skip("a", skip_reason::not_owner, 1);
        s.expect_start("a", 20s).expect_skip("a", skip_reason::buffer_full, 1).expect_no_next_run("a");
        s.at(26s).end("a").expect_next_run("a", 31s);
    });
}

TEST_CASE("a cursor among the slots of an old schedule that wait moves no slot of the new one") {
    play([](core_script& s) {
        task_extra all{.overlap = overlap::buffer_all};
        s.add("a", every(10s), all).at(0s).expect_start("a", 0s).at(10s).at(20s).at(30s).expect_nothing();
        s.at(31s).update("a", every(5s), all).resync("a", wall_base + 20s).expect_next_run("a", 35s);
        s.end("a").expect_nothing().at(35s).expect_start("a", 35s);
    });
}

TEST_CASE(
    "slots of an old schedule that waited for a place, and are another manager's, leave no turn behind") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        task_extra all{.overlap = overlap::buffer_all};
        s.add("a", every(10s), all)
            .at(0s)
            .expect_start("a", 0s)
            .add("b", once())
            .at(0s)
            .at(10s)
            .expect_nothing();
        s.at(12s).end("a").expect_start("b", 0s);
        s.update("a", every(7s), all).resync("a", wall_base + 14s).expect_next_run("a", 14s);
        s.at(14s).expect_nothing().end("b").expect_start("a", 14s);
    });
}

TEST_CASE("a cursor beyond slots of an old schedule that wait leaves those of the new one behind them") {
    play([](core_script& s) {
        task_extra all{.overlap = overlap::buffer_all};
        all.policy.catch_up = {.coalesce = coalesce::all};
        s.add("a", every(10s), all).at(0s).expect_start("a", 0s).at(10s).update("a", every(7s), all);
        s.at(14s).at(21s).resync("a", wall_base + 14s).expect_next_run("a", 14s);
        s.at(22s).end("a").expect_start("a", 14s, trigger::catch_up);
        s.end("a").expect_start("a", 21s, trigger::catch_up).end("a").expect_next_run("a", 28s);
    });
}

TEST_CASE("a slot that waits behind those of an old schedule is late by its own time if they are passed") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        task_extra strict{.overlap = overlap::buffer_all};
        strict.policy.catch_up = {.coalesce = coalesce::none, .grace = 1s};
        s.add("a", every(10s), strict).at(0s).expect_start("a", 0s);
        s.add("b", once()).at(0s).at(10s).expect_nothing();
        s.at(12s).end("a").expect_start("b", 0s).update("a", every(7s), strict);
        s.at(20s).expect_nothing().add("c", once()).at(20500ms).expect_nothing();
        s.resync("a", wall_base + 14s).end("b").expect_skip("a", skip_reason::missed, 1);
        s.expect_start("c", 20s).expect_next_run("a", 21s);
    });
}

TEST_CASE("a cursor before the slots that wait takes no later decision of their task away") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        task_extra all{.overlap = overlap::buffer_all};
        all.policy.catch_up = {.coalesce = coalesce::all};
        s.add("a", every(10s), all).at(0s).expect_start("a", 0s);
        s.add("b", once()).at(0s).at(10s).at(20s).end("a").expect_start("b", 0s);
        s.update("a", at(wall_base + 5s), all).at(21s).resync("a", wall_base + 10s).expect_nothing();
        s.end("b").expect_start("a", 10s, trigger::catch_up);
        s.end("a").expect_start("a", 20s, trigger::catch_up).end("a").expect_start("a", 5s);
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
