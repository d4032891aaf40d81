// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

using core::body_end;

TEST_SUITE_BEGIN("core/timeout");

TEST_CASE("a run is recorded at its deadline, and a late end changes nothing") {
    play([](core_script& s) {
        s.add("a", every(1h), {.timeout = 5s}).at(0s).expect_start("a", 0s).expect_wakeup(5s);
        s.at(4999ms).expect_nothing();
        s.at(5s)
            .expect_cancel("a", cancel_reason::timeout)
            .expect_end("a", outcome::timed_out)
            .expect_wakeup(6s);
        CHECK(s.stat_of("a").runs_overrunning == 1);
        s.at(6s).expect_overrunning("a").expect_wakeup(1h);
        s.cancel("a").expect_nothing();
        s.at(7s).end("a").expect_nothing();
        stat after = s.stat_of("a");
        CHECK(after.last_outcome == outcome::timed_out);
        CHECK(after.counters.succeeded == 0);
        CHECK(after.counters.timed_out == 1);
        CHECK(after.runs_overrunning == 0);
        CHECK(after.runs_in_flight == 0);
    });
}

TEST_CASE("a body that heeds its deadline is not reported as overrunning") {
    play([](core_script& s) {
        s.add("a", once(), {.timeout = 5s}).at(0s).expect_start("a", 0s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.end("a", body_end::failed).expect_no_wakeup();
        s.at(10s).expect_nothing();
    });
}

TEST_CASE("the deadline counts from the start of the body") {
    play([](core_script& s) {
        s.add("a", once(), {.timeout = 5s}).hold().at(0s).expect_no_wakeup();
        s.at(3s).answer().expect_start("a", 0s).expect_wakeup(8s);
    });
}

TEST_CASE("a run that ends in time leaves no deadline") {
    play([](core_script& s) {
        s.add("a", once(), {.timeout = 5s}).at(0s).expect_start("a", 0s);
        s.at(4s).end("a", body_end::failed).expect_no_wakeup();
        CHECK(s.stat_of("a").last_outcome == outcome::failed);
    });
}

TEST_CASE("steps of the wall clock move no deadline") {
    play([](core_script& s) {
        s.add("a", once(), {.timeout = 5s}).at(0s).expect_start("a", 0s);
        s.wall_steps_by(1h).at(4s).expect_nothing().expect_wakeup(5s);
        s.wall_steps_by(-3h).at(5s).expect_cancel("a", cancel_reason::timeout);
        s.expect_end("a", outcome::timed_out);
    });
}

TEST_CASE("a slot that is due at the deadline is an overlap still") {
    play([](core_script& s) {
        s.add("a", every(5s), {.timeout = 5s}).at(0s).expect_start("a", 0s);
        s.at(5s).expect_skip("a", skip_reason::overlap, 1).expect_cancel("a", cancel_reason::timeout);
        s.expect_end("a", outcome::timed_out).end("a");
        s.at(10s).expect_start("a", 10s);
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
