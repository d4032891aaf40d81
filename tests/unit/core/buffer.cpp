// SPDX-License-Identifier: BSL-1.0
#include <rondo/cron.hpp>
#include <support/play.hpp>

namespace rondo::test {
namespace {

using core::body_end;

task_extra under(overlap o, std::uint32_t buffer_max = buffer_max_default) {
    task_extra extra;
    extra.overlap = o;
    extra.policy.buffer_max = buffer_max;
    return extra;
}

TEST_SUITE_BEGIN("core/buffer");

TEST_CASE("under buffer_one a slot waits, and those behind it are skipped when it has started") {
    play([](core_script& s) {
        s.add("a", every(10s), under(overlap::buffer_one));
        s.at(0s).expect_start("a", 0s);
        s.at(10s).expect_nothing();
        CHECK(s.stat_of("a").slots_waiting == 1);
        s.at(20s).expect_nothing().at(30s).expect_nothing();
        CHECK(s.stored("a").next_slot == wall_base + 10s);
        s.at(35s).end("a").expect_start("a", 10s).expect_skip("a", skip_reason::buffer_full, 2);
        CHECK(s.stat_of("a").slots_waiting == 0);
        s.at(36s).end("a").expect_wakeup(40s);
        s.at(40s).expect_start("a", 40s);
    });
}

TEST_CASE("under buffer_all slots wait in order, up to the limit") {
    play([](core_script& s) {
        s.add("a", every(10s), under(overlap::buffer_all, 2));
        s.at(0s).expect_start("a", 0s);
        for (auto t = 10s; t <= 40s; t += 10s) s.at(t).expect_nothing();
        s.at(41s).end("a").expect_start("a", 10s);
        s.at(50s).expect_nothing(); // there is room for one more, behind two that have been dropped
        s.at(51s).end("a").expect_start("a", 20s).expect_skip("a", skip_reason::buffer_full, 2);
        s.at(52s).end("a").expect_start("a", 50s);
        s.at(53s).end("a").expect_wakeup(60s);
    });
}

TEST_CASE("under cancel_other the latest slot takes the place of the run, once that has ended") {
    play([](core_script& s) {
        s.add("a", every(10s), under(overlap::cancel_other));
        s.at(0s).expect_start("a", 0s);
        s.at(10s).expect_cancel("a", cancel_reason::overlap);
        s.at(20s).expect_skip("a", skip_reason::overlap, 1);
        s.at(25s).end("a", body_end::failed).expect_end("a", outcome::cancelled).expect_start("a", 20s);
        s.at(26s).end("a").at(30s).expect_start("a", 30s);
    });
}

TEST_CASE("a slot that waits is what the next life finds") {
    play([](core_script& s) {
        s.add("a", every(10s), under(overlap::buffer_all));
        s.at(0s).expect_start("a", 0s);
        s.at(10s).at(20s);
        CHECK(s.stored("a").next_slot == wall_base + 10s);
        s.shutdown(1s).expect_nothing().end("a").expect_shutdown_done();
    });
}

TEST_CASE("a pause keeps what waits, and its end decides about it") {
    for (auto from : {resume_from::now, resume_from::the_past})
        play([from](core_script& s) {
            s.add("a", every(10s), under(overlap::buffer_one));
            s.at(0s).expect_start("a", 0s).at(10s).pause("a").end("a").expect_nothing();
            s.at(25s).resume("a", from);
            if (from == resume_from::now) {
                s.expect_skip("a", skip_reason::paused, 1).expect_skip("a", skip_reason::paused, 1);
                s.at(30s).expect_start("a", 30s);
            } else {
                s.expect_start("a", 10s).end("a");
                s.at(26s).expect_start("a", 20s, trigger::catch_up).end("a");
                s.at(30s).expect_start("a", 30s);
            }
        });
}

TEST_CASE("removing a task leaves what waits undecided") {
    play([](core_script& s) {
        s.add("a", every(10s), under(overlap::buffer_all));
        s.at(0s).expect_start("a", 0s).at(10s).at(20s);
        s.remove("a").expect_cancel("a", cancel_reason::removed);
        s.end("a").expect_gone("a");
    });
}

TEST_CASE("a cursor that somebody else moved past what waits is followed") {
    play([](core_script& s) {
        s.add("a", every(10s), under(overlap::buffer_all));
        s.at(0s).expect_start("a", 0s).at(10s).at(20s);
        s.resync("a", wall_base + 20s).expect_nothing();
        CHECK(s.stat_of("a").slots_waiting == 0);
        s.at(21s).expect_nothing(); // it waits again, behind the run
        s.at(22s).end("a").expect_start("a", 20s).end("a");
        s.at(30s).expect_start("a", 30s);
    });
}

TEST_CASE("what waits goes by turns where all runs have a limit") {
    core::scheduler_options options{.runs_in_flight_max = 1};
    play(options, [](core_script& s) {
        s.add("a", every(10s), under(overlap::buffer_all)).add("b", every(1h), under(overlap::buffer_one));
        s.at(0s).expect_start("a", 0s).at(10s);
        s.at(11s).end("a").expect_start("b", 0s);
        s.at(12s).end("b").expect_start("a", 10s).end("a");
        s.at(20s).expect_start("a", 20s);
    });
}

TEST_CASE("manual runs wait under the policies that buffer, one by one or merged") {
    play([](core_script& s) {
        s.add("a", every(1h), under(overlap::buffer_one)).add("b", every(1h), under(overlap::buffer_all, 2));
        s.at(0s).expect_start("a", 0s).expect_start("b", 0s);
        s.at(1s).trigger("a").expect_nothing().trigger("a").expect_nothing();
        CHECK(s.stat_of("a").runs_waiting == 1);
        s.trigger("b").expect_nothing().trigger("b").expect_nothing().trigger_fails("b", errc::queue_full);
        s.at(2s).end("a").expect_start("a", 1s, trigger::manual).end("a").expect_nothing();
        s.end("b").expect_start("b", 1s, trigger::manual).end("b").expect_start("b", 1s, trigger::manual);
        s.end("b").expect_nothing();
    });
}

TEST_CASE("merged manual runs are for the users of both") {
    core_script s;
    s.add("a", every(1h), under(overlap::buffer_one)).at(0s).expect_start("a", 0s);
    auto first = s.core().trigger(s.task("a"), {user("ann")}, {}, s.now());
    auto second = s.core().trigger(s.task("a"), {user("bob"), user("ann")}, {}, s.now());
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first.value() == second.value());
    CHECK(first.value()->users == std::vector{user("ann"), user("bob")});
    REQUIRE(s.core().trigger(s.task("a"), {}, {}, s.now()));
    CHECK(first.value()->users.empty()); // for all
}

TEST_CASE("a slot goes before a manual run, and a manual run under cancel_other leaves slots alone") {
    play([](core_script& s) {
        s.add("a", every(10s), under(overlap::buffer_one));
        s.at(0s).expect_start("a", 0s).trigger("a").expect_nothing();
        s.at(10s).expect_nothing();
        s.trigger("a", overlap::cancel_other).expect_cancel("a", cancel_reason::overlap);
        s.expect_end("a", outcome::cancelled); // of the manual run that waited
        s.end("a", body_end::failed).expect_end("a", outcome::cancelled).expect_start("a", 10s);
        s.end("a").expect_start("a", 10s, trigger::manual).end("a");
        s.at(20s).expect_start("a", 20s);
    });
}

TEST_CASE("where a slot always waits, manual runs have their turn") {
    play([](core_script& s) {
        s.add("a", every(2s), {.overlap = overlap::buffer_all}).at(0s).expect_start("a", 0s);
        s.at(1s).trigger("a").trigger("a").at(2s);
        s.at(3s).end("a").expect_start("a", 2s).at(4s);
        s.at(6s).end("a").expect_start("a", 1s, trigger::manual);
        s.at(8s).at(9s).end("a").expect_start("a", 1s, trigger::manual);
        s.at(10s).at(11s).end("a").expect_start("a", 4s).at(12s).at(14s).end("a").expect_start("a", 6s);
    });
}

TEST_CASE("a trigger may have a policy of its own") {
    play([](core_script& s) {
        s.add("a", every(10s), under(overlap::skip)).at(0s).expect_start("a", 0s);
        s.at(1s).trigger("a", overlap::allow_all).expect_start("a", 1s, trigger::manual);
        s.trigger_fails("a", errc::already_running).trigger("a", overlap::buffer_one).expect_nothing();
        s.end("a").expect_nothing().end("a").expect_start("a", 1s, trigger::manual).end("a");
    });
    core_script s;
    s.add("a", every(10s));
    CHECK(s.core().trigger(s.task("a"), {}, static_cast<overlap>(9), s.now()).error() ==
          errc::invalid_option);
}

TEST_CASE("a run that is cancelled before it began makes room for the next") {
    play([](core_script& s) {
        s.add("a", every(10s), under(overlap::cancel_other)).hold();
        s.at(0s).expect_nothing().at(10s).expect_nothing();
        s.answer().expect_end("a", outcome::cancelled).expect_start("a", 10s);
    });
}

TEST_CASE("a manual run that could start waits behind an earlier one that cannot") {
    play([](core_script& s) {
        s.add("a", every(1h), under(overlap::allow_all)).at(0s).expect_start("a", 0s);
        s.at(1s).trigger("a", overlap::buffer_one).expect_nothing();
        s.at(2s).trigger("a", overlap::allow_all).expect_nothing();
        s.end("a").expect_start("a", 1s, trigger::manual).expect_start("a", 2s, trigger::manual);
    });
}

TEST_CASE("under cancel_other all that waited are given up, and none of them starts meanwhile") {
    play([](core_script& s) {
        s.add("a", every(1h), under(overlap::allow_all)).at(0s).expect_start("a", 0s);
        s.at(1s).trigger("a", overlap::buffer_one).trigger("a", overlap::allow_all).expect_nothing();
        s.trigger("a", overlap::cancel_other).expect_cancel("a", cancel_reason::overlap);
        s.expect_end("a", outcome::cancelled).expect_end("a", outcome::cancelled);
        s.end("a").expect_start("a", 1s, trigger::manual);
    });
}

TEST_CASE("a trigger that finds no room to wait changes nothing") {
    play({.runs_waiting_max = 1}, [](core_script& s) {
        s.add("a", every(1h)).add("b", every(1h));
        s.at(0s)
            .expect_start("a", 0s)
            .expect_start("b", 0s)
            .trigger("b", overlap::buffer_one)
            .expect_nothing();
        s.trigger_fails("a", errc::queue_full, overlap::cancel_other);
        s.trigger("b", overlap::cancel_other).expect_cancel("b", cancel_reason::overlap);
        s.expect_end("b", outcome::cancelled); // it leaves its room to the new one
    });
}

TEST_CASE("a fixed delay whose waiting slot is skipped as paused goes on") {
    play([](core_script& s) {
        s.add("a", every_after(10s), under(overlap::buffer_one)).at(0s).expect_start("a", 0s).end("a");
        s.at(9s).trigger("a").expect_start("a", 9s, trigger::manual).at(10s).expect_nothing();
        s.at(11s).pause("a").end("a").expect_nothing().at(12s).resume("a");
        s.expect_skip("a", skip_reason::paused, 1).expect_next_run("a", 22s);
        s.at(22s).expect_start("a", 22s);
    });
}

TEST_CASE("a fixed delay has no second slot while its first waits") {
    play([](core_script& s) {
        task_state state;
        state.anchor = wall_base - 10s;
        state.next_slot = cursor_waits_for_end; // of a run that died with its process
        s.restore("a", every_after(10s), state, under(overlap::buffer_one));
        s.at(9s).trigger("a").expect_start("a", 9s, trigger::manual).at(10s).expect_nothing();
        s.at(11s).end("a").expect_start("a", 10s).expect_no_next_run("a");
        s.at(15s).end("a").expect_next_run("a", 25s);
    });
}

TEST_CASE("a slot that waits does not start early by a wall clock that was set back") {
    core_script s;
    s.add("a", schedule(cron_schedule("* * * * *")), under(overlap::buffer_one));
    s.at(0s).expect_start("a", 0s).at(60s).expect_nothing();
    s.wall_steps_by(-30s).at(61s).end("a").expect_nothing().expect_next_run("a", 60s);
    s.at(90s).expect_start("a", 60s);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
