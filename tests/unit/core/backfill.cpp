// SPDX-License-Identifier: BSL-1.0
#include <rondo/cron.hpp>
#include <support/play.hpp>

namespace rondo::test {
namespace {

using core::body_end;

backfill_progress progress_of(core_script& s) {
    return s.stat_of("a").backfill.value_or(backfill_progress());
}

// A task that has nothing to do on its own: it has its next slot in an hour.
core_script& idle(core_script& s, task_extra extra = {}) {
    extra.first = after_interval;
    return s.add("a", every(1h), extra).at(0s).expect_nothing();
}

constexpr auto start_of = [](core_script& s, std::chrono::nanoseconds slot) {
    s.expect_start("a", slot, trigger::backfill);
};

TEST_SUITE_BEGIN("core/backfill");

TEST_CASE("slots of the past run one after the other, also those from before the task was added") {
    play([](core_script& s) {
        idle(s).at(10s).backfill("a", -3h, 0s, overlap::buffer_all);
        start_of(s, -3h);
        CHECK(progress_of(s) == backfill_progress{3, 0, 0, 0, 1, 2, moment(wall_base - 2h)});
        s.end("a", body_end::failed);
        start_of(s, -2h);
        s.end("a");
        start_of(s, -1h);
        s.end("a").expect("backfill done a");
        CHECK(progress_of(s) == backfill_progress{3, 2, 1, 0, 0, 0, {}});
        s.expect_next_run("a", 1h).expect_wakeup(1h).at(1h).expect_start("a", 1h);
        CHECK(s.stat_of("a").counters.runs == 4);
    });
}

TEST_CASE("each overlap policy lets its part through") {
    play([](core_script& s) {
        idle(s, {.in_flight_max = 2}).backfill("a", -4h, 0s, overlap::allow_all);
        start_of(s, -4h), start_of(s, -3h);
        s.end("a");
        start_of(s, -2h);
        s.end("a");
        start_of(s, -1h);
        s.end("a").end("a").expect("backfill done a");
    });
    play([](core_script& s) {
        idle(s).backfill("a", -4h, 0s, overlap::skip);
        start_of(s, -4h);
        s.end("a").expect("backfill done a");
        CHECK(progress_of(s) == backfill_progress{4, 1, 0, 3, 0, 0, {}});
        s.backfill("a", -4h, 0s, overlap::buffer_one);
        start_of(s, -4h);
        s.end("a");
        start_of(s, -3h);
        s.end("a").expect("backfill done a");
        s.trigger("a").expect_start("a", 0s, trigger::manual).backfill("a", -4h, 0s, overlap::skip);
        s.expect("backfill done a").backfill("a", -4h, 0s, overlap::cancel_other);
        s.expect_cancel("a", cancel_reason::overlap).end("a", body_end::failed);
        s.expect_end("a", outcome::cancelled);
        start_of(s, -1h);
        s.end("a").expect("backfill done a");
    });
}

TEST_CASE("beside each other there are never more than a hundred") {
    core_script s;
    idle(s).backfill("a", -1000h, 0s, overlap::allow_all);
    CHECK(s.bodies("a") == backfill_in_flight_max);
    s.expect_anything();
    while (s.bodies("a") > 0) s.end("a").expect_anything();
    CHECK(progress_of(s).succeeded == 1000);
}

TEST_CASE("a body that stays after its timeout, or is given up, counts among the hundred") {
    core_script s;
    idle(s, {.timeout = 5s}).backfill("a", -1000h, 0s, overlap::allow_all).expect_anything();
    s.at(5s).expect_anything();
    CHECK(progress_of(s) == backfill_progress{1000, 0, 100, 0, 0, 900, moment(wall_base - 900h)});
    CHECK(s.bodies("a") == backfill_in_flight_max);
    s.end("a").expect_start("a", -900h, trigger::backfill).detach("a").expect_anything();
    CHECK(s.bodies("a") == backfill_in_flight_max);
    while (s.bodies("a") > 0) s.end("a").expect_anything();
    CHECK(progress_of(s).left == 0);
}

TEST_CASE("what waited for an attempt goes before the slots that take its place") {
    play([](core_script& s) {
        task_extra extra{.overlap = overlap::buffer_one};
        extra.policy.retry = {2, 10s, 1, 10s, 0};
        idle(s, extra).trigger("a").expect_start("a", 0s, trigger::manual);
        s.end("a", body_end::failed).expect_retry("a", 2).at(1s).trigger("a").expect_nothing();
        s.backfill("a", -2h, 0s, overlap::cancel_other).expect("no retry a");
        s.expect_start("a", 1s, trigger::manual).end("a");
        start_of(s, -1h);
        s.end("a").expect("backfill done a");
    });
}

TEST_CASE("a manual run that takes the place of others goes before its next slot") {
    play([](core_script& s) {
        task_extra extra;
        extra.policy.retry = {2, 10s, 1, 10s, 0};
        idle(s, extra).backfill("a", -2h, 0s, overlap::buffer_all);
        start_of(s, -2h);
        s.end("a", body_end::failed).expect_retry("a", 2).at(1s);
        s.trigger("a", overlap::buffer_one).expect_nothing().trigger("a", overlap::cancel_other);
        s.expect("no retry a").expect_end("a", outcome::cancelled);
        s.expect_start("a", 1s, trigger::manual).end("a");
        start_of(s, -1h);
        s.end("a").expect("backfill done a");
    });
}

TEST_CASE("a slot that falls due meanwhile finds a run in flight, and a manual one goes first") {
    play([](core_script& s) {
        s.add("a", every(1h), {.overlap = overlap::buffer_one}).at(0s).expect_start("a", 0s).end("a");
        s.backfill("a", -2h, 0s, overlap::buffer_all);
        start_of(s, -2h);
        s.trigger("a").at(1h).expect_nothing().end("a").expect_start("a", 1h);
        s.end("a").expect_start("a", 0s, trigger::manual).end("a");
        start_of(s, -1h);
        s.end("a").expect("backfill done a");
    });
}

TEST_CASE("it may be stopped, paused around, removed and shut down") {
    play([](core_script& s) {
        idle(s).backfill("a", -3h, 0s, overlap::buffer_all);
        start_of(s, -3h);
        s.stop_backfill("a").expect_nothing().end("a").expect("backfill done a");
        CHECK(progress_of(s) == backfill_progress{3, 1, 0, 2, 0, 0, {}});
        s.stop_backfill("a").pause("a").backfill("a", -2h, 0s, overlap::buffer_all);
        start_of(s, -2h);
        s.cancel("a").expect_nothing().end("a").expect("backfill done a"); // the one that waits, and so all
        s.backfill("a", -2h, 0s, overlap::buffer_all);
        start_of(s, -2h);
        s.remove("a").expect_cancel("a", cancel_reason::removed);
        s.end("a").expect("backfill done a").expect_gone("a");
    });
    play([](core_script& s) {
        idle(s).backfill("a", -2h, 0s, overlap::buffer_all);
        start_of(s, -2h);
        s.shutdown(1h).end("a").expect("backfill done a").expect_shutdown_done();
    });
}

TEST_CASE("a slot is tried again within it, and counts once") {
    play([](core_script& s) {
        task_extra extra;
        extra.policy.retry = {2, 1s, 1, 1s, 0};
        idle(s, extra).backfill("a", -2h, 0s, overlap::buffer_all);
        start_of(s, -2h);
        s.end("a", body_end::failed).expect_retry("a", 2).at(1s).expect_start("a", -2h, trigger::retry);
        s.end("a");
        start_of(s, -1h);
        s.end("a", body_end::failed).expect_retry("a", 2).at(2s).expect_start("a", -1h, trigger::retry);
        s.end("a", body_end::failed).expect("backfill done a");
        CHECK(progress_of(s) == backfill_progress{2, 1, 1, 0, 0, 0, {}});
    });
}

TEST_CASE("where all runs have a limit each takes its turn") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("b", every(1h)).at(0s).expect_start("b", 0s);
        s.add("a", every(1h), {.first = after_interval}).backfill("a", -2h, 0s, overlap::allow_all);
        s.expect_nothing().end("b");
        start_of(s, -2h);
        s.end("a");
        start_of(s, -1h);
        s.end("a").expect("backfill done a");
    });
}

TEST_CASE("cron expressions, single instants, and ranges without a slot") {
    play([](core_script& s) {
        s.clock(1h).add("a", cron<"*/20 * * * *">, {.first = after_interval}).at(1h);
        s.backfill("a", 0s, 40min, overlap::buffer_all);
        start_of(s, 0s);
        s.end("a");
        start_of(s, 20min);
        s.end("a").expect("backfill done a");
        s.backfill("a", 1min, 2min, overlap::buffer_all).expect("backfill done a");
        s.add("b", at(wall_base)).at(1h).expect_start("b", 0s).end("b");
        s.backfill("b", 0s, 1s, overlap::skip).expect_start("b", 0s, trigger::backfill).end("b");
        s.expect("backfill done b");
    });
}

TEST_CASE("a slot of the wall clock that is ahead again, as that was set back, waits for its time") {
    play([](core_script& s) {
        s.clock(1h).add("a", cron<"*/20 * * * *">, {.first = after_interval}).at(1h);
        s.backfill("a", 0s, 40min, overlap::buffer_all);
        start_of(s, 0s);
        s.wall_steps_by(-50min).end("a").expect_nothing(); // it is 00:10, and the next is of 00:20
        CHECK(progress_of(s).left == 1);
        s.trigger("a").expect_start("a", 10min, trigger::manual).end("a").expect_nothing();
        s.at(70min);
        start_of(s, 20min);
        s.end("a").expect("backfill done a");
    });
    play([](core_script& s) { // or until that is set forward; and so does another attempt
        task_extra again{.first = after_interval};
        again.policy.retry = {.attempts = 2, .backoff = 1min, .jitter = 0};
        s.clock(1h).add("a", cron<"*/20 * * * *">, again).at(1h);
        s.backfill("a", 0s, 40min, overlap::buffer_all);
        start_of(s, 0s);
        s.wall_steps_by(-50min).end("a").expect_nothing().expect_wakeup(1h + 1s).at(1h + 1s).expect_nothing();
        s.wall_steps_by(50min).at(1h + 2s);
        start_of(s, 20min);
        s.wall_steps_by(-50min).end("a", body_end::failed).expect_retry("a", 2).at(1h + 62s).expect_nothing();
        s.wall_steps_by(50min).at(1h + 63s).expect_start("a", 20min, trigger::retry);
        s.end("a").expect("backfill done a");
    });
    play([](core_script& s) { // or is stopped
        s.clock(1h).add("a", cron<"*/20 * * * *">, {.first = after_interval}).at(1h);
        s.backfill("a", 0s, 40min, overlap::buffer_all);
        start_of(s, 0s);
        s.wall_steps_by(-50min).end("a").expect_nothing();
        s.stop_backfill("a").expect("backfill done a").at(70min).expect_nothing();
    });
}

TEST_CASE("what makes no sense is refused") {
    core_script s;
    s.add("a", every(1h)).add("b", every_after(1h)).at(0s).expect_anything();
    auto backfill = [&](const char* uid, std::chrono::microseconds from, std::chrono::microseconds to) {
        auto r = s.core().backfill(s.task(uid), wall_base + from, wall_base + to, overlap::skip, s.now());
        return r ? error_code() : r.error();
    };
    CHECK(backfill("a", -1h, 1us) == errc::invalid_option);
    CHECK(backfill("a", -1h, -1h) == errc::invalid_option);
    CHECK(backfill("a", -1h, -2h) == errc::invalid_option);
    CHECK(backfill("a", wall_time_first - wall_base - 1us, 0s) == errc::invalid_option);
    CHECK(backfill("b", -1h, 0s) == errc::invalid_schedule);
    s.end("a").backfill("a", -1h, 0s, overlap::buffer_all).expect_anything();
    CHECK(backfill("a", -1h, 0s) == errc::already_running);
}

TEST_CASE("retries that came after the last of it change nothing") {
    play([](core_script& s) {
        task_extra extra;
        extra.timeout = 5s;
        idle(s, extra).backfill("a", -1h, 0s, overlap::buffer_all);
        start_of(s, -1h);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.expect("backfill done a");
        extra.policy.retry = {.attempts = 3, .jitter = 0};
        s.update("a", every(1h), extra).at(6s).expect_overrunning("a").end("a").expect_wakeup(1h);
        CHECK(progress_of(s) == backfill_progress{1, 0, 1, 0, 0, 0, moment()});
        s.backfill("a", -1h, 0s, overlap::skip);
        start_of(s, -1h);
    });
}

TEST_CASE("one of which as many run as may ends with its task, and with the manager") {
    for (bool removed : {true, false}) {
        core_script s;
        idle(s).backfill("a", -1000h, 0s, overlap::allow_all).expect_anything();
        REQUIRE(s.bodies("a") == backfill_in_flight_max);
        (removed ? s.remove("a") : s.shutdown(1h)).expect_anything();
        std::size_t ends = 0;
        for (; s.bodies("a") > 1; ++ends) s.end("a", body_end::failed).expect_anything();
        CHECK(progress_of(s) == backfill_progress{1000, 0, ends, 1000 - ends - 1, 1, 0, moment()});
        s.end("a", body_end::failed).expect("backfill done a").expect_anything();
    }
}

TEST_CASE("a rule that contradicts itself brings no run outside the range") {
    struct liar final : schedule_rule {
        moment next_after(wall_time t, wall_time) const override { return t + 10h; }
        moment previous_before(wall_time t, wall_time) const override { return t - 10h; }
        std::uint64_t count(wall_time, wall_time, wall_time) const override { return 3; }
        std::string text() const override { return "liar"; }
        std::string describe() const override { return "liar"; }
        std::string explain(wall_time, wall_time) const override { return ""; }
        std::string problem() const override { return ""; }
    };
    core_script s;
    s.add("a", schedule(std::make_shared<liar>()), {.first = after_interval}).at(0s);
    s.backfill("a", -1h, 0s, overlap::buffer_all).expect("backfill done a");
    s.backfill("a", -11h, 0s, overlap::buffer_all);
    start_of(s, -1h - 1us);
    s.end("a").expect("backfill done a");
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
