// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

TEST_SUITE_BEGIN("core/manual");

TEST_CASE("a manual run starts at once and moves no slot") {
    play([](core_script& s) {
        s.add("a", every(10s)).add("b", every(10s));
        s.at(0s).expect_start("a", 0s).expect_start("b", 0s).end("a").end("b");
        s.at(5s).trigger("a").expect_start("a", 5s, trigger::manual).end("a").expect_wakeup(10s);
        CHECK(s.stored("a").next_slot == moment(wall_base + 10s));
        s.at(10s).expect_start("a", 10s).expect_start("b", 10s);
    });
}

TEST_CASE("a manual run obeys the overlap policy") {
    play([](core_script& s) {
        s.add("a", every(10s)).add("b", once(), {.overlap = overlap::allow_all});
        s.at(0s).expect_start("a", 0s).expect_start("b", 0s).trigger_fails("a", errc::already_running);
        s.trigger("b").expect_start("b", 0s, trigger::manual);
        CHECK(s.stat_of("a").counters.runs == 1);
    });
}

TEST_CASE("a manual run of a finished task starts") {
    play([](core_script& s) {
        s.add("a", once());
        s.at(0s).expect_start("a", 0s).end("a");
        s.at(5s).trigger("a").expect_start("a", 5s, trigger::manual).end("a").expect_no_next_run("a");
    });
}

TEST_CASE("a slot that is due during a manual run is an overlap") {
    play([](core_script& s) {
        s.add("a", every(10s), {.first = after_interval});
        s.at(9s).trigger("a").expect_start("a", 9s, trigger::manual);
        s.at(10s).expect_skip("a", skip_reason::overlap, 1);
        s.at(11s).end("a");
        s.at(20s).expect_start("a", 20s);
    });
}

TEST_CASE("manual runs wait for a free place, in order, and no more of them than allowed") {
    core::scheduler_options options{.runs_in_flight_max = 1, .runs_waiting_max = 2};
    play(options, [](core_script& s) {
        for (auto uid : {"a", "b", "c", "d"}) s.add(uid, every(1h), {.first = after_interval});
        s.at(1s).trigger("a").expect_start("a", 1s, trigger::manual);
        s.trigger("b").expect_nothing().trigger("c").expect_nothing().trigger_fails("d", errc::queue_full);
        s.trigger_fails("b", errc::already_running);
        s.at(5s).end("a").expect_start("b", 1s, trigger::manual);
        CHECK(s.stat_of("b").last_run == moment(wall_base + 5s));
        s.at(6s).end("b").expect_start("c", 1s, trigger::manual).end("c");
    });
}

TEST_CASE("who takes the place of all that wait starts none of them") {
    play([](core_script& s) {
        task_extra patient;
        patient.policy.retry = retry{.attempts = 2, .backoff = 1min, .jitter = 0};
        s.add("a", every(1h), patient).at(0s).expect_start("a", 0s);
        s.end("a", core::body_end::failed).expect_retry("a", 2);
        s.at(1s).trigger("a", overlap::buffer_all).expect_nothing();
        s.trigger("a", overlap::buffer_all).expect_nothing();
        s.at(2s).trigger("a", overlap::cancel_other).expect("no retry a");
        s.expect_end("a", outcome::cancelled).expect_end("a", outcome::cancelled);
        s.expect_start("a", 2s, trigger::manual);
    });
}

TEST_CASE("a manual run that its own task blocks does not hold up another") {
    play({.runs_in_flight_max = 2}, [](core_script& s) {
        s.add("a", every(10s), {.first = after_interval}).add("b", once()).add("c", once());
        s.add("d", every(1h), {.first = after_interval});
        s.at(0s).expect_start("b", 0s).expect_start("c", 0s);
        s.at(10s).expect_nothing().trigger("a").expect_nothing();
        s.end("b").expect_start("a", 10s).end("c");
        s.trigger("d").expect_start("d", 10s, trigger::manual);
        s.at(11s).end("a").expect_start("a", 10s, trigger::manual);
    });
}

TEST_CASE("a manual run remembers who asked") {
    core::scheduler core({});
    core::task_spec spec{
        .uid = "a", .name = "", .when = every(1h), .payload = std::make_unique<core::task_payload>()};
    auto task = core.reserve(spec);
    REQUIRE(task);
    task_state state;
    state.next_slot = wall_base + 1h;
    instant now{steady_base, wall_base};
    REQUIRE(core.activate(*task.value(), state, now));
    auto run = core.trigger(*task.value(), {user("ann"), user("bob")}, {}, now);
    REQUIRE(run);
    std::vector<core::decision> decisions;
    core.take_decisions(decisions);
    REQUIRE(decisions.size() == 1);
    CHECK(decisions[0].request.started->users.size() == 2);
    CHECK(!decisions[0].request.moves_cursor);
    CHECK(core.find_run(run.value()->id) == run.value());
    CHECK(core.find_run(run_id{1, 2}) == nullptr);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
