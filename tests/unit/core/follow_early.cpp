// SPDX-License-Identifier: BSL-1.0
// Slots of the other that end before one that began earlier.
#include <support/play.hpp>

#include <core/followed_slots.hpp>

namespace rondo::test {
namespace {

using core::body_end;

task_extra keeping(std::uint32_t most) {
    task_extra extra;
    extra.overlap = overlap::buffer_all;
    extra.policy.buffer_max = most;
    return extra;
}

/// The first slot of a hangs, those behind it end.
void hang(core_script& s, std::chrono::seconds until) {
    s.at(0s).expect_start("a", 0s);
    for (auto t = 10s; t <= until; t += 10s) s.at(t).expect_start("a", t).end("a", body_end::success, 1);
}

std::size_t early(core_script& s) {
    return s.task("b").past->followed->early.size();
}

TEST_SUITE_BEGIN("core/follow_early");

TEST_CASE("of the slots behind one that hangs no more are kept than may wait") {
    play([](core_script& s) {
        s.add("b", after("a"), keeping(2)).add("a", every(10s), {.overlap = overlap::allow_all});
        hang(s, 50s);
        CHECK(early(s) == 2);
        s.expect_no_next_run("b").at(51s).end("a").expect_skip("b", skip_reason::buffer_full, 4);
        s.expect_next_run("b", 40s).at(51s).expect_start("b", 40s).end("b").expect_start("b", 50s);
        CHECK(s.stored("b").next_slot == moment(wall_base + 50s + 1us));
    });
}

TEST_CASE("one that is behind two is skipped once both are over") {
    play([](core_script& s) {
        s.add("b", after("a"), keeping(1)).add("a", every(10s), {.overlap = overlap::allow_all});
        s.at(0s).expect_start("a", 0s).at(10s).expect_start("a", 10s).at(20s).expect_start("a", 20s);
        s.at(30s).expect_start("a", 30s).at(40s).expect_start("a", 40s);
        s.at(41s).end("a", body_end::success, 1).end("a", body_end::success, 2); // 10s and 30s
        s.end("a", body_end::success, 2).expect_no_next_run("b");                // 40s
        CHECK(early(s) == 1);
        s.end("a", body_end::failed).expect_no_next_run("b"); // 0s, and 20s hangs
        s.end("a").expect_skip("b", skip_reason::buffer_full, 3).expect_next_run("b", 40s);
        s.at(41s).expect_start("b", 40s);
        CHECK(s.stored("b").next_slot == moment(wall_base + 40s + 1us));
    });
}

TEST_CASE("what is not kept while the task is paused is skipped as paused") {
    play([](core_script& s) {
        s.add("b", after("a"), keeping(1)).add("a", every(10s), {.overlap = overlap::allow_all});
        s.pause("b");
        hang(s, 20s);
        s.at(21s).end("a").expect_skip("b", skip_reason::paused, 2);
        s.resume("b").expect_skip("b", skip_reason::paused, 1);
    });
}

TEST_CASE("another manager's decisions pass what was not kept") {
    core_script s;
    s.add("b", after("a"), keeping(1)).add("a", every(10s), {.overlap = overlap::allow_all});
    hang(s, 30s);
    s.resync("b", wall_base + 21s).at(31s).end("a", body_end::failed).at(31s).expect_start("b", 30s);
}

TEST_CASE("what is early outlives an update that follows the same task") {
    play([](core_script& s) {
        s.add("b", after("a"), keeping(4)).add("a", every(10s), {.overlap = overlap::allow_all});
        hang(s, 20s);
        s.update("b", after("a", any_outcome), keeping(4)).expect_no_next_run("b");
        s.at(21s).end("a", body_end::failed).expect_next_run("b", 0s).at(21s).expect_start("b", 0s);
        s.end("b").expect_start("b", 10s).end("b").expect_start("b", 20s);
    });
}

TEST_CASE("an update that allows fewer to be kept is heeded at the next end") {
    play([](core_script& s) {
        s.add("b", after("a"), keeping(4)).add("a", every(10s), {.overlap = overlap::allow_all});
        hang(s, 30s);
        s.update("b", after("a", any_outcome), keeping(1));
        s.at(31s).end("a").expect_skip("b", skip_reason::buffer_full, 3).at(31s).expect_start("b", 30s);
    });
}

TEST_CASE("a run beside the schedule is followed after an update, too") {
    play([](core_script& s) {
        s.add("b", after("a")).add("a", at(wall_base + 1h));
        s.at(1s).trigger("a").expect_start("a", 1s, trigger::manual).end("a");
        s.update("b", after("a", any_outcome)).at(1s).expect_start("b", 1s, trigger::manual);
    });
}

TEST_CASE("one that follows another task from now on forgets what the first ended") {
    play([](core_script& s) {
        s.add("b", after("a")).add("a", every(10s), {.overlap = overlap::allow_all});
        hang(s, 20s);
        s.update("b", after("c")).at(21s).end("a").expect_no_next_run("b");
    });
}

TEST_CASE("a slot that waits for a place, and is not kept after all, leaves no turn to the next") {
    play([](core_script& s) {
        s.set_group(group("g").runs_in_flight_max(1));
        task_extra one = keeping(1);
        one.group = "g";
        s.add("c", once(), {.group = "g"}).at(0s).expect_start("c", 0s);
        s.add("b", after("a"), one).add("a", every(10s), {.overlap = overlap::allow_all});
        for (const std::chrono::nanoseconds slot : {0s, 10s, 20s, 30s, 40s})
            s.at(slot).expect_start("a", slot);
        s.at(41s).end("a").expect_next_run("b", 0s).at(41s).expect_nothing();    // there is no place
        s.at(42s).end("a", body_end::success, 1).end("a", body_end::success, 2); // of 20s and 40s
        s.add("d", once(), {.group = "g"}).at(43s).expect_nothing();
        s.at(44s).end("a").expect_skip("b", skip_reason::buffer_full, 3).expect_no_next_run("b"); // of 10s
        s.at(45s).end("a").expect_skip("b", skip_reason::buffer_full, 1).expect_next_run("b", 40s);
        s.at(46s).expect_nothing().end("c").expect_start("d", 42s).end("d").expect_start("b", 40s);
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
