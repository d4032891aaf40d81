// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

TEST_SUITE_BEGIN("core/wakeup");

TEST_CASE("nothing to do means no wake-up") {
    core_script s;
    s.expect_no_wakeup().at(5s).expect_nothing().expect_no_wakeup();
}

TEST_CASE("due tasks within the resolution start together, never early") {
    play({.resolution = 100ms}, [](core_script& s) {
        s.add("a", every(10s)).expect_wakeup(0s).at(0s).expect_start("a", 0s).end("a");
        s.add("b", once(), {.first = first_run(wall_base + 30ms)}).expect_wakeup(100ms);
        s.add("c", once(), {.first = first_run(wall_base + 60ms)}).expect_wakeup(100ms);
        s.add("d", once(), {.first = first_run(wall_base + 150ms)});
        s.at(100ms).expect_start("b", 30ms).expect_start("c", 60ms).expect_wakeup(200ms);
        s.at(200ms).expect_start("d", 150ms).expect_wakeup(10s);
    });
}

TEST_CASE("the resolution delays no deadline") {
    play({.resolution = 10s}, [](core_script& s) {
        s.add("a", once(), {.timeout = 5s}).at(0s).expect_start("a", 0s).expect_wakeup(5s);
    });
}

TEST_CASE("a wall clock slot is looked at as often as asked for") {
    play({.wall_clock_check = 1min}, [](core_script& s) {
        s.add("a", at(wall_base + 1h)).expect_wakeup(1min);
        s.add("b", every(10s), {.first = after_interval}).expect_wakeup(10s);
    });
}

TEST_CASE("the next slots are those at which the task then runs") {
    play([](core_script& s) {
        s.add("a", every(10s), {.first = after_interval})
            .add("b", every_after(10s))
            .add("c", at(wall_base + 5s));
        CHECK(s.core().preview_of(s.task("a")).slots(0).empty());
        CHECK(s.core().preview_of(s.task("b")).slots(5) == std::vector{wall_base});
        CHECK(s.core().preview_of(s.task("c")).slots(5) == std::vector{wall_base + 5s});
        auto slots = s.core().preview_of(s.task("a")).slots(5);
        REQUIRE(slots.size() == 5);
        s.at(0s).expect_start("b", 0s);
        CHECK(s.core().preview_of(s.task("b")).slots(5).empty());
        s.at(5s).expect_start("c", 5s);
        CHECK(s.core().preview_of(s.task("c")).slots(5).empty());
        for (wall_time slot : slots) s.at(slot - wall_base).expect_start("a", slot - wall_base).end("a");
    });
}

TEST_CASE("the same inputs and seed give the same actions and ids, another seed other ids") {
    auto trace = [](std::uint64_t seed) {
        core_script s(core::scheduler_options{.seed = seed});
        s.add("a", every(10s)).add("b", every(3s));
        for (auto t = 0s; t < 60s; t += 1s) {
            s.at(t).expect_anything();
            while (t.count() % 2 == 0 && s.bodies("b") > 0) s.end("b").expect_anything();
            while (t.count() % 5 == 0 && s.bodies("a") > 0) s.end("a").expect_anything();
        }
        return s.trace();
    };
    CHECK(trace(1) == trace(1));
    CHECK(trace(1) != trace(2));
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
