// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

using core::body_end;

TEST_SUITE_BEGIN("core/overlap");

TEST_CASE("skip gives up the slot while a run is there, and goes on with the next") {
    play([](core_script& s) {
        s.add("a", every(10s)).add("b", every(10s));
        s.at(0s).expect_start("a", 0s).expect_start("b", 0s).end("b");
        s.at(10s)
            .expect_skip("a", skip_reason::overlap, 1)
            .expect_start("b", 10s)
            .end("b")
            .expect_wakeup(20s);
        s.at(15s).end("a");
        s.at(20s).expect_start("a", 20s).expect_start("b", 20s);
    });
}

TEST_CASE("a late wake-up during a run skips each slot with its reason") {
    play([](core_script& s) {
        s.add("a", every(10s));
        s.at(0s).expect_start("a", 0s);
        s.at(35s).expect_skip("a", skip_reason::missed, 2).expect_skip("a", skip_reason::overlap, 1);
        s.end("a").expect_wakeup(40s);
    });
}

TEST_CASE("allow_all starts beside the others without a limit") {
    play([](core_script& s) {
        s.add("a", every(10s), {.overlap = overlap::allow_all});
        for (auto t = 0s; t < 100s; t += 10s) s.at(t).expect_start("a", t);
        CHECK(s.bodies("a") == 10);
        for (std::size_t left = 10; left > 0; --left) s.end("a", body_end::success, left - 1);
        CHECK(s.stat_of("a").counters.succeeded == 10);
    });
}

TEST_CASE("allow_all starts up to the limit of the task") {
    play([](core_script& s) {
        s.add("a", every(10s), {.overlap = overlap::allow_all, .in_flight_max = 2});
        s.at(0s).expect_start("a", 0s);
        s.at(10s).expect_start("a", 10s);
        s.at(20s).expect_skip("a", skip_reason::overlap, 1);
        s.trigger_fails("a", errc::already_running).end("a");
        s.at(30s).expect_start("a", 30s);
    });
}

TEST_CASE("a body past its deadline still counts until it ends") {
    play([](core_script& s) {
        s.add("a", every(10s), {.timeout = 5s});
        s.at(0s).expect_start("a", 0s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.at(10s).expect_overrunning("a").expect_skip("a", skip_reason::overlap, 1);
        s.at(11s).end("a");
        s.at(20s).expect_start("a", 20s);
    });
}

TEST_CASE("a run that waits for the repository counts already") {
    play([](core_script& s) {
        s.add("a", every(10s)).hold();
        s.at(0s).expect_nothing();
        s.at(10s).expect_skip("a", skip_reason::overlap, 1);
        s.at(20s).expect_skip("a", skip_reason::overlap, 1);
        s.answer().expect_start("a", 0s);
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
