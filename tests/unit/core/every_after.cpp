// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

using core::body_end;

TEST_SUITE_BEGIN("core/every_after");

TEST_CASE("the next slot is the end of a run plus the delay") {
    play([](core_script& s) {
        s.add("a", every_after(10s));
        s.at(0s).expect_start("a", 0s).expect_no_next_run("a").expect_no_wakeup();
        s.at(3s).end("a").expect_next_run("a", 13s).expect_wakeup(13s);
        s.at(13s).expect_start("a", 13s);
        s.at(14s).end("a", body_end::failed).expect_wakeup(24s);
    });
}

TEST_CASE("the repository's cursor waits for the end of the run") {
    play([](core_script& s) {
        s.add("a", every_after(10s));
        s.at(0s).expect_start("a", 0s);
        CHECK(s.stored("a").next_slot == moment(cursor_waits_for_end));
        s.at(3s).end("a");
        CHECK(s.stored("a").next_slot == moment(wall_base + 13s));
    });
}

TEST_CASE("a late wake-up misses no slot, for there is one") {
    play([](core_script& s) {
        s.add("a", every_after(10s));
        s.at(0s).expect_start("a", 0s).end("a");
        s.at(1000s).expect_start("a", 10s).end("a").expect_wakeup(1010s);
    });
}

TEST_CASE("a run that overruns its deadline delays from the deadline") {
    play([](core_script& s) {
        s.add("a", every_after(10s), {.timeout = 5s});
        s.at(0s).expect_start("a", 0s).expect_wakeup(5s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.expect_next_run("a", 15s);
        s.at(6s).expect_overrunning("a").expect_wakeup(15s);
        s.at(7s).end("a").expect_wakeup(15s);
        s.at(15s).expect_start("a", 15s);
    });
}

TEST_CASE("a body that is still there at the next slot delays it to its end") {
    play([](core_script& s) {
        s.add("a", every_after(10s), {.timeout = 5s});
        s.at(0s).expect_start("a", 0s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.at(6s).expect_overrunning("a");
        s.at(15s).expect_skip("a", skip_reason::overlap, 1).expect_no_next_run("a").expect_no_wakeup();
        s.at(100s).end("a").expect_next_run("a", 110s);
        s.at(110s).expect_start("a", 110s);
    });
}

TEST_CASE("a slot that is skipped because of a manual run follows its end") {
    play([](core_script& s) {
        s.add("a", every_after(10s), {.first = after_interval});
        s.at(8s).trigger("a").expect_start("a", 8s, trigger::manual);
        s.at(10s).expect_skip("a", skip_reason::overlap, 1).expect_no_wakeup();
        s.at(12s).end("a").expect_next_run("a", 22s);
        s.at(22s).expect_start("a", 22s).end("a").expect_next_run("a", 32s);
    });
}

TEST_CASE("a manual run that ends in time moves no slot") {
    play([](core_script& s) {
        s.add("a", every_after(10s), {.first = after_interval});
        s.at(3s).trigger("a").expect_start("a", 3s, trigger::manual);
        s.at(4s).end("a").expect_next_run("a", 10s);
        s.at(10s).expect_start("a", 10s);
    });
}

TEST_CASE("a manual run beside a scheduled one does not end it") {
    play([](core_script& s) {
        s.add("a", every_after(10s), {.overlap = overlap::allow_all});
        s.at(0s).expect_start("a", 0s);
        s.at(1s).trigger("a").expect_start("a", 1s, trigger::manual);
        s.at(2s).end("a", body_end::success, 1).expect_no_next_run("a");
        s.at(5s).end("a").expect_next_run("a", 15s);
    });
}

TEST_CASE("one hung body among those allowed does not keep the others from running") {
    play([](core_script& s) {
        s.add("a", every_after(10s), {.overlap = overlap::allow_all, .timeout = 5s, .in_flight_max = 2});
        s.at(0s).expect_start("a", 0s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.at(15s).expect_overrunning("a").expect_start("a", 15s);
        s.at(20s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.at(30s).expect_overrunning("a").expect_skip("a", skip_reason::overlap, 1);
        s.at(40s).end("a", body_end::success, 1).expect_next_run("a", 50s);
        s.at(50s).expect_start("a", 50s);
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
