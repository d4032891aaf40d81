// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

TEST_SUITE_BEGIN("core/first_run");

TEST_CASE("immediately is the moment of the add") {
    play([](core_script& s) {
        s.clock(3s).add("a", every(10s)).expect_wakeup(3s);
        s.at(3s).expect_start("a", 3s).end("a").expect_wakeup(13s);
    });
}

TEST_CASE("after_interval is one interval later") {
    play([](core_script& s) {
        s.clock(3s).add("a", every(10s), {.first = after_interval});
        s.add("b", every_after(10s), {.first = after_interval}).expect_wakeup(13s);
        s.at(13s).expect_start("a", 13s).expect_start("b", 13s);
    });
}

TEST_CASE("after_interval means nothing to once") {
    play([](core_script& s) {
        s.add("a", once(), {.first = after_interval});
        s.at(0s).expect_start("a", 0s);
    });
}

TEST_CASE("an instant to come anchors the grid") {
    play([](core_script& s) {
        s.add("a", every(1h), {.first = first_run(wall_base + 25min)}).expect_wakeup(25min);
        s.at(25min).expect_start("a", 25min).end("a").expect_wakeup(85min);
        s.add("b", once(), {.first = first_run(wall_base + 26min)});
        s.at(26min).expect_start("b", 26min);
    });
}

TEST_CASE("an instant further off than an interval is waited for") {
    play([](core_script& s) {
        s.add("a", every(1min), {.first = first_run(wall_base + 24h)}).expect_wakeup(24h);
        s.at(23h).expect_nothing();
        s.at(24h).expect_start("a", 24h);
    });
}

TEST_CASE("an instant in the past runs the latest slot since") {
    play([](core_script& s) {
        s.clock(1h).add("a", every(1h), {.first = first_run(wall_base - 150min)});
        s.at(1h)
            .expect_skip("a", skip_reason::missed, 3)
            .expect_start("a", 30min, trigger::catch_up)
            .end("a");
        s.expect_wakeup(90min);
    });
}

TEST_CASE("an instant beyond the reach of nanoseconds keeps the phase") {
    play([](core_script& s) {
        s.add("a", every(24h), {.first = first_run(wall_time_first + 1h)}).expect_anything();
        s.at(0s).expect_anything().expect_next_run("a", 1h).expect_wakeup(1h).end("a");
        auto days = std::chrono::floor<std::chrono::days>(wall_base - wall_time_first).count();
        CHECK(s.stat_of("a").counters.skipped_missed == static_cast<std::uint64_t>(days) - 1);
        CHECK(s.stat_of("a").counters.runs == 1);
        s.at(1h).expect_start("a", 1h);
    });
}

TEST_CASE("a bad task is refused and its uid stays free") {
    core_script s;
    s.add_fails("", every(1s), errc::invalid_uid);
    s.add_fails(std::string(256, 'a'), every(1s), errc::invalid_uid);
    s.add_fails("a\n", every(1s), errc::invalid_uid);
    s.add_fails("a\x7f", every(1s), errc::invalid_uid);
    s.add_fails("a", every(0s), errc::invalid_schedule);
    s.add_fails("a", at(wall_time_last + 1us), errc::invalid_schedule);
    s.add_fails("a", every(1s), errc::invalid_schedule, {.first = first_run(wall_time_first - 1us)});
    s.add_fails("a", every(1s), errc::invalid_option, {.timeout = -1us});
    s.add_fails("a", every(1s), errc::invalid_option, {.overlap = static_cast<overlap>(9)});
    s.add("a", every(1s)).add(std::string(255, 'b'), every(1s));
    s.add_fails("a", once(), errc::task_exists);
    CHECK(s.core().tasks().size() == 2);
}

TEST_CASE("a task without a body is refused") {
    core_script s;
    core::task_spec bodiless{.uid = "a", .name = "", .when = once(), .payload = nullptr};
    auto r = s.core().reserve(bodiless);
    REQUIRE(!r);
    CHECK(r.error() == errc::invalid_body);
    std::string name(1025, 'n');
    core::task_spec named{
        .uid = "a", .name = name, .when = once(), .payload = std::make_unique<core::task_payload>()};
    auto longer = s.core().reserve(named);
    REQUIRE(!longer);
    CHECK(longer.error() == errc::invalid_name);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
