// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

namespace rondo::test {
namespace {

group limited(std::size_t n) {
    return group("g").runs_in_flight_max(n);
}

task_extra in_group(std::int32_t priority = 0) {
    task_extra e;
    e.group = "g";
    e.policy.priority = priority;
    return e;
}

task_extra important(std::int32_t priority) {
    task_extra e;
    e.policy.priority = priority;
    return e;
}

/// The tasks a, b, c, … of the group, due a second after each other from now on.
void add_in_a_row(core_script& s, std::string_view uids) {
    for (std::size_t i = 0; i != uids.size(); ++i)
        s.clock(std::chrono::seconds(i)).add(uids.substr(i, 1), once(), in_group());
}

TEST_SUITE_BEGIN("core/groups");

TEST_CASE("never more runs of a group than its limit, and others do not wait for it") {
    play([](core_script& s) {
        s.set_group(limited(1));
        s.add("a", every(1min), in_group()).add("b", every(1min), in_group()).add("c", every(1min));
        s.at(0s).expect_start("a", 0s).expect_start("c", 0s);
        s.at(1s).end("a").expect_start("b", 0s).end("c");
        s.at(2s).end("b").expect_wakeup(60s);
        auto g = s.core().group_stats(s.now());
        REQUIRE(g.size() == 1);
        CHECK(g[0].runs_in_flight == 0);
        CHECK(g[0].waiting == 0);
    });
}

TEST_CASE("a group that has no place keeps nobody waiting under the limit of all") {
    play({.runs_in_flight_max = 2}, [](core_script& s) {
        s.set_group(limited(1));
        s.add("a", once(), in_group()).at(0s).expect_start("a", 0s);
        s.clock(1s).add("b", once(), in_group()).at(1s).expect_nothing();
        s.clock(2s).add("c", once()).at(2s).expect_start("c", 2s);
        CHECK(s.core().group_stats(s.now())[0].waiting == 1);
        s.end("a").expect_start("b", 1s);
    });
}

TEST_CASE("manual runs, retries and backfills count in their group") {
    play([](core_script& s) {
        task_extra patient = in_group();
        patient.overlap = overlap::buffer_all;
        patient.policy.retry = retry{.attempts = 2, .backoff = 5s, .jitter = 0};
        s.set_group(limited(1)).add("a", every(1h), in_group()).add("b", every(1h), patient);
        s.at(0s).expect_start("a", 0s).trigger("b").expect_nothing();
        s.at(1s).end("a").expect_start("b", 0s);
        s.at(2s).end("b", core::body_end::failed).expect_retry("b", 2);
        s.trigger("a").expect_start("a", 2s, trigger::manual);
        s.at(7s).expect_nothing(); // it is time for the retry, and there is no place
        s.end("a").expect_start("b", 0s, trigger::retry);
        s.end("b").expect_start("b", 0s, trigger::manual).end("b");
        s.at(8s).backfill("b", 0s, 1s, overlap::buffer_all).expect_start("b", 0s, trigger::backfill);
        s.trigger("a").expect_nothing();
        s.end("b").expect("backfill done b").expect_start("a", 8s, trigger::manual);
    });
}

TEST_CASE("a retry that waits for its time leaves its place to others") {
    play([](core_script& s) {
        task_extra patient = in_group();
        patient.policy.retry = retry{.attempts = 2, .backoff = 5s, .jitter = 0};
        s.set_group(limited(1)).add("a", once(), patient).add("b", once(), in_group());
        s.at(0s).expect_start("a", 0s);
        s.at(1s).end("a", core::body_end::failed).expect_retry("a", 2).expect_start("b", 0s);
        s.at(6s).expect_nothing().end("b").expect_start("a", 0s, trigger::retry);
    });
}

TEST_CASE("in no stretch of time do more start than the rate of the group allows") {
    play([](core_script& s) {
        s.set_group(group("g").starts_max(2, 10s));
        add_in_a_row(s, "abcde");
        s.at(4s).expect_start("a", 0s).expect_start("b", 1s).expect_wakeup(14s);
        s.at(8s).end("a").end("b").expect_wakeup(14s);
        s.at(14s).expect_start("c", 2s).expect_start("d", 3s).expect_wakeup(24s);
        s.at(25s).expect_start("e", 4s);
        CHECK(s.core().group_stats(s.now())[0].starts == 1);
    });
}

TEST_CASE("what the repository is slow to answer counts as a start until it has") {
    core_script s;
    s.set_group(group("g").starts_max(1, 10s)).hold();
    s.add("a", once(), in_group()).add("b", once(), in_group());
    s.at(0s).expect_nothing().at(30s).expect_nothing().expect_no_wakeup();
    s.answer().expect_start("a", 0s).expect_wakeup(40s);
    s.at(40s).expect_start("b", 0s);
}

TEST_CASE("who takes the place of a waiting run cancels no slot whose time comes only with that") {
    play([](core_script& s) {
        task_extra restless = in_group();
        restless.overlap = overlap::cancel_other;
        s.set_group(group("g").starts_max(1, 10s)).add("a", once(), in_group());
        s.at(0s).expect_start("a", 0s).end("a").add("b", every(1h), restless).at(0s).expect_nothing();
        s.at(1s).trigger("b").expect_nothing();
        s.clock(11s).trigger("b").expect_end("b", outcome::cancelled).expect_start("b", 0s);
        s.at(12s).end("b").at(21s).expect_start("b", 11s, trigger::manual);
    });
}

TEST_CASE("an update that takes attempts away begins none of them, where it gives them a place") {
    play([](core_script& s) {
        task_extra patient = in_group();
        patient.overlap = overlap::allow_all;
        patient.policy.retry = retry{.attempts = 2, .backoff = 5s, .jitter = 0};
        s.set_group(limited(2)).add("a", every(1h), patient);
        s.at(0s).expect_start("a", 0s).trigger("a").expect_start("a", 0s, trigger::manual);
        s.end("a", core::body_end::failed).expect_retry("a", 2);
        s.end("a", core::body_end::failed).expect_retry("a", 2);
        s.set_group(limited(1)).add("b", once(), in_group()).at(0s).expect_start("b", 0s);
        s.at(6s).expect_nothing();
        s.update("a", every(1h), {.overlap = overlap::allow_all}).expect("no retry a").expect("no retry a");
    });
}

TEST_CASE("a slot that waits for a place comes after all attempts that an update takes away") {
    play([](core_script& s) {
        task_extra patient = in_group();
        patient.overlap = overlap::allow_all;
        patient.policy.retry = retry{.attempts = 2, .backoff = 1min, .jitter = 0};
        s.set_group(limited(2)).add("a", every(10s), patient);
        s.at(0s).expect_start("a", 0s).trigger("a").expect_start("a", 0s, trigger::manual);
        s.end("a", core::body_end::failed).expect_retry("a", 2);
        s.end("a", core::body_end::failed).expect_retry("a", 2);
        s.set_group(limited(1)).add("b", once(), in_group()).at(0s).expect_start("b", 0s);
        s.at(10s).expect_nothing();
        s.update("a", every(10s)).expect("no retry a").expect("no retry a").expect_start("a", 10s);
    });
}

TEST_CASE("what is cancelled before its body starts is no start") {
    core_script s;
    s.set_group(group("g").starts_max(1, 10s)).hold();
    s.add("a", once(), in_group()).add("b", once(), in_group());
    s.at(0s).at(1s).cancel("a").answer().expect_end("a", outcome::cancelled).expect_start("b", 0s);
}

TEST_CASE("at the moment in which a place opens, what waits goes before what falls due") {
    play([](core_script& s) {
        s.set_group(group("g").starts_max(1, 10s));
        s.add("a", once(), in_group()).add("b", once(), in_group()).at(0s).expect_start("a", 0s);
        task_extra later = in_group();
        later.first = first_run(wall_base + 10s);
        s.add("c", once(), later);
        s.at(10s).expect_start("b", 0s).at(20s).expect_start("c", 10s);
    });
}

TEST_CASE("what is more important goes first, and what waits for long becomes more important") {
    play({.runs_in_flight_max = 1}, [](core_script& s) {
        s.add("a", once()).at(0s).expect_start("a", 0s);
        s.clock(1s).add("low", once(), important(-1)).at(1s);
        s.clock(5s).add("mid", once()).at(5s);
        s.clock(16s).add("high", once(), important(1)).at(16s);
        s.end("a").expect_start("mid", 5s);     // 11 s make up for a step
        s.end("mid").expect_start("high", 16s); // 15 s do not for two
        s.clock(22s).add("late", once(), important(1)).at(22s);
        s.end("high").expect_start("low", 1s); // 21 s make up for two steps
        s.end("low").expect_start("late", 22s);
    });
}

TEST_CASE("a limit that is raised lets go") {
    play([](core_script& s) {
        s.set_group(limited(1));
        add_in_a_row(s, "abcd");
        s.at(3s).expect_start("a", 0s);
        s.set_group(limited(3)).expect_start("b", 1s).expect_start("c", 2s);
        s.end("a").expect_start("d", 3s);
        s.clock(4s).add("e", once(), in_group()).at(4s).end("b").expect_start("e", 4s);
        s.set_group(group("g")).clock(5s).add("f", once(), in_group()).at(5s).expect_start("f", 5s);
    });
}

TEST_CASE("a limit that is lowered stops nothing, and lets nothing start until there is a place under it") {
    play([](core_script& s) {
        s.set_group(limited(2));
        add_in_a_row(s, "abc");
        s.at(2s).expect_start("a", 0s).expect_start("b", 1s);
        s.set_group(limited(1)).expect_nothing().end("a").expect_nothing();
        s.end("b").expect_start("c", 2s);
    });
}

TEST_CASE("an update moves what waits to the new group") {
    play([](core_script& s) {
        s.set_group(limited(1)).add("a", once(), in_group()).add("b", every(1min), in_group());
        s.at(0s).expect_start("a", 0s).update("b", every(1min)).expect_start("b", 0s);
        s.update("b", every(1min), in_group()).end("b"); // whose run was of no group
        s.at(60s).expect_nothing().end("a").expect_start("b", 60s);
    });
}

TEST_CASE("what waits for a place goes when its task is removed or paused, or all is shut down") {
    play([](core_script& s) {
        s.set_group(limited(1)).add("a", every(1h), in_group());
        for (const char* uid : {"b", "c", "d"}) s.add(uid, every(1h), in_group());
        s.at(0s).expect_start("a", 0s).remove("b").expect_gone("b");
        s.pause("c").at(1s).end("a").expect_start("d", 0s);
        s.resume("c").expect_skip("c", skip_reason::paused, 1);
        s.trigger("c").expect_nothing();
        s.shutdown(1s).expect_end("c", outcome::interrupted).end("d").expect_shutdown_done();
    });
}

TEST_CASE("a pause of all takes back what waits in each group") {
    play([](core_script& s) {
        s.set_group(limited(1)).add("a", every(1h), in_group()).add("b", every(1h), in_group());
        s.at(0s).expect_start("a", 0s).pause_all().end("a").expect_nothing();
        s.at(1s).resume_all().expect_skip("b", skip_reason::paused, 1);
    });
}

TEST_CASE("bad groups and bad tasks are refused") {
    core::scheduler core({});
    instant now{steady_base, wall_base};
    CHECK(core.set_group(group(""), now).error() == errc::invalid_name);
    CHECK(core.set_group(group("a\n"), now).error() == errc::invalid_name);
    CHECK(core.set_group(group(std::string(256, 'g')), now).error() == errc::invalid_name);
    CHECK(core.set_group(group("g").starts_max(1, 0s), now).error() == errc::invalid_option);
    CHECK(core.set_group(group("g").starts_max(1, -1s), now).error() == errc::invalid_option);
    CHECK(core.set_group(group("g").starts_max(1, std::chrono::years(2)), now).error() ==
          errc::invalid_option);
    CHECK(core.set_group(group("g").starts_max(group_starts_max + 1, 1s), now).error() ==
          errc::invalid_option);
    CHECK(core.find_group("g") == nullptr);
    core_script s;
    s.add_fails("a", every(1s), errc::group_not_exists, in_group());
    s.add_fails("a", every(1s), errc::invalid_option, important(1001));
    s.add_fails("a", every(1s), errc::invalid_option, important(-1001));
}

TEST_CASE("whom only the time kept waiting is not forgotten for a trigger that fails") {
    core_script s;
    s.set_group(group("g").starts_max(1, 10s)).add("a", at(wall_base + 1h), {.group = "g"});
    s.add("b", at(wall_base + 1h), {.group = "g"}).trigger("a").expect_start("a", 0s, trigger::manual);
    s.at(1s).trigger("b").expect_nothing().clock(10s).try_trigger("a");
    s.expect_start("b", 1s, trigger::manual);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
