// SPDX-License-Identifier: BSL-1.0
#include <rondo/calendar.hpp>
#include <rondo/combine.hpp>
#include <rondo/cron.hpp>

#include <support/play.hpp>

#include <stdexcept>

namespace rondo::test {
namespace {

TEST_SUITE_BEGIN("core/rule");

// The scripts begin on Monday, 2024-01-01T00:00:00Z.
struct each_seven_minutes {
    moment next_after(wall_time t) const {
        return wall_base + std::chrono::floor<seven>(t - wall_base) + seven(1);
    }
    using seven = std::chrono::duration<std::int64_t, std::ratio<420>>;
    std::string text() const { return "each seven minutes"; }
};

struct throws {
    moment next_after(wall_time) const { throw std::runtime_error("no"); }
};

struct goes_back {
    moment next_after(wall_time t) const { return t - 1s; }
};

TEST_CASE("a cron expression runs at its times, the moment of the add among them") {
    play([](core_script& s) {
        s.add("a", cron<"0 0,12 * * *">).at(0s).expect_start("a", 0s).end("a").expect_next_run("a", 12h);
        s.add("b", cron<"30 * * * *">).expect_next_run("b", 30min);
        s.at(30min - 1us).expect_nothing();
        s.at(30min).expect_start("b", 30min).end("b").expect_next_run("b", 90min);
    });
}

TEST_CASE("missed slots of a cron expression are counted, and the latest runs") {
    play([](core_script& s) {
        s.add("a", cron<"*/10 * * * *">).at(0s).expect_start("a", 0s).end("a");
        s.at(61min)
            .expect_skip("a", skip_reason::missed, 5)
            .expect_start("a", 60min, trigger::catch_up)
            .end("a");
        s.expect_next_run("a", 70min);
        s.at(24h * 366)
            .expect_skip("a", skip_reason::missed, 52'697)
            .expect_start("a", 24h * 366, trigger::catch_up);
    });
}

TEST_CASE("first_run says where a rule begins") {
    play([](core_script& s) {
        s.add("now", cron<"0 12 * * *">, {.first = immediately}).at(0s).expect_start("now", 0s).end("now");
        s.expect_next_run("now", 12h);
        s.add("later", cron<"0 * * * *">, {.first = after_interval}).expect_next_run("later", 1h);
        s.add("then", cron<"0 * * * *">, {.first = first_run(wall_base + 150min)})
            .expect_next_run("then", 3h);
    });
}

TEST_CASE("a rule that never fires is a task without slots") {
    play([](core_script& s) {
        s.add("a", cron<"0 0 30 2 *">).add("b", custom(throws())).add("c", custom(goes_back()));
        s.expect_no_wakeup().trigger("a").expect_start("a", 0s, trigger::manual).end("a").expect_no_wakeup();
    });
}

TEST_CASE("a paused cron task skips its slots, and is counted as others are") {
    play([](core_script& s) {
        s.add("a", cron<"0 * * * *">).at(0s).expect_start("a", 0s).end("a").pause("a");
        s.at(150min).resume("a").expect_skip("a", skip_reason::paused, 2).expect_next_run("a", 3h);
    });
}

TEST_CASE("a wall clock that is set back runs no slot twice") {
    play([](core_script& s) {
        s.add("a", cron<"0 * * * *">).at(0s).expect_start("a", 0s).end("a");
        s.at(1h).expect_start("a", 1h).end("a");
        s.wall_steps_by(-30min).at(1h).expect_nothing().expect_next_run("a", 2h);
    });
}

TEST_CASE("any type that says when comes next is a schedule") {
    play([](core_script& s) {
        s.add("a", custom(each_seven_minutes()))
            .at(0s)
            .expect_start("a", 0s)
            .end("a")
            .expect_next_run("a", 7min);
        s.at(7min).expect_start("a", 7min).end("a").expect_next_run("a", 14min);
        s.at(30min)
            .expect_skip("a", skip_reason::missed, 2)
            .expect_start("a", 28min, trigger::catch_up)
            .end("a");
    });
}

TEST_CASE("either fires once where its members meet") {
    play([](core_script& s) {
        s.add("a", either(cron<"0 * * * *">, every(90min))).at(0s).expect_start("a", 0s).end("a");
        s.at(1h).expect_start("a", 1h).end("a").expect_next_run("a", 90min);
        s.at(361min)
            .expect_skip("a", skip_reason::missed, 6)
            .expect_start("a", 6h, trigger::catch_up)
            .end("a");
    });
}

TEST_CASE("what a calendar excludes is neither run nor skipped") {
    play([](core_script& s) {
        s.add("a", except(cron<"0 9 * * *">, calendar().weekend().date(std::chrono::year(2024) / 1 / 2)));
        s.at(9h).expect_start("a", 9h).end("a").expect_next_run("a", 57h);
        s.at(24h * 9)
            .expect_skip("a", skip_reason::missed, 4)
            .expect_start("a", 201h, trigger::catch_up)
            .end("a");
    });
}

TEST_CASE("max_runs counts from the first add, skipped slots too") {
    play([](core_script& s) {
        s.add("a", every(10s).max_runs(3)).at(0s).expect_start("a", 0s).end("a");
        s.at(20s).expect_skip("a", skip_reason::missed, 1).expect_start("a", 20s, trigger::catch_up).end("a");
        s.expect_no_wakeup();
    });
}

TEST_CASE("a first run after an interval is the first that counts") {
    play([](core_script& s) {
        s.add("a", every(1h).max_runs(3), {.first = after_interval}).expect_next_run("a", 1h);
        for (int hour = 1; hour <= 3; ++hour) s.at(1h * hour).expect_start("a", 1h * hour).end("a");
        s.expect_no_wakeup();
    });
}

TEST_CASE("a dense schedule that a calendar interrupts catches up over a week-end") {
    play([](core_script& s) {
        s.add("a", except(every(1min), calendar().weekend()),
              {.first = first_run(wall_base + 24h * 4 + 23h)});
        s.at(24h * 4 + 23h).expect_start("a", 24h * 4 + 23h).end("a");
        s.at(24h * 6 + 12h).expect_skip("a", skip_reason::missed, 58);
        s.expect_start("a", 24h * 5 - 1min, trigger::catch_up).end("a").expect_next_run("a", 24h * 7);
    });
}

TEST_CASE("between begins and ends at its instants") {
    play([](core_script& s) {
        s.add("a", schedule(cron<"0 * * * *">).between(wall_base + 2h, wall_base + 4h))
            .expect_next_run("a", 2h);
        s.at(2h).expect_start("a", 2h).end("a").at(3h).expect_start("a", 3h).end("a").expect_no_wakeup();
    });
}

TEST_CASE("a bad rule is refused") {
    play([](core_script& s) {
        for (const schedule& bad :
             {schedule(cron_schedule("0 24 * * *")), schedule(cron_schedule("0 0 * * *").zone("Mars/Base")),
              either(every(1h), every_after(1h)), every(1h).max_runs(0), schedule(nullptr),
              every(1h).jitter(0s), every(1h).between(wall_base, wall_base),
              except(every(1h), calendar().hours(25h, 26h))}) {
            CHECK_FALSE(bad.problem().empty());
            s.add_fails("x", bad, errc::invalid_schedule);
        }
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
