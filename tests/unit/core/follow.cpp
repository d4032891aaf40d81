// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

using core::body_end;

task_extra retrying(std::uint32_t attempts) {
    task_extra extra;
    extra.policy.retry.attempts = attempts;
    extra.policy.retry.backoff = 1s;
    extra.policy.retry.jitter = 0;
    return extra;
}

TEST_SUITE_BEGIN("core/follow");

TEST_CASE("a task that follows runs when the other has succeeded, for the same slot") {
    play([](core_script& s) {
        s.add("b", after("a")).add("a", every(10s));
        s.at(0s).expect_start("a", 0s).expect_no_next_run("b");
        s.at(3s).end("a").expect_next_run("b", 0s).expect_wakeup(3s);
        s.at(3s).expect_start("b", 0s).end("b").expect_no_next_run("b");
        s.at(10s).expect_start("a", 10s);
        s.at(11s).end("a").at(11s).expect_start("b", 10s);
        CHECK(s.stored("b").next_slot == moment(wall_base + 10s + 1us));
    });
}

TEST_CASE("what ends otherwise is no slot of it") {
    play([](core_script& s) {
        s.add("b", after("a")).add("c", after("a", outcome::failed | outcome::timed_out));
        s.add("d", after("a", any_outcome)).add("a", every(10s));
        s.at(0s).expect_start("a", 0s);
        s.at(1s).end("a", body_end::failed).at(1s).expect_start("c", 0s).expect_start("d", 0s);
        s.end("c").end("d");
        s.at(10s).expect_start("a", 10s);
        s.at(11s).end("a").at(11s).expect_start("b", 10s).expect_start("d", 10s);
        CHECK(s.stat_of("b").counters.runs == 1);
        CHECK(s.stat_of("c").counters.runs == 1);
        CHECK(s.stat_of("d").counters.runs == 2);
    });
}

TEST_CASE("it waits for the last attempt") {
    play([](core_script& s) {
        s.add("b", after("a")).add("c", after("a", outcome::failed)).add("a", every(100s), retrying(3));
        s.at(0s).expect_start("a", 0s);
        s.at(1s).end("a", body_end::failed).expect_retry("a", 2).expect_no_next_run("c");
        s.at(2s).expect_start("a", 0s, trigger::retry);
        s.at(3s).end("a").at(3s).expect_start("b", 0s).end("b");
        s.at(100s).expect_start("a", 100s);
        s.at(101s).end("a", body_end::failed).expect_retry("a", 2);
        s.at(102s).expect_start("a", 100s, trigger::retry);
        s.at(103s).end("a", body_end::failed).expect_retry("a", 3);
        s.cancel("a").expect("no retry a").expect_next_run("c", 100s);
        s.at(104s).expect_start("c", 100s);
    });
}

TEST_CASE("a run that is past its deadline is followed then, and not at its end") {
    play([](core_script& s) {
        s.add("b", after("a", outcome::timed_out)).add("a", every(100s), {.timeout = 5s});
        s.at(0s).expect_start("a", 0s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.at(5s).expect_start("b", 0s).end("b");
        s.at(6s).expect_overrunning("a").end("a").expect_no_next_run("b");
    });
}

TEST_CASE("one that is given up is followed as abandoned") {
    play([](core_script& s) {
        s.add("b", after("a", outcome::abandoned)).add("a", every(100s));
        s.at(0s).expect_start("a", 0s);
        s.at(1s).detach("a").expect_cancel("a", cancel_reason::requested);
        s.expect_end("a", outcome::abandoned).at(1s).expect_start("b", 0s);
    });
}

TEST_CASE("slots come in order, also where runs of the other overlap") {
    play([](core_script& s) {
        s.add("b", after("a"), {.overlap = overlap::buffer_all});
        s.add("a", every(10s), {.overlap = overlap::allow_all});
        s.at(0s).expect_start("a", 0s);
        s.at(10s).expect_start("a", 10s);
        s.at(20s).expect_start("a", 20s);
        s.at(21s).end("a", body_end::success, 1).expect_no_next_run("b");
        s.at(22s).end("a", body_end::success, 1).expect_no_next_run("b");
        s.at(23s).end("a").expect_next_run("b", 0s);
        s.at(23s).expect_start("b", 0s);
        s.at(24s).end("b").expect_start("b", 10s).at(25s).end("b").expect_start("b", 20s);
    });
}

TEST_CASE("a slot before that fails, or is another manager's, holds nothing up") {
    play([](core_script& s) {
        s.add("b", after("a")).add("a", every(10s), {.overlap = overlap::allow_all});
        s.at(0s).expect_start("a", 0s);
        s.at(10s).expect_start("a", 10s);
        s.at(11s).end("a", body_end::success, 1).expect_no_next_run("b");
        s.at(19s).end("a", body_end::failed).at(19s).expect_start("b", 10s);
    });
    core_script s;
    s.add("b", after("a")).add("a", every(10s), {.overlap = overlap::allow_all});
    s.at(0s).expect_start("a", 0s).end("a").at(0s).expect_start("b", 0s).end("b").hold();
    s.at(10s).clock(20s).refuse(wall_base + 20s).expect_skip("a", skip_reason::not_owner, 1);
    s.at(20s).expect_start("a", 20s).end("a").at(20s).expect_start("b", 20s);
}

TEST_CASE("it has its own overlap policy") {
    play([](core_script& s) {
        s.add("b", after("a")).add("c", after("a"), {.overlap = overlap::buffer_one}).add("a", every(10s));
        s.at(0s).expect_start("a", 0s).end("a").at(0s).expect_start("b", 0s).expect_start("c", 0s);
        s.at(10s).expect_start("a", 10s).end("a").at(10s).expect_skip("b", skip_reason::overlap, 1);
        s.at(20s).expect_start("a", 20s).end("a").at(20s).expect_skip("b", skip_reason::overlap, 1);
        s.at(21s).end("b").end("c").expect_start("c", 10s).expect_skip("c", skip_reason::buffer_full, 1);
    });
}

TEST_CASE("what has become due while it was paused is skipped, or the last of it caught up on") {
    play([](core_script& s) {
        s.add("b", after("a")).add("c", after("a")).add("a", every(10s)).pause("b").pause("c");
        s.at(0s).expect_start("a", 0s).end("a").at(10s).expect_start("a", 10s).end("a");
        s.resume("b").expect_skip("b", skip_reason::paused, 2).expect_no_next_run("b");
        s.resume("c", resume_from::the_past).expect_next_run("c", 0s);
        s.at(10s).expect_skip("c", skip_reason::missed, 1).expect_start("c", 10s, trigger::catch_up);
        s.at(20s).expect_start("a", 20s).end("a").at(20s).expect_start("b", 20s);
        s.expect_skip("c", skip_reason::overlap, 1);
    });
}

TEST_CASE("all of it is caught up on where that is wanted, in order and without overlap") {
    play([](core_script& s) {
        task_extra all;
        all.policy.catch_up.coalesce = coalesce::all;
        all.policy.catch_up.window = 15s;
        s.add("b", after("a"), all).add("a", every(10s)).pause("b");
        for (auto t : {0s, 10s, 20s}) s.at(t).expect_start("a", t).end("a");
        s.resume("b", resume_from::the_past).at(20s).expect_skip("b", skip_reason::missed, 1);
        s.expect_start("b", 10s, trigger::catch_up)
            .at(21s)
            .end("b")
            .expect_start("b", 20s, trigger::catch_up);
    });
}

TEST_CASE("no more is kept than may wait") {
    play([](core_script& s) {
        task_extra few;
        few.policy.buffer_max = 2;
        s.add("b", after("a"), few).add("a", every(10s)).pause("b");
        s.at(0s).expect_start("a", 0s).end("a").at(10s).expect_start("a", 10s).end("a");
        s.at(20s).expect_start("a", 20s).end("a").expect_skip("b", skip_reason::paused, 1);
        s.resume("b").expect_skip("b", skip_reason::paused, 2);
    });
}

TEST_CASE("a run by hand is followed by one for the same users") {
    play([](core_script& s) {
        s.add("b", after("a")).add("a", every(100s));
        s.at(0s).expect_start("a", 0s).end("a").at(0s).expect_start("b", 0s);
        s.at(50s).trigger("a").expect_start("a", 50s, trigger::manual);
        s.at(51s).end("a").at(51s).expect("not followed b: " +
                                          make_error_code(errc::already_running).message());
        s.at(52s).end("b");
        s.at(60s).trigger("a").expect_start("a", 60s, trigger::manual);
        s.at(61s)
            .end("a")
            .expect_wakeup(61s)
            .at(61s)
            .expect_start("b", 60s, trigger::manual)
            .expect_no_next_run("b");
        CHECK(s.stored("b").next_slot == moment(wall_base + 1us));
    });
    core_script s;
    s.add("b", after("a")).add("a", at(wall_base + 1h));
    auto run = s.core().trigger(s.task("a"), {user("x")}, {}, s.now());
    REQUIRE(run);
    s.core().actions().clear();
    std::vector<core::decision> decisions;
    s.core().take_decisions(decisions);
    s.core().begun(*run.value(), 1, s.now());
    s.core().actions().clear();
    s.core().ended(*run.value(), body_end::success, s.now());
    s.core().actions().clear();
    s.core().on_time(s.now());
    decisions.clear();
    s.core().take_decisions(decisions);
    REQUIRE(decisions.size() == 1);
    CHECK(decisions[0].request.uid == "b");
    CHECK(decisions[0].request.started->users == std::vector{user("x")});
    s.core().actions().clear();
}

TEST_CASE("a slot that is filled in later is followed by another such one") {
    play([](core_script& s) {
        s.add("a", every(10s));
        s.at(0s).expect_start("a", 0s).end("a").at(10s).expect_start("a", 10s).end("a");
        s.add("b", after("a"));
        s.backfill("a", 0s, 1s, overlap::buffer_all).expect_start("a", 0s, trigger::backfill);
        s.at(11s).end("a").expect("backfill done a").at(11s).expect_start("b", 0s, trigger::backfill);
    });
}

TEST_CASE("it is followed in turn") {
    play([](core_script& s) {
        s.add("c", after("b")).add("b", after("a")).add("a", every(10s));
        s.at(0s).expect_start("a", 0s).end("a").at(0s).expect_start("b", 0s);
        s.at(2s).end("b").at(2s).expect_start("c", 0s).end("c");
    });
}

TEST_CASE("no task follows itself") {
    core_script s;
    s.add_fails("a", after("a"), errc::cyclic_schedule);
    s.add("b", after("a")).add("c", after("b"));
    s.add_fails("a", after("c"), errc::cyclic_schedule);
    s.add("a", every(10s)).expect_nothing();
    core::task_spec circle{
        .uid = "a", .name = "", .when = after("c"), .payload = std::make_unique<core::task_payload>()};
    auto no = s.core().check_update(s.task("a"), circle);
    CHECK((!no && no.error() == errc::cyclic_schedule));
}

TEST_CASE("what cannot be followed is refused") {
    core_script s;
    s.add_fails("a", after(""), errc::invalid_schedule);
    s.add_fails("a", after("x\ny"), errc::invalid_schedule);
    s.add_fails("a", after("b", outcome_set()), errc::invalid_schedule);
    s.add_fails("a", after("b"), errc::invalid_schedule, {.first = immediately});
    s.add("a", after("b"));
    auto no = s.core().backfill(s.task("a"), wall_base - 1h, wall_base, overlap::skip, s.now());
    CHECK((!no && no.error() == errc::invalid_schedule));
}

TEST_CASE("one that is added late follows what is in flight and due") {
    play([](core_script& s) {
        s.add("a", every(10s), {.overlap = overlap::buffer_one});
        s.at(0s).expect_start("a", 0s).at(10s).at(15s);
        s.add("b", after("a"), {.overlap = overlap::buffer_one});
        CHECK(s.stored("b").next_slot == moment(wall_base));
        s.end("a").expect_start("a", 10s).at(15s).expect_start("b", 0s);
        s.at(16s).end("a").at(16s).end("b").expect_start("b", 10s);
    });
}

TEST_CASE("one that is added before what it follows misses nothing") {
    play([](core_script& s) {
        s.add("b", after("a"));
        task_state known;
        known.anchor = wall_base;
        known.next_slot = wall_base;
        s.at(5s).restore("a", every(10s), known);
        s.at(5s).expect_start("a", 0s, trigger::catch_up).end("a").at(5s).expect_start("b", 0s);
    });
}

TEST_CASE("either may be removed while the other runs") {
    play([](core_script& s) {
        s.add("b", after("a", any_outcome)).add("a", every(10s));
        s.at(0s).expect_start("a", 0s).remove("b").expect_gone("b");
        s.at(1s).end("a").add("b", after("a", any_outcome));
        s.at(10s).expect_start("a", 10s).remove("a").expect_cancel("a", cancel_reason::removed);
        s.at(11s).end("a", body_end::failed).expect_end("a", outcome::cancelled).expect_gone("a");
        s.at(11s).expect_start("b", 10s).remove("b").expect_cancel("b", cancel_reason::removed);
        s.end("b", body_end::failed).expect_end("b", outcome::cancelled).expect_gone("b");
        s.expect_no_wakeup();
    });
}

TEST_CASE("nothing is followed once all stops") {
    play([](core_script& s) {
        s.add("b", after("a")).add("a", every(10s));
        s.at(0s).expect_start("a", 0s).shutdown(10s);
        s.at(1s).end("a").expect_shutdown_done();
        CHECK(s.stored("b").next_slot == moment(wall_base));
    });
}

TEST_CASE("a schedule becomes one that follows, and another again") {
    play([](core_script& s) {
        s.add("a", every(10s)).add("b", every(60s));
        s.at(0s).expect_start("a", 0s).expect_start("b", 0s).end("b").end("a");
        s.at(5s).update("b", after("a")).expect_no_next_run("b");
        s.at(10s).expect_start("a", 10s).end("a").at(10s).expect_start("b", 10s).end("b");
        s.at(15s).update("b", every(60s)).expect_next_run("b", 60s);
        s.at(20s).expect_start("a", 20s).end("a").expect_next_run("b", 60s);
    });
}

TEST_CASE("a wall clock that is set back holds nothing up") {
    play([](core_script& s) {
        s.add("b", after("a")).add("a", every_after(10s));
        s.at(0s).expect_start("a", 0s).end("a").at(0s).expect_start("b", 0s).end("b");
        s.wall_steps_by(-1h).at(10s).expect_start("a", 10s).end("a").at(10s).expect_start("b", 10s).end("b");
        s.at(20s).expect_start("a", -3580s).end("a").at(20s).expect_start("b", -3580s);
        CHECK(s.stored("b").next_slot == moment(wall_base + 10s + 1us));
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
