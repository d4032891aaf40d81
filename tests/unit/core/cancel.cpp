// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

using core::body_end;

TEST_SUITE_BEGIN("core/cancel");

TEST_CASE("a running body is told once, and fails as cancelled") {
    play([](core_script& s) {
        s.add("a", every(10s)).at(0s).expect_start("a", 0s);
        s.at(1s).cancel("a").expect_cancel("a", cancel_reason::requested);
        s.cancel("a", cancel_reason::removed).expect_nothing();
        s.at(2s).end("a", body_end::failed).expect_end("a", outcome::cancelled).expect_wakeup(10s);
        CHECK(s.stat_of("a").counters.cancelled == 1);
        s.at(10s).expect_start("a", 10s);
    });
}

TEST_CASE("a body that succeeds after a cancel has succeeded") {
    play([](core_script& s) {
        s.add("a", once())
            .at(0s)
            .expect_start("a", 0s)
            .cancel("a")
            .expect_cancel("a", cancel_reason::requested);
        s.end("a");
        CHECK(s.stat_of("a").last_outcome == outcome::success);
    });
}

TEST_CASE("a run that waits for the repository never gets its body") {
    play([](core_script& s) {
        s.add("a", every_after(10s)).hold().at(0s).cancel("a").expect_nothing();
        s.at(1s).answer().expect_end("a", outcome::cancelled).expect_wakeup(11s);
        s.at(11s).expect_start("a", 11s);
    });
}

TEST_CASE("a manual run that waits for a place is dropped") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", once()).at(0s).expect_start("a", 0s).add("b", every(1h), {.first = after_interval});
        s.trigger("b").expect_nothing().cancel("b").expect_end("b", outcome::cancelled);
        CHECK(s.stat_of("b").counters.cancelled == 1);
        s.end("a").expect_nothing().trigger("b").expect_start("b", 0s, trigger::manual);
    });
}

TEST_CASE("a cancelled body that passes its deadline has timed out") {
    play([](core_script& s) {
        s.add("a", once(), {.timeout = 5s}).at(0s).expect_start("a", 0s);
        s.cancel("a").expect_cancel("a", cancel_reason::requested);
        s.at(5s).expect_end("a", outcome::timed_out).cancel("a").expect_nothing();
        s.end("a").expect_nothing();
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
