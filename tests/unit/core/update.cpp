// SPDX-License-Identifier: BSL-1.0
#include <rondo/cron.hpp>
#include <support/play.hpp>

namespace rondo::test {
namespace {

using core::body_end;

TEST_SUITE_BEGIN("core/update");

TEST_CASE("under the same schedule no slot moves, and the options count at once") {
    play([](core_script& s) {
        s.clock(3s).add("a", every(10s)).at(3s).expect_start("a", 3s);
        s.at(5s).update("a", every(10s), {.overlap = overlap::allow_all}).expect_wakeup(13s);
        s.at(13s).expect_start("a", 13s);
        s.update("a", every(10s), {.overlap = overlap::buffer_one, .timeout = 5s});
        s.at(23s).expect_nothing().at(24s).end("a").end("a").expect_start("a", 23s).expect_wakeup(29s);
    });
}

TEST_CASE("a name that is the uid is there once, after an update too") {
    core_script s;
    s.add("a", every(10s)).add("a uid longer than its name", every(10s));
    CHECK(s.task("a").name.view().data() == s.task("a").uid.view().data());
    CHECK(s.task("a uid longer than its name").name == "a uid long");
    s.update("a", every(5s));
    CHECK(s.task("a").name.view().data() == s.task("a").uid.view().data());
}

TEST_CASE("another interval keeps the anchor, and the cursor follows") {
    play([](core_script& s) {
        s.clock(3s).add("a", every(10s)).at(3s).expect_start("a", 3s).end("a");
        s.at(8s).update("a", every(7s)).expect_wakeup(10s);
        CHECK(s.stored("a").next_slot == wall_base + 10s);
        s.at(10s).expect_start("a", 10s).end("a").at(17s).expect_start("a", 17s).end("a");
        s.update("a", every(1h)).expect_next_run("a", 1h + 3s);
    });
}

TEST_CASE("what is due under the old schedule is decided by it") {
    play([](core_script& s) {
        s.add("a", every(10s)).at(0s).expect_start("a", 0s).end("a");
        s.clock(35s).update("a", every(1h));
        s.expect_skip("a", skip_reason::missed, 2).expect_start("a", 30s, trigger::catch_up).end("a");
        s.expect_next_run("a", 1h);
        s.pause("a").clock(2h + 1s).update("a", every(25min)).expect_skip("a", skip_reason::paused, 2);
        s.resume("a").expect_next_run("a", 125min);
    });
}

TEST_CASE("slots of the old schedule that wait go on waiting, and run in order") {
    play([](core_script& s) {
        task_extra all;
        all.overlap = overlap::buffer_all;
        all.policy.catch_up.coalesce = coalesce::all;
        s.add("a", every(10s), all).at(0s).expect_start("a", 0s).clock(35s).at(35s);
        CHECK(s.stat_of("a").slots_waiting == 3);
        s.update("a", every(1h), all).expect_nothing();
        CHECK(s.stored("a").next_slot == wall_base + 10s);
        s.end("a").expect_start("a", 10s, trigger::catch_up);
        s.end("a").expect_start("a", 20s, trigger::catch_up);
        s.end("a").expect_start("a", 30s, trigger::catch_up).end("a").expect_wakeup(1h);
        CHECK(s.stored("a").next_slot == wall_base + 1h);
    });
}

TEST_CASE("what fell due in a pause is behind the slots that wait") {
    play([](core_script& s) {
        s.add("a", every(10s), {.overlap = overlap::buffer_all}).at(0s).expect_start("a", 0s);
        s.at(10s).expect_nothing().pause("a").clock(25s);
        s.update("a", every(1h), {.overlap = overlap::buffer_all});
        s.expect_nothing();
        CHECK(s.stored("a").next_slot == wall_base + 10s);
        s.resume("a").expect_skip("a", skip_reason::paused, 1).expect_skip("a", skip_reason::paused, 1);
        s.end("a").expect_next_run("a", 1h);
        CHECK(s.stored("a").next_slot == wall_base + 1h);
    });
}

TEST_CASE("a slot of an interval that waits minds no wall clock, whatever follows it") {
    core_script s;
    task_extra extra{.overlap = overlap::buffer_one};
    s.add("a", every(10s), extra).at(0s).expect_start("a", 0s).at(10s).expect_nothing();
    s.update("a", at(wall_base + 12s), extra).expect_nothing();
    s.wall_steps_by(-5s).at(11s).end("a").expect_start("a", 10s).end("a").expect_next_run("a", 12s);
    s.at(17s).expect_start("a", 12s);
}

TEST_CASE("an end that was the last stays the last") {
    core_script s;
    task_extra extra{.timeout = 5s};
    s.add("a", every(1min), extra).at(0s).expect_start("a", 0s);
    s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
    extra.policy.retry.attempts = 3;
    s.update("a", every(1min), extra).at(5500ms).end("a", body_end::failed).expect_wakeup(1min);
}

TEST_CASE("an update in a pause leaves the end of the pause as it is") {
    core_script s;
    s.add("a", at(wall_base + 5s)).pause("a", {"", wall_base + 1min}).clock(10s);
    s.update("a", every(1h)).expect_skip("a", skip_reason::paused, 1);
    s.at(1min).expect("resumed a").expect_next_run("a", 1h + 5s);
}

TEST_CASE("a slot that has no place yet keeps its turn") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", every(10s)).add("b", every(10s)).at(0s).expect_start("a", 0s);
        s.update("b", every(1h)).expect_nothing();
        s.at(5s).end("a").expect_start("b", 0s).end("b").expect_next_run("b", 1h);
    });
}

TEST_CASE("from and to a fixed delay") {
    play([](core_script& s) {
        s.add("a", every_after(10s)).at(0s).expect_start("a", 0s);
        s.update("a", every_after(20s)).expect_no_next_run("a");
        s.at(1s).end("a").expect_next_run("a", 21s);
        s.at(2s).update("a", every(1min)).expect_next_run("a", 1min);
        s.at(1min).expect_start("a", 1min).update("a", every_after(5s)).expect_next_run("a", 65s);
        s.at(61s).end("a").expect_next_run("a", 65s).at(65s).expect_start("a", 65s).expect_no_next_run("a");
        s.update("a", every(1min)).expect_next_run("a", 2min).at(70s).end("a").expect_next_run("a", 2min);
        s.at(2min).expect_start("a", 2min);
    });
}

TEST_CASE("to an instant, a cron expression, and once more") {
    play([](core_script& s) {
        s.add("a", once()).at(0s).expect_start("a", 0s).end("a").expect_no_wakeup();
        s.at(1s).update("a", at(wall_base + 5s)).expect_next_run("a", 5s);
        s.at(5s).expect_start("a", 5s).end("a").expect_no_next_run("a");
        s.update("a", cron<"*/2 * * * *">).expect_next_run("a", 2min);
        s.at(2min).expect_start("a", 2min).end("a");
        s.update("a", once()).at(2min).expect_start("a", 2min).end("a").expect_no_next_run("a");
    });
}

TEST_CASE("what makes no sense changes nothing") {
    core_script s;
    s.add("a", every(10s)).at(0s).expect_start("a", 0s);
    core::task_spec bad{
        .uid = "a", .name = "", .when = every(-1s), .payload = std::make_unique<core::task_payload>()};
    CHECK(s.core().check_update(s.task("a"), bad).error() == errc::invalid_schedule);
    bad.when = every(1s);
    bad.policy.timeout = -1us;
    CHECK(s.core().check_update(s.task("a"), bad).error() == errc::invalid_option);
    s.expect_wakeup(10s);
}

TEST_CASE("a detached run is abandoned, and counts until its body ends") {
    play([](core_script& s) {
        s.add("a", every(10s)).at(0s).expect_start("a", 0s);
        s.at(5s).detach("a").expect_cancel("a", cancel_reason::requested).expect_end("a", outcome::abandoned);
        CHECK(s.stat_of("a").runs_overrunning == 1);
        CHECK(s.stat_of("a").counters.abandoned == 1);
        s.detach("a").expect_nothing();
        s.at(10s).expect_skip("a", skip_reason::overlap, 1).at(15s).end("a").expect_nothing();
        CHECK(s.stat_of("a").last_outcome == outcome::abandoned);
        s.at(20s).expect_start("a", 20s);
    });
}

TEST_CASE("a run that waits, or that has not begun, is cancelled instead") {
    play([](core_script& s) {
        s.add("a", every(1h), {.overlap = overlap::buffer_one}).at(0s).expect_start("a", 0s);
        s.trigger("a").detach("a").expect_end("a", outcome::cancelled).end("a").expect_nothing();
        s.hold().trigger("a").detach("a").answer().expect_end("a", outcome::cancelled);
    });
}

TEST_CASE("retries that an update brings or takes away") {
    task_extra once_only;
    once_only.timeout = 5s;
    task_extra thrice = once_only;
    thrice.policy.retry = {.attempts = 3, .backoff = 10s, .factor = 1, .jitter = 0};
    play([&](core_script& s) { // its end was told as the last
        s.add("a", every(1h), once_only).at(0s).expect_start("a", 0s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.update("a", every(1h), thrice).at(6s).expect_overrunning("a").end("a").expect_wakeup(1h);
    });
    play([&](core_script& s) { // nor does one begin that was planned
        s.add("a", every(1h), thrice).at(0s).expect_start("a", 0s).end("a", body_end::failed);
        s.expect_retry("a", 2).update("a", every(1h), once_only).expect("no retry a").expect_wakeup(1h);
    });
}

TEST_CASE("a pause keeps its end when what was paused has no other slot") {
    play([](core_script& s) {
        s.add("a", at(wall_base + 10s)).at(5s).pause("a", {"", wall_base + 60s});
        s.at(20s).update("a", every(10s)).expect_skip("a", skip_reason::paused, 1);
        CHECK(s.stat_of("a").paused_until == wall_base + 60s);
        s.at(60s).expect("resumed a").expect_skip("a", skip_reason::paused, 4).expect_next_run("a", 70s);
    });
}

TEST_CASE("where the wall clock was set back, slots that were decided are not due again") {
    play([](core_script& s) {
        s.add("a", every(10s)).at(0s).expect_start("a", 0s).end("a").at(10s).expect_start("a", 10s).end("a");
        s.at(20s).expect_start("a", 20s).end("a").wall_steps_by(-5s);
        s.at(21s).update("a", every(5s)).at(25s).expect_nothing();
        s.at(30s).expect_start("a", 25s);
    });
}

TEST_CASE("nor does a slot that waits take the place of the next") {
    play([](core_script& s) {
        task_extra one;
        one.overlap = overlap::buffer_one;
        s.add("a", at(wall_base + 60s), one).at(50s).trigger("a").expect_start("a", 50s, trigger::manual);
        s.at(60s).update("a", at(wall_base + 120s), one).expect_next_run("a", 120s);
        s.wall_steps_by(-30s).at(61s).end("a").expect_start("a", 60s).end("a").expect_next_run("a", 120s);
        s.at(150s).expect_start("a", 120s);
    });
}

TEST_CASE("a decision says slots of one schedule") {
    core_script s;
    task_extra all{.overlap = overlap::buffer_all};
    s.add("a", every(10s), all).at(0s).expect_start("a", 0s).at(10s).expect_nothing().pause("a");
    s.clock(25s).update("a", at(wall_base + 5s), all).expect_nothing();
    s.core().resume(s.task("a"), resume_from::now, s.now());
    std::vector<core::decision> decisions;
    s.core().take_decisions(decisions);
    REQUIRE(decisions.size() == 2);
    CHECK(decisions[0].request.skipped->last == wall_base + 20s);
    CHECK(decisions[0].request.skipped->count == 2);
    CHECK(decisions[1].request.skipped->first == wall_base + 5s);
    CHECK(decisions[1].request.skipped->count == 1);
    s.core().actions().clear();
}

TEST_CASE("a skip behind slots that wait is of its own schedule") {
    core_script s;
    task_extra all{.overlap = overlap::buffer_all};
    all.policy.buffer_max = 1;
    s.add("a", every(10s), all).at(0s).expect_start("a", 0s).at(10s).at(20s).expect_nothing();
    s.update("a", at(wall_base + 25s), all).at(25s).expect_nothing().end("a");
    s.expect_start("a", 10s).expect_skip("a", skip_reason::buffer_full, 1);
    s.expect_skip("a", skip_reason::buffer_full, 1);
}

TEST_CASE("the end of a run from before tells the next slot in its turn") {
    play([](core_script& s) {
        task_extra extra{.timeout = 8s};
        s.add("a", every(10s), extra).at(0s).expect_start("a", 0s);
        s.at(5s).update("a", every_after(3s), extra).expect_next_run("a", 8s);
        s.at(8s).expect_skip("a", skip_reason::overlap, 1).expect_cancel("a", cancel_reason::timeout);
        s.expect_end("a", outcome::timed_out).expect_next_run("a", 11s);
        CHECK(s.stored("a").next_slot == moment(wall_base + 11s));
        s.end("a").at(11s).expect_start("a", 11s);
    });
}

TEST_CASE("the ends of several runs from before and after tell the next slot in their turn") {
    play([](core_script& s) {
        task_extra all{.overlap = overlap::allow_all};
        s.add("a", every(10s), all).at(0s).expect_start("a", 0s).at(5s).update("a", every_after(3s), all);
        s.at(8s).expect_start("a", 8s).at(9s).end("a").expect_next_run("a", 12s);
        s.hold().at(12s).expect_nothing().end("a").expect_next_run("a", 15s);
        s.answer().expect_start("a", 12s);
        CHECK(s.stored("a").next_slot == moment(wall_base + 15s));
    });
}

TEST_CASE("a slot that has no place is as late as it was seen to be, whatever waits before it") {
    core_script s({.runs_in_flight_max = 2});
    task_extra extra{.overlap = overlap::cancel_other};
    extra.policy.catch_up = {.window = 3s, .grace = 2s};
    s.add("a", every(10s), extra).at(0s).expect_start("a", 0s);
    s.at(10s).expect_cancel("a", cancel_reason::overlap);
    s.add("b", once()).at(10s).expect_start("b", 10s).at(11s).add("c", once()).at(11s).expect_nothing();
    s.at(12s).end("a").expect_start("c", 11s).at(24s).expect_nothing();
    s.update("a", every(1h), extra).expect_nothing().end("c").expect_start("a", 10s);
    s.expect_skip("a", skip_reason::missed, 1);
}

TEST_CASE("a slot that nobody has seen is late, though one before it waits for a place") {
    play({.runs_in_flight_max = 2}, [](core_script& s) {
        task_extra extra{.overlap = overlap::buffer_all};
        extra.policy.catch_up = {.coalesce = coalesce::none, .grace = 1s};
        s.add("b", every(1h), {.first = after_interval}).add("c", every(1h), {.first = after_interval});
        s.add("a", every(10s), extra).at(0s).expect_start("a", 0s).at(10s).expect_nothing();
        s.trigger("b").expect_start("b", 10s, trigger::manual).trigger("c").expect_nothing();
        s.at(12s).end("a").expect_start("c", 10s, trigger::manual);
        s.clock(25s).update("a", every(7s), extra).expect_nothing();
        s.end("b").expect_start("a", 10s).expect_skip("a", skip_reason::missed, 1).end("a");
        s.expect_next_run("a", 28s);
    });
}

TEST_CASE("a fixed delay that comes back while a slot of it waits counts from then") {
    play([](core_script& s) {
        s.add("a", every_after(10s)).at(0s).expect_start("a", 0s).at(1s).end("a").at(5s).trigger("a");
        s.expect_start("a", 5s, trigger::manual).at(11s).expect_skip("a", skip_reason::overlap, 1);
        s.at(12s).end("a").expect_next_run("a", 22s).at(20s).trigger("a");
        task_extra waits{.overlap = overlap::buffer_one};
        s.expect_start("a", 20s, trigger::manual).update("a", every_after(10s), waits).at(22s);
        s.update("a", every(5s), waits).at(24s).update("a", every_after(10s), waits);
        s.expect_next_run("a", 34s).at(30s).end("a").expect_start("a", 22s).at(31s).end("a");
        s.expect_next_run("a", 34s).at(34s).expect_start("a", 34s);
    });
}

TEST_CASE("a slot that waited for a place, and is skipped as its task is updated, leaves no turn behind") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        task_extra late{.first = after_interval};
        late.policy.tolerance = 4s;
        s.add("b", once()).at(0s).expect_start("b", 0s).add("a", every(10s), late).trigger("a");
        s.at(14s).expect_nothing().at(16s).end("b").expect_start("a", 0s, trigger::manual);
        s.at(17s).update("a", every(10s), late).expect_skip("a", skip_reason::overlap, 1);
        s.expect_next_run("a", 20s).at(24s).expect_nothing().end("a").expect_start("a", 20s);
    });
}

TEST_CASE("a slot that an update looks at late is late, whenever one before it was looked at") {
    play({.runs_in_flight_max = 2}, [](core_script& s) {
        task_extra strict{.overlap = overlap::buffer_all};
        strict.policy.tolerance = 4s;
        strict.policy.catch_up = {.coalesce = coalesce::none, .grace = 1s};
        s.add("a", every(10s), strict).at(0s).expect_start("a", 0s).at(14s).expect_nothing();
        s.add("b", once()).at(14s).expect_start("b", 14s).add("c", once()).at(14s).expect_nothing();
        s.at(15s).end("a").expect_start("c", 14s).at(24s).expect_nothing();
        s.at(25s).update("a", every(10s), strict).clock(38s).update("a", every(10s), strict);
        s.end("b").expect_start("a", 10s).end("a").expect_start("a", 20s);
        s.expect_skip("a", skip_reason::missed, 1).end("a").expect_next_run("a", 40s);
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
