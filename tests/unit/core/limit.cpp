// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

TEST_SUITE_BEGIN("core/limit");

TEST_CASE("due tasks wait for a free place in the order in which they fell due") {
    play({.runs_in_flight_max = 2}, [](core_script& s) {
        s.add("a", every(1min)).add("b", every(1min)).at(0s).expect_start("a", 0s).expect_start("b", 0s);
        for (auto [uid, t] : {std::pair("c", 3s), {"d", 1s}, {"e", 2s}})
            s.add(uid, once(), {.first = first_run(wall_base + t)});
        s.at(1s).at(2s).at(3s).expect_nothing().expect_wakeup(60s);
        s.at(4s).end("a").expect_start("d", 1s);
        s.at(5s).end("d").expect_start("e", 2s).end("b").expect_start("c", 3s);
    });
}

TEST_CASE("a task that waits past its next slot runs the latest once") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", every(1h)).at(0s).expect_start("a", 0s);
        s.add("b", every(10s)).at(1s).at(25s).expect_nothing();
        s.end("a").expect_skip("b", skip_reason::missed, 2).expect_start("b", 20s, trigger::catch_up);
        s.end("b").expect_wakeup(30s);
    });
}

TEST_CASE("a waiting task whose overlap forbids a run leaves the place to the next") {
    play({.runs_in_flight_max = 2}, [](core_script& s) {
        s.add("a", every(10s)).add("b", once()).at(0s).expect_start("a", 0s).expect_start("b", 0s);
        s.at(10s).expect_nothing().add("c", once()).at(11s).expect_nothing();
        s.end("b").expect_skip("a", skip_reason::overlap, 1).expect_start("c", 10s);
    });
}

TEST_CASE("a body past its deadline keeps its place") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", once(), {.timeout = 5s}).at(0s).expect_start("a", 0s).add("b", once()).at(1s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.at(6s).expect_overrunning("a").end("a").expect_start("b", 0s);
    });
}

TEST_CASE("a refused run leaves its place to the next") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", every(1min)).at(0s).expect_start("a", 0s).end("a");
        s.hold().at(60s).add("b", once()).at(61s).expect_nothing();
        s.refuse(wall_base + 2min).expect_skip("a", skip_reason::not_owner, 1).expect_start("b", 60s);
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
