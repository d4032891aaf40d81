// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

core::scheduler_options options{.runs_in_flight_max = 1};

TEST_SUITE_BEGIN("core/once_and_at");

TEST_CASE("once runs once, when it is added") {
    play([](core_script& s) {
        s.clock(5s).add("a", once()).expect_wakeup(5s);
        s.at(5s).expect_start("a", 5s).end("a").expect_no_next_run("a").expect_no_wakeup();
        s.at(500s).expect_nothing();
        CHECK(s.stored("a").next_slot == moment());
    });
}

TEST_CASE("once starts late rather than never") {
    play([](core_script& s) {
        s.add("a", once());
        s.at(10min).expect_start("a", 0s).end("a").expect_no_wakeup();
    });
}

TEST_CASE("at waits for an instant of the wall clock and looks again each second") {
    play([](core_script& s) {
        s.add("a", at(wall_base + 10s)).expect_wakeup(1s);
        s.at(1s).expect_nothing().expect_wakeup(2s);
        s.at(9500ms).expect_nothing().expect_wakeup(10s);
        s.at(10s).expect_start("a", 10s).end("a").expect_no_next_run("a").expect_no_wakeup();
    });
}

TEST_CASE("at follows the wall clock forward") {
    play([](core_script& s) {
        s.add("a", at(wall_base + 1h)).add("b", every(10s));
        s.at(0s).expect_start("b", 0s).end("b");
        s.wall_steps_by(1h).at(1s).expect_start("a", 1h).end("a");
        s.at(10s).expect_start("b", 10s);
    });
}

TEST_CASE("at follows the wall clock back, and never runs early") {
    play([](core_script& s) {
        s.add("a", at(wall_base + 10s));
        s.at(9s).expect_nothing();
        s.wall_steps_by(-1h).at(10s).expect_nothing().expect_wakeup(11s);
        s.at(1h + 9s).expect_nothing();
        s.at(1h + 10s).expect_start("a", 10s);
    });
}

TEST_CASE("at in the past is due at once") {
    play([](core_script& s) {
        s.add("a", at(wall_base - 24h)).expect_wakeup(0s);
        s.at(0s).expect_start("a", -24h).end("a").expect_no_wakeup();
    });
}

TEST_CASE("the first and the last instant are accepted") {
    play([](core_script& s) {
        s.add("a", at(wall_time_last)).add("b", at(wall_time_first)).expect_wakeup(0s);
        auto first = wall_time_first - wall_base;
        s.at(0s).expect("start b " + to_string(first) + " schedule").end("b").expect_wakeup(1s);
    });
}

TEST_CASE("at that waits for a place while the clock is set back waits for its instant again") {
    play(options, [](core_script& s) {
        s.add("a", once()).add("b", at(wall_base + 10s));
        s.at(0s).expect_start("a", 0s);
        s.at(10s).expect_nothing();
        s.wall_steps_by(-1min).at(11s).expect_nothing();
        s.end("a").expect_nothing().expect_next_run("b", 10s).expect_wakeup(12s);
        s.at(70s).expect_start("b", 10s);
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
