// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

using core::body_end;

TEST_SUITE_BEGIN("core/remove");

TEST_CASE("a task that does nothing is gone at once") {
    play([](core_script& s) {
        s.add("a", every(10s)).add("b", every(10s));
        s.remove("a").expect_gone("a");
        CHECK(s.core().find("a") == nullptr);
        s.at(0s).expect_start("b", 0s);
        s.add("a", every(10s)).at(1s).expect_start("a", 0s);
    });
}

TEST_CASE("a running body is cancelled and the task stays until it ends") {
    play([](core_script& s) {
        s.add("a", every(10s));
        s.at(0s).expect_start("a", 0s).remove("a").expect_cancel("a", cancel_reason::removed);
        s.trigger_fails("a", errc::task_not_exists).add_fails("a", once(), errc::task_exists);
        s.remove("a").expect_nothing();
        s.at(20s).expect_nothing().expect_no_wakeup();
        s.end("a", body_end::failed).expect_end("a", outcome::cancelled).expect_gone("a");
    });
}

TEST_CASE("a body that succeeds all the same has succeeded") {
    play([](core_script& s) {
        s.add("a", every_after(10s));
        s.at(0s).expect_start("a", 0s).remove("a").expect_cancel("a", cancel_reason::removed);
        s.end("a").expect_gone("a").expect_no_wakeup();
    });
}

TEST_CASE("a run that waits for the repository never gets its body") {
    play([](core_script& s) {
        s.add("a", every(10s)).hold().at(0s).expect_nothing();
        s.remove("a").expect_nothing();
        s.answer().expect_end("a", outcome::cancelled).expect_gone("a");
    });
}

TEST_CASE("a run that waits for the repository is gone if refused") {
    play([](core_script& s) {
        s.add("a", every(10s)).hold().at(0s).expect_nothing();
        s.remove("a").expect_nothing();
        s.refuse(wall_base + 10s).expect_skip("a", skip_reason::not_owner, 1).expect_gone("a");
    });
}

TEST_CASE("manual runs that wait for a place are dropped") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", once()).add("b", every(10s), {.overlap = overlap::allow_all, .first = after_interval});
        s.at(0s).expect_start("a", 0s).trigger("b").trigger("b").expect_nothing();
        s.remove("b")
            .expect_end("b", outcome::cancelled)
            .expect_end("b", outcome::cancelled)
            .expect_gone("b");
        s.end("a").expect_nothing();
        manager_stat all;
        s.core().describe(all);
        CHECK(all.tasks == 1);
        CHECK(all.runs_waiting == 0);
        CHECK(all.runs_in_flight == 0);
    });
}

TEST_CASE("a due task that waits for a place is forgotten") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", once()).at(0s).expect_start("a", 0s);
        s.add("b", once()).add("c", once()).at(1s).expect_nothing();
        s.remove("b").expect_gone("b");
        s.end("a").expect_start("c", 0s);
    });
}

TEST_CASE("a body past its deadline is not cancelled twice") {
    play([](core_script& s) {
        s.add("a", once(), {.timeout = 5s}).at(0s).expect_start("a", 0s);
        s.at(5s).expect_cancel("a", cancel_reason::timeout).expect_end("a", outcome::timed_out);
        s.remove("a").expect_nothing().end("a").expect_gone("a").expect_no_wakeup();
    });
}

TEST_CASE("a task that is not registered is forgotten without a word") {
    core_script s;
    core::task_spec spec{
        .uid = "a", .name = "", .when = once(), .payload = std::make_unique<core::task_payload>()};
    auto r = s.core().reserve(spec);
    REQUIRE(r);
    CHECK(s.core().forget(*r.value()) != nullptr);
    CHECK(s.core().actions().empty());
    s.add("a", once());
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
