// SPDX-License-Identifier: BSL-1.0
#include <core/retry_wait.hpp>
#include <support/play.hpp>

#include <limits>

namespace rondo::test {
namespace {

using core::body_end;

// Without jitter, so that scripts can say when.
task_extra tried(std::uint32_t attempts, std::chrono::microseconds backoff = 1s, double factor = 2) {
    task_extra extra;
    extra.policy.retry = {attempts, backoff, factor, 5min, 0};
    return extra;
}

TEST_SUITE_BEGIN("core/retry");

TEST_CASE("what failed is tried again, each time after a longer wait, and then no more") {
    play([](core_script& s) {
        s.add("a", every(1h), tried(3)).at(0s).expect_start("a", 0s);
        s.at(1s).end("a", body_end::failed).expect_retry("a", 2).expect_wakeup(2s);
        CHECK(s.stat_of("a").runs_retrying == 1);
        CHECK(s.stat_of("a").runs_in_flight == 0);
        CHECK(s.stat_of("a").status == status::waiting);
        s.at(2s).expect_start("a", 0s, trigger::retry);
        s.at(3s).end("a", body_end::failed).expect_retry("a", 3).expect_wakeup(5s);
        s.at(5s).expect_start("a", 0s, trigger::retry);
        s.at(6s).end("a", body_end::failed).expect_wakeup(1h);
        stat after = s.stat_of("a");
        CHECK(after.counters.runs == 3);
        CHECK(after.counters.retries == 2);
        CHECK(after.counters.failed == 3);
        CHECK(after.failures == 1);
        s.at(1h).expect_start("a", 1h).end("a");
        CHECK(s.stat_of("a").failures == 0);
    });
}

TEST_CASE("a success, a cancellation, and who does not want it, end the attempts") {
    play([](core_script& s) {
        s.add("a", every(1h), tried(5)).at(0s).expect_start("a", 0s);
        s.end("a", body_end::failed).expect_retry("a", 2).at(1s).expect_start("a", 0s, trigger::retry);
        s.end("a").expect_wakeup(1h);
        s.at(1h).expect_start("a", 1h).cancel("a").expect_cancel("a", cancel_reason::requested);
        s.end("a", body_end::failed).expect_end("a", outcome::cancelled).expect_wakeup(2h);
        s.at(2h).expect_start("a", 2h).end("a", body_end::failed_for_good).expect_wakeup(3h);
        CHECK(s.stat_of("a").last_outcome == outcome::failed);
    });
}

TEST_CASE("from one attempt to the next a slot is still in flight") {
    play([](core_script& s) {
        s.add("a", every(10s), tried(2, 15s)).at(0s).expect_start("a", 0s);
        s.at(1s).end("a", body_end::failed).expect_retry("a", 2);
        s.at(10s).expect_skip("a", skip_reason::overlap, 1).trigger_fails("a", errc::already_running);
        s.at(16s).expect_start("a", 0s, trigger::retry).end("a");
        s.at(20s).expect_start("a", 20s);
    });
}

TEST_CASE("a slot that waits for the end of another waits for its last attempt") {
    play([](core_script& s) {
        task_extra extra = tried(2, 15s);
        extra.overlap = overlap::buffer_one;
        s.add("a", every(10s), extra).at(0s).expect_start("a", 0s);
        s.at(1s).end("a", body_end::failed).expect_retry("a", 2).at(10s).expect_nothing();
        s.at(16s).expect_start("a", 0s, trigger::retry);
        s.at(17s).end("a", body_end::failed).expect_start("a", 10s);
    });
}

TEST_CASE("under cancel_other a slot takes the place of the next attempt") {
    play([](core_script& s) {
        task_extra extra = tried(2, 15s);
        extra.overlap = overlap::cancel_other;
        s.add("a", every(10s), extra).at(0s).expect_start("a", 0s);
        s.at(1s).end("a", body_end::failed).expect_retry("a", 2);
        s.at(10s).expect("no retry a").expect_start("a", 10s).expect_wakeup(20s);
        CHECK(s.stat_of("a").runs_retrying == 0);
    });
}

TEST_CASE("an attempt takes its place in its turn") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", every(1h), tried(2)).add("b", every(1h), {.first = after_interval});
        s.at(0s).expect_start("a", 0s).end("a", body_end::failed).expect_retry("a", 2);
        s.trigger("b").expect_start("b", 0s, trigger::manual);
        s.at(1s).expect_nothing().at(2s).end("b").expect_start("a", 0s, trigger::retry);
    });
}

TEST_CASE("one that timed out is tried again when its body is gone") {
    play([](core_script& s) {
        task_extra extra = tried(2);
        extra.timeout = 5s;
        s.add("a", every(1h), extra).at(0s).expect_start("a", 0s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.at(6s).expect_overrunning("a").at(20s).expect_nothing();
        s.end("a").expect_retry("a", 2).at(21s).expect_start("a", 0s, trigger::retry);
        s.at(26s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.end("a", body_end::failed).expect_wakeup(1h);
    });
}

TEST_CASE("one that timed out may not be wanted again") {
    play([](core_script& s) {
        task_extra extra = tried(2);
        extra.timeout = 5s;
        s.add("a", every(1h), extra).at(0s).expect_start("a", 0s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.end("a", body_end::failed_for_good).expect("no retry a").expect_wakeup(1h);
        s.at(1h).expect_start("a", 1h);
        s.at(1h + 5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.cancel("a").expect("no retry a").end("a").expect_wakeup(2h);
    });
}

TEST_CASE("the slot as a whole has a deadline") {
    play([](core_script& s) {
        task_extra extra = tried(9, 4s, 1);
        extra.policy.slot_timeout = 10s;
        s.add("a", every(1h), extra).at(0s).expect_start("a", 0s).expect_wakeup(10s);
        s.at(1s).end("a", body_end::failed).expect_retry("a", 2);
        s.at(5s).expect_start("a", 0s, trigger::retry).expect_wakeup(10s);
        s.at(5500ms).end("a", body_end::failed).expect_retry("a", 3);
        s.at(9500ms).expect_start("a", 0s, trigger::retry).expect_wakeup(10s);
        s.at(10s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        CHECK(s.task("a").runs()->last); // whoever waits is told, whatever the body does
        s.end("a", body_end::failed).expect_wakeup(1h);
        s.at(1h).expect_start("a", 1h).at(1h + 7s).end("a", body_end::failed).expect_wakeup(2h);
    });
}

TEST_CASE("a fixed delay counts from the end of the last attempt") {
    play([](core_script& s) {
        s.add("a", every_after(10s), tried(2)).at(0s).expect_start("a", 0s);
        s.at(1s).end("a", body_end::failed).expect_retry("a", 2).expect_no_next_run("a");
        CHECK(s.stored("a").next_slot == cursor_waits_for_end);
        s.at(2s).expect_start("a", 0s, trigger::retry);
        s.at(3s).end("a", body_end::failed).expect_next_run("a", 13s);
        CHECK(s.stored("a").next_slot == wall_base + 13s);
        s.at(13s).expect_start("a", 13s).end("a", body_end::failed).expect_retry("a", 2);
        s.cancel("a").expect("no retry a").expect_next_run("a", 23s);
    });
}

TEST_CASE("a fixed delay does not count from a timeout after which it is tried again") {
    play([](core_script& s) {
        task_extra extra = tried(2);
        extra.overlap = overlap::allow_all;
        extra.timeout = 5s;
        s.add("a", every_after(10s), extra).at(0s).expect_start("a", 0s);
        s.trigger("a").expect_start("a", 0s, trigger::manual);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.at(6s).expect_overrunning("a").expect_overrunning("a");
        s.end("a", body_end::failed_for_good, 1).expect("no retry a").expect_no_next_run("a");
        s.at(7s).end("a").expect_retry("a", 2).at(8s).expect_start("a", 0s, trigger::retry);
        s.end("a").expect_next_run("a", 18s);
    });
}

TEST_CASE("a manual run is tried again for the same users, and takes no slot") {
    play([](core_script& s) {
        s.add("a", every(1h), tried(2)).at(0s).expect_start("a", 0s).end("a");
        s.at(10s).trigger("a").expect_start("a", 10s, trigger::manual);
        s.at(11s).end("a", body_end::failed).expect_retry("a", 2);
        s.at(12s).expect_start("a", 10s, trigger::retry).end("a").expect_next_run("a", 1h);
    });
}

TEST_CASE("removal and shutdown drop what would be tried again") {
    play([](core_script& s) {
        s.add("a", every(1h), tried(2)).at(0s).expect_start("a", 0s);
        s.end("a", body_end::failed).expect_retry("a", 2);
        s.remove("a").expect("no retry a").expect_gone("a").expect_no_wakeup();
    });
    play([](core_script& s) {
        s.add("a", every(1h), tried(2)).add("b", every(1h), tried(2)).at(0s);
        s.expect_start("a", 0s).expect_start("b", 0s).end("a", body_end::failed).expect_retry("a", 2);
        s.shutdown(1h).expect("no retry a").end("b", body_end::failed).expect_shutdown_done();
    });
}

TEST_CASE("a pause does not stop the attempts of a slot that has begun") {
    play([](core_script& s) {
        s.add("a", every(1h), tried(2)).at(0s).expect_start("a", 0s).end("a", body_end::failed);
        s.expect_retry("a", 2).pause("a").at(1s).expect_start("a", 0s, trigger::retry).end("a");
        s.at(2h).expect_nothing();
    });
}

TEST_CASE("after failures in a row a task pauses itself, and again after one more") {
    play([](core_script& s) {
        task_extra extra = tried(2);
        extra.policy.pause_after_failures = 2;
        s.add("a", every(1h), extra).at(0s).expect_start("a", 0s).end("a", body_end::failed);
        s.expect_retry("a", 2).at(1s).expect_start("a", 0s, trigger::retry).end("a", body_end::failed);
        s.at(1h).expect_start("a", 1h).end("a", body_end::failed).expect_retry("a", 2);
        CHECK(!s.stat_of("a").paused);
        s.at(1h + 1s).expect_start("a", 1h, trigger::retry).end("a", body_end::failed).expect("paused a");
        CHECK(s.stat_of("a").pause_reason == "2 failures in a row");
        s.at(3h).expect_nothing().resume("a").expect_skip("a", skip_reason::paused, 2);
        CHECK(s.stat_of("a").failures == 2);
        s.at(4h).expect_start("a", 4h).end("a", body_end::failed).expect_retry("a", 2);
        s.at(4h + 1s).expect_start("a", 4h, trigger::retry).end("a", body_end::failed).expect("paused a");
    });
}

TEST_CASE("of a slot its last attempt counts as a failure in a row, where it ends among others") {
    task_extra extra = tried(2, 10s);
    extra.overlap = overlap::allow_all;
    extra.policy.pause_after_failures = 2;
    play([&](core_script& s) { // a success between two attempts was before the failure
        s.add("a", every(1h), extra).at(0s).expect_start("a", 0s);
        s.end("a", body_end::failed).expect_retry("a", 2);
        CHECK(s.stat_of("a").failures == 0);
        s.at(1s).trigger("a").expect_start("a", 1s, trigger::manual).end("a");
        s.at(10s).expect_start("a", 0s, trigger::retry).end("a", body_end::failed);
        CHECK(s.stat_of("a").failures == 1);
        s.at(1h).expect_start("a", 1h).end("a", body_end::failed_for_good).expect("paused a");
    });
    play([&](core_script& s) { // one that was cancelled while it waited failed before that success
        s.add("a", every(1h), extra).at(0s).expect_start("a", 0s);
        s.end("a", body_end::failed).expect_retry("a", 2);
        s.at(1s).trigger("a").expect_start("a", 1s, trigger::manual).end("a");
        s.cancel("a").expect("no retry a");
        CHECK(s.stat_of("a").failures == 0);
    });
    play([&](core_script& s) { // and here there was none
        s.add("a", every(1h), extra).at(0s).expect_start("a", 0s);
        s.end("a", body_end::failed).expect_retry("a", 2).cancel("a").expect("no retry a");
        CHECK(s.stat_of("a").failures == 1);
    });
    play([&](core_script& s) { // a last attempt that is cancelled has not failed
        s.add("a", every(1h), extra).at(0s).expect_start("a", 0s);
        s.end("a", body_end::failed).expect_retry("a", 2).at(10s).expect_start("a", 0s, trigger::retry);
        s.cancel("a").expect_cancel("a", cancel_reason::requested).end("a", body_end::failed);
        s.expect_end("a", outcome::cancelled);
        CHECK(s.stat_of("a").failures == 0);
    });
    play([&](core_script& s) { // nor one whose body stays past its timeout, until it is known to be the last
        extra.timeout = 5s;
        s.add("a", every(1h), extra).at(0s).expect_start("a", 0s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        CHECK(s.stat_of("a").failures == 0);
        s.at(6s).expect_overrunning("a").end("a", body_end::failed_for_good).expect("no retry a");
        CHECK(s.stat_of("a").failures == 1);
    });
}

TEST_CASE("a slot whose attempts somebody ended pauses nobody") {
    task_extra extra = tried(3);
    extra.policy.pause_after_failures = 1;
    play([&](core_script& s) { // which would be on record, and the next life would find it
        s.add("a", every(1h), extra).at(0s).expect_start("a", 0s).end("a", body_end::failed);
        s.expect_retry("a", 2).shutdown(1s).expect("no retry a").expect_shutdown_done().expect_nothing();
    });
    play([&](core_script& s) {
        s.add("a", every(1h), extra).at(0s).expect_start("a", 0s).end("a", body_end::failed);
        s.expect_retry("a", 2).cancel("a").expect("no retry a").expect_nothing();
    });
    play([&](core_script& s) {
        extra.overlap = overlap::cancel_other;
        s.add("a", every(500ms), extra).at(0s).expect_start("a", 0s).end("a", body_end::failed);
        s.expect_retry("a", 2).at(500ms).expect("no retry a").expect_start("a", 500ms);
    });
}

TEST_CASE("after the time of the slot no attempt begins, and who waits for a place hears of it then") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        task_extra extra = tried(3);
        extra.policy.slot_timeout = 3s;
        s.add("a", every(1h), extra).add("b", every(1h), {.first = after_interval});
        s.at(0s).expect_start("a", 0s).end("a", body_end::failed).expect_retry("a", 2);
        s.trigger("b").expect_start("b", 0s, trigger::manual).at(1s).expect_nothing().expect_wakeup(3s);
        s.at(3s).expect("no retry a").at(100s).end("b").expect_wakeup(1h);
    });
    play({.runs_in_flight_max = 1}, [](core_script& s) { // at the very moment at which there is a place
        task_extra extra = tried(3);
        extra.policy.slot_timeout = 3s;
        s.add("a", every(1h), extra).add("b", every(1h), {.first = after_interval});
        s.at(0s).expect_start("a", 0s).end("a", body_end::failed).expect_retry("a", 2);
        s.trigger("b").expect_start("b", 0s, trigger::manual).at(1s);
        s.clock(3s).end("b").expect_nothing().at(3s).expect("no retry a").expect_wakeup(1h);
    });
}

TEST_CASE("who gives up a run past its deadline is not kept waiting by its body") {
    for (bool detached : {true, false})
        play([&](core_script& s) {
            task_extra extra = tried(3);
            extra.timeout = 5s;
            s.add("a", every(1h), extra).at(0s).expect_start("a", 0s);
            s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
            s.at(6s).expect_overrunning("a");
            (detached ? s.detach("a") : s.cancel("a")).expect("no retry a");
            s.at(7s).end("a").expect_wakeup(1h);
        });
    play([](core_script& s) {
        task_extra extra = tried(3);
        extra.timeout = 5s;
        s.add("a", every(1h), extra).at(0s).expect_start("a", 0s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.remove("a").expect("no retry a").at(6s).expect_overrunning("a").end("a").expect_gone("a");
    });
}

TEST_CASE("an attempt does not begin before its slot by a wall clock that was set back") {
    play([](core_script& s) {
        s.add("a", at(wall_base + 60s), tried(2)).at(60s).expect_start("a", 60s).end("a", body_end::failed);
        s.expect_retry("a", 2).wall_steps_by(-40s).at(61s).expect_nothing().expect_wakeup(62s);
        s.at(99500ms).expect_nothing().expect_wakeup(100s).at(100s).expect_start("a", 60s, trigger::retry);
    });
    play([](core_script& s) { // and forward again
        s.add("a", at(wall_base + 60s), tried(2)).at(60s).expect_start("a", 60s).end("a", body_end::failed);
        s.expect_retry("a", 2).wall_steps_by(-40s).at(61s).expect_nothing().wall_steps_by(40s);
        s.at(62s).expect_start("a", 60s, trigger::retry);
    });
}

TEST_CASE("failures of earlier lives count") {
    play([](core_script& s) {
        task_extra extra;
        extra.policy.pause_after_failures = 3;
        task_state state;
        state.anchor = wall_base;
        state.next_slot = wall_base + 1h;
        state.last_outcome = outcome::failed;
        state.failures = 2;
        s.restore("a", every(1h), state, extra).at(1h).expect_start("a", 1h);
        s.end("a", body_end::failed).expect("paused a");
    });
}

TEST_CASE("a retry that makes no sense is refused") {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    for (rondo::retry bad : {rondo::retry{0}, rondo::retry{retry_attempts_max + 1}, rondo::retry{2, 0s},
                             rondo::retry{2, 2s, 2, 1s}, rondo::retry{2, 1s, 0.5}, rondo::retry{2, 1s, nan},
                             rondo::retry{2, 1s, 2, retry_wait_max + 1us}, rondo::retry{2, 1s, 2, 5s, -0.1},
                             rondo::retry{2, 1s, 2, 5s, 1.1}, rondo::retry{2, 1s, 2, 5s, nan}}) {
        task_extra extra;
        extra.policy.retry = bad;
        core_script().add_fails("a", every(1h), errc::invalid_option, extra);
    }
    task_extra extra;
    extra.policy.slot_timeout = -1us;
    core_script().add_fails("a", every(1h), errc::invalid_option, extra);
}

TEST_CASE("waits grow up to the limit, and jitter shortens each in a way of its own") {
    rondo::retry r{1000, 100ms, 3, 10s, 0};
    auto wait = [&](std::uint32_t failed) { return core::retry_wait(r, "a", wall_base, failed); };
    CHECK(wait(1) == 100ms);
    CHECK(wait(2) == 300ms);
    CHECK(wait(5) == 8100ms);
    CHECK(wait(6) == 10s);
    CHECK(wait(999) == 10s);
    r.jitter = 0.5;
    std::set<std::int64_t> seen;
    for (int i = 0; i != 1000; ++i) {
        auto w = core::retry_wait(r, "task-" + std::to_string(i), wall_base, 6);
        CHECK(w > 5s);
        CHECK(w <= 10s);
        seen.insert(w.count());
    }
    CHECK(seen.size() > 990);
    CHECK(wait(6) == wait(6));
    CHECK(wait(6) != core::retry_wait(r, "a", wall_base + 1s, 6));
    CHECK(wait(6) != wait(7));
}

TEST_CASE("a manual run that takes the place of an attempt does not delay the next slot") {
    play([](core_script& s) {
        task_extra extra;
        extra.policy.retry = {.attempts = 3, .backoff = 10s, .factor = 1, .jitter = 0};
        s.add("a", every_after(10s), extra).at(0s).expect_start("a", 0s).end("a", body_end::failed);
        s.expect_retry("a", 2).at(1s).trigger("a", overlap::cancel_other).expect("no retry a");
        s.expect_start("a", 1s, trigger::manual).expect_next_run("a", 11s);
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
