// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

TEST_SUITE_BEGIN("core/every");

TEST_CASE("slots lie on the grid, however long the runs take") {
    play([](core_script& s) {
        s.add("a", every(10s)).expect_wakeup(0s);
        s.at(0s).expect_start("a", 0s).expect_wakeup(10s);
        s.at(7s).end("a").expect_next_run("a", 10s);
        s.at(9999ms).expect_nothing().expect_wakeup(10s);
        s.at(10s).expect_start("a", 10s);
        s.at(11s).end("a").expect_wakeup(20s);
        s.at(20001ms).expect_start("a", 20s).expect_wakeup(30s);
    });
}

TEST_CASE("a late wake-up runs the latest slot once and counts the others") {
    play([](core_script& s) {
        s.add("a", every(10s)).add("b", every(1h));
        s.at(0s).expect_start("a", 0s).expect_start("b", 0s).end("a").end("b");
        s.at(45s).expect_skip("a", skip_reason::missed, 3).expect_start("a", 40s, trigger::catch_up);
        s.end("a").expect_wakeup(50s);
        s.at(50s).expect_start("a", 50s).end("a");
    });
}

TEST_CASE("a million missed slots cost one decision") {
    play([](core_script& s) {
        s.add("a", every(1s));
        s.at(0s).expect_start("a", 0s).end("a");
        s.at(1'000'001s).expect_skip("a", skip_reason::missed, 1'000'000);
        s.expect_start("a", 1'000'001s, trigger::catch_up).end("a");
        CHECK(s.stat_of("a").counters.skipped_missed == 1'000'000);
        s.expect_wakeup(1'000'002s);
    });
}

TEST_CASE("the shortest interval over a century is counted, not walked") {
    play([](core_script& s) {
        s.add("a", every(1us));
        s.at(0s).expect_start("a", 0s).end("a");
        std::chrono::nanoseconds century = std::chrono::years(100);
        auto slots = std::chrono::floor<std::chrono::microseconds>(century).count();
        s.at(century).expect_skip("a", skip_reason::missed, static_cast<std::uint64_t>(slots - 1));
        s.expect_start("a", century, trigger::catch_up);
    });
}

TEST_CASE("the longest interval is obeyed") {
    play([](core_script& s) {
        s.add("a", every(interval_max));
        s.at(0s).expect_start("a", 0s).end("a");
        s.at(interval_max - 1us).expect_nothing().expect_wakeup(interval_max);
        s.at(interval_max).expect_start("a", interval_max);
    });
}

TEST_CASE("steps of the wall clock move no slot") {
    play([](core_script& s) {
        s.add("a", every(10s));
        s.at(0s).expect_start("a", 0s).end("a");
        s.wall_steps_by(24h).at(9s).expect_nothing().expect_wakeup(10s);
        s.at(10s).expect_start("a", 10s).end("a");
        s.wall_steps_by(-72h).at(19s).expect_nothing().expect_wakeup(20s);
        s.at(20s).expect_start("a", 20s).end("a");
    });
}

TEST_CASE("many tasks due at once all start") {
    play([](core_script& s) {
        for (char c = 'a'; c <= 'z'; ++c) s.add(std::string(1, c), every(10s));
        s.at(0s);
        for (char c = 'a'; c <= 'z'; ++c) s.expect_start(std::string(1, c), 0s);
        for (char c = 'a'; c <= 'z'; ++c) s.end(std::string(1, c));
        s.expect_wakeup(10s);
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
