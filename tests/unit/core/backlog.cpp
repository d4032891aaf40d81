// SPDX-License-Identifier: BSL-1.0
#include <rondo/cron.hpp>
#include <support/play.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace rondo::test {
namespace {

using std::chrono::nanoseconds;

constexpr core::scheduler_options by_twos{.work_max = 2};

task_extra late(coalesce c, std::chrono::microseconds spread = 0us) {
    task_extra extra;
    extra.first = after_interval;
    extra.policy.catch_up.coalesce = c;
    extra.policy.catch_up.spread = spread;
    return extra;
}

TEST_SUITE_BEGIN("core/backlog");

TEST_CASE("what is due together starts in order, a part in each call, the next at once") {
    play(core::scheduler_options{.resolution = 1s, .work_max = 2}, [](core_script& s) {
        for (auto [uid, t] : {std::pair("a", 3s), {"b", 1s}, {"c", 5s}, {"d", 2s}, {"e", 4s}})
            s.add(uid, once(), {.first = first_run(wall_base + t)});
        s.add("f", at(wall_base + 1s)); // those of the wall clock come after the others
        s.at(10s).expect_start("b", 1s).expect_start("d", 2s).expect_wakeup(10s);
        s.at(10s).expect_start("a", 3s).expect_start("e", 4s).expect_wakeup(10s);
        s.at(10s).expect_start("c", 5s).expect_start("f", 1s).expect_no_wakeup();
    });
}

TEST_CASE("what comes last of much that is due together is not late for that") {
    play(by_twos, [](core_script& s) {
        for (auto uid : {"a", "b", "c"}) s.add(uid, every(1min), late(coalesce::none));
        s.at(60s).expect_start("a", 60s).expect_start("b", 60s).expect_wakeup(60s);
        s.at(70s).expect_start("c", 60s).expect_wakeup(120s);
    });
}

TEST_CASE("whoever has enough to do looks at no slot, and none is late for that, and time limits are kept") {
    play(by_twos, [](core_script& s) {
        task_extra timed = late(coalesce::none);
        timed.timeout = 60s;
        s.add("a", every(1min), timed).at(60s).expect_start("a", 60s);
        for (auto uid : {"b", "c", "d"}) s.add(uid, every(1min), late(coalesce::none));
        s.clock(120s);
        s.core().on_time(s.now(), 0);
        REQUIRE(s.core().actions().size() == 2); // the time of "a" is over
        CHECK(s.core().actions()[0].kind == core::action::kind::cancel_run);
        CHECK_FALSE(s.core().has_decisions());
        CHECK(s.core().next_wakeup(s.now()) == s.now().steady);
        s.core().actions().clear();
        s.clock(125s);
        s.core().on_time(s.now(), 2); // that of "a", whose body is still there, and one more
        s.core().actions().clear();
        std::vector<core::decision> decided;
        s.core().take_decisions(decided);
        REQUIRE(decided.size() == 2);
        CHECK(decided[0].run == nullptr);
        CHECK(decided[1].run != nullptr);
    });
}

TEST_CASE("what falls due after the first look is late if the look at it is") {
    play(by_twos, [](core_script& s) {
        for (auto uid : {"a", "b", "c"}) s.add(uid, every(1min), late(coalesce::none));
        s.add("d", every(65s), late(coalesce::none));
        s.at(60s).expect_start("a", 60s).expect_start("b", 60s);
        s.at(70s).expect_start("c", 60s).expect_wakeup(70s);
        s.at(70s).expect_skip("d", skip_reason::missed, 1);
    });
}

TEST_CASE("a part that is decided after the next slot counts that slot too") {
    play(by_twos, [](core_script& s) {
        for (auto uid : {"a", "b", "c"}) s.add(uid, every(10s), late(coalesce::latest));
        s.at(30s);
        for (auto uid : {"a", "b"})
            s.expect_skip(uid, skip_reason::missed, 2).expect_start(uid, 30s, trigger::catch_up);
        s.at(40s).expect_skip("c", skip_reason::missed, 3).expect_start("c", 40s, trigger::catch_up);
        s.at(40s).expect_skip("a", skip_reason::overlap, 1).expect_skip("b", skip_reason::overlap, 1);
        s.expect_wakeup(50s);
    });
}

TEST_CASE("slots that wait start after those that are due with them, a part in each call") {
    play(by_twos, [](core_script& s) {
        task_extra all = late(coalesce::all);
        all.overlap = overlap::allow_all;
        s.add("a", every(10s), all).add("b", every(30s), late(coalesce::latest));
        s.add("c", every(30s), late(coalesce::latest));
        s.at(31s).expect_start("b", 30s).expect_wakeup(31s); // "a" has three that wait
        s.at(31s).expect_start("c", 30s);
        s.expect_start("a", 10s, trigger::catch_up).expect_start("a", 20s, trigger::catch_up);
        s.expect_wakeup(31s).at(31s).expect_start("a", 30s, trigger::catch_up).expect_wakeup(40s);
    });
}

TEST_CASE("a place that comes free is taken by those who wait, not all in one call") {
    play(core::scheduler_options{.runs_in_flight_max = 1, .work_max = 2}, [](core_script& s) {
        s.add("z", once()).at(0s).expect_start("z", 0s);
        for (auto uid : {"a", "b", "c", "d"}) s.add(uid, every(1min), late(coalesce::none));
        s.add("e", every(61s), late(coalesce::latest));
        for (int i = 0; i != 3; ++i) s.at(90s).expect_nothing();
        s.end("z").expect_skip("a", skip_reason::missed, 1).expect_skip("b", skip_reason::missed, 1);
        s.expect_wakeup(90s).at(90s);
        s.expect_skip("c", skip_reason::missed, 1).expect_skip("d", skip_reason::missed, 1).at(90s);
        s.expect_start("e", 61s).expect_wakeup(120s);
    });
}

TEST_CASE("deadlines are kept while there is more to start, a part in each call") {
    play(by_twos, [](core_script& s) {
        for (auto [uid, t] : {std::pair("x", 30s), {"y", 31s}, {"z", 32s}})
            s.add(uid, once(), {.timeout = t}).at(0s).expect_start(uid, 0s);
        for (auto uid : {"a", "b", "c"}) s.add(uid, every(1min), late(coalesce::latest));
        s.at(60s).expect_start("a", 60s).expect_start("b", 60s);
        for (auto uid : {"x", "y"})
            s.expect_cancel(uid, cancel_reason::timeout).expect_end(uid, outcome::timed_out);
        s.expect_wakeup(60s).at(60s).expect_start("c", 60s).expect_cancel("z", cancel_reason::timeout);
        s.expect_end("z", outcome::timed_out).expect_wakeup(61s);
    });
}

TEST_CASE("a pause, a shutdown and a clock set back end what is left, and it comes in its time") {
    auto three = [](core_script& s) -> core_script& {
        for (auto uid : {"a", "b", "c"}) s.add(uid, schedule(cron_schedule("* * * * *")));
        s.at(0s).expect_start("a", 0s).expect_start("b", 0s).expect_wakeup(0s).end("a").end("b");
        return s;
    };
    play(by_twos, [&](core_script& s) {
        three(s).pause_all().expect_wakeup(0s).at(0s).expect_no_wakeup().at(10s).resume_all(
            resume_from::the_past);
        s.at(10s).expect_start("c", 0s, trigger::catch_up).expect_wakeup(11s);
    });
    play(by_twos, [&](core_script& s) {
        three(s).shutdown(1s).expect_nothing().at(0s).expect_shutdown_done().expect_no_wakeup();
    });
    play(by_twos, [&](core_script& s) {
        three(s).wall_steps_by(-30s).at(1s).expect_nothing().expect_wakeup(2s);
        s.at(30s).expect_start("c", 0s);
    });
}

TEST_CASE("whatever the size of a part, the same runs begin, and slots are skipped, in the same order") {
    auto begun = [](std::size_t work_max, bool busy) { // then it sees what is due, and has no time for it yet
        core_script s(core::scheduler_options{.runs_in_flight_max = 7, .work_max = work_max});
        for (int i = 0; i != 40; ++i) {
            coalesce c = std::array{coalesce::latest, coalesce::all, coalesce::none}.at(i % 3u);
            task_extra extra = late(c, i % 4 == 0 ? 5s : 0s);
            extra.policy.catch_up.window = 60s;
            extra.overlap = static_cast<overlap>(i % 5);
            s.add("t" + std::to_string(i), every(10s + i % 7 * 1s), extra);
        }
        for (nanoseconds t : {5s, 480s, 483s, 500s, 540s, 1200s}) {
            auto look = [&] {
                do s.at(t).expect_anything();
                while (s.core().next_wakeup(s.now()) <= s.now().steady);
            };
            if (busy) {
                s.clock(t).core().on_time(s.now(), 0);
                REQUIRE(s.core().actions().empty());
            }
            look();
            for (int i = 39; i >= 0; --i)
                for (std::string uid = "t" + std::to_string(i); s.bodies(uid) > 0; look())
                    s.end(uid).expect_anything();
        }
        std::string starts;
        std::string skips;
        std::istringstream lines(s.trace());
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("  start ")) starts += line + "\n";
            if (line.starts_with("  skip ")) skips += line + "\n";
        }
        return starts + skips;
    };
    std::string whole = begun(1'000'000, false);
    for (std::size_t work_max : {1u, 2u, 5u, 17u})
        for (bool busy : {false, true}) CHECK(begun(work_max, busy) == whole);
}

// All that was told, by task, or else by what it is, as runs start only when a part is over.
std::string told_of(const core_script& s, bool by_task) {
    std::map<std::string, std::string> told;
    std::istringstream lines(s.trace());
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("  ") || line.starts_with("   ")) continue;
        std::size_t uid = line.find(" t");
        std::string what = line.substr(0, line.find(' ', 2));
        told[by_task && uid != std::string::npos ? line.substr(uid, 4) : what] += line + "\n";
    }
    std::string all;
    for (const auto& [uid, lines_of] : told) all += lines_of;
    return all;
}

// One of many kinds, that is never in a hurry.
void add_mixed(core_script& s, int i) {
    task_extra extra =
        late(std::array{coalesce::latest, coalesce::all, coalesce::none}.at(i % 3u), i % 4 == 0 ? 5s : 0s);
    extra.policy.catch_up.window = 60s;
    extra.overlap = static_cast<overlap>(i % 5);
    extra.policy.retry = {.attempts = i % 2 == 0 ? 2u : 1u, .backoff = 30s, .jitter = 0};
    extra.timeout = i % 6 == 0 ? 20s : 0s;
    std::string uid = "t" + std::to_string(10 + i);
    if (i % 7 == 3)
        s.add(uid, every_after(15s), extra);
    else
        s.add(uid, every(10s + i % 7 * 1s), extra);
}

void look(core_script& s, nanoseconds t) {
    do s.at(t).expect_anything();
    while (s.core().next_wakeup(s.now()) <= s.now().steady);
}

void end_some(core_script& s, int every_other, core::body_end how) {
    for (int i = 0; i < 40; i += every_other)
        if (std::string uid = "t" + std::to_string(10 + i); s.bodies(uid) > 0)
            s.end(uid, how).expect_anything();
}

TEST_CASE(
    "whatever the size of a part, a pause of all, its end and a shutdown do the same in the same order") {
    auto played = [](std::size_t work_max, resume_from from, bool gives_up) {
        core_script s(core::scheduler_options{.runs_in_flight_max = 7, .work_max = work_max});
        for (int i = 0; i != 40; ++i) add_mixed(s, i);
        look(s, 15s);
        for (int i = 0; i < 40; i += 3) s.try_trigger("t" + std::to_string(10 + i)).expect_anything();
        end_some(s, 4, core::body_end::failed);
        look(s, 16s);
        s.pause("t12", {"", wall_base + 30s}).expect_anything().pause_all().expect_anything();
        look(s, 48s);
        s.resume_all(from).expect_anything();
        look(s, 48s);
        end_some(s, 2, core::body_end::failed);
        look(s, 49s);
        s.backfill("t15", 0s, 40s, overlap::buffer_all).expect_anything().shutdown(1s).expect_anything();
        for (nanoseconds t : {49s, 50s}) look(s, t);
        if (!gives_up) end_some(s, 1, core::body_end::failed);
        look(s, 60s);
        for (int again = 0; again != 9; ++again) end_some(s, 1, core::body_end::success);
        CHECK(s.trace().find("shutdown done") != std::string::npos);
        CHECK(s.core().next_wakeup(s.now()) == steady_time::max());
        return told_of(s, false);
    };
    for (resume_from from : {resume_from::now, resume_from::the_past})
        for (bool gives_up : {false, true}) {
            std::string whole = played(1'000'000, from, gives_up);
            for (std::size_t work_max : {1u, 2u, 5u, 17u}) CHECK(played(work_max, from, gives_up) == whole);
        }
}

TEST_CASE("what comes for a task while all are paused, resumed or stopped finds that done to it") {
    auto played = [](std::size_t work_max, int step) {
        core_script s(core::scheduler_options{.work_max = work_max});
        for (int i = 0; i != 40; ++i) add_mixed(s, i);
        auto meddle = [&] {
            for (int i = step; i < 40; i += 5) {
                std::string uid = "t" + std::to_string(10 + i);
                if (s.core().find(uid) == nullptr) continue;
                if (i % 4 == 0 && s.bodies(uid) > 0) s.end(uid, core::body_end::failed).expect_anything();
                if (i % 4 == 1 && !s.core().shutting_down()) s.try_trigger(uid).expect_anything();
                if (i % 4 == 2) s.pause(uid, {"", wall_base + 60s}).expect_anything();
                if (i % 4 == 3) s.resume(uid, resume_from::the_past).expect_anything();
                // A run that was just asked for gets no place before the others have had their turn.
                bool may_wait = i % 4 == 1;
                if (!may_wait && s.task(uid).runs() != nullptr && i % 3 == 0) s.cancel(uid).expect_anything();
                if (i == 11) s.remove(uid).expect_anything();
            }
        };
        look(s, 15s);
        s.pause_all().expect_anything();
        meddle();
        look(s, 48s);
        s.resume_all().expect_anything();
        meddle();
        look(s, 48s);
        s.pause_all().expect_anything().resume_all(resume_from::the_past).expect_anything();
        look(s, 49s);
        s.shutdown(0s).expect_anything();
        meddle();
        s.at(49s).expect_anything();
        meddle();
        look(s, 70s);
        CHECK(s.core().next_wakeup(s.now()) == steady_time::max());
        return told_of(s, true);
    };
    for (int step : {0, 1, 2, 3, 4}) {
        std::string whole = played(1'000'000, step);
        for (std::size_t work_max : {1u, 2u, 5u, 17u}) CHECK(played(work_max, step) == whole);
    }
}

TEST_CASE("no call does more than a part of what a pause of all, its end and a shutdown are for many tasks") {
    for (bool paused : {true, false}) {
        core_script s(core::scheduler_options{.work_max = 10});
        task_extra two = late(coalesce::latest);
        two.overlap = overlap::buffer_one;
        for (int i = 0; i != 200; ++i) s.add("t" + std::to_string(100 + i), every(10s), two);
        look(s, 10s);
        for (int i = 0; i != 200; ++i) s.trigger("t" + std::to_string(100 + i)).expect_anything();
        look(s, 20s);
        std::size_t most = 0;
        std::size_t told = 0;
        auto take = [&] {
            most = std::max(most, s.core().actions().size());
            told += s.core().actions().size();
            s.core().actions().clear();
        };
        if (paused) {
            s.pause_all().expect_anything();
            s.clock(41s);
            s.core().resume_all(resume_from::now, s.now());
        } else {
            s.core().shutdown(0s, s.now());
        }
        for (take(); s.core().next_wakeup(s.now()) <= s.now().steady; take()) s.core().on_time(s.now());
        CHECK(most <= 40);
        CHECK(told >= 400);
    }
}

TEST_CASE("attempts that are due together do not each do as much as one call may") {
    core_script s(core::scheduler_options{.work_max = 10});
    task_extra tried;
    tried.policy.retry = {.attempts = 2, .backoff = 100s, .jitter = 0};
    for (int i = 0; i != 10; ++i) s.add("r" + std::to_string(i), every(1h), tried);
    s.at(0s).expect_anything();
    for (int i = 0; i != 10; ++i) s.end("r" + std::to_string(i), core::body_end::failed).expect_anything();
    task_extra all = late(coalesce::all);
    all.overlap = overlap::allow_all;
    all.first = after_interval;
    s.add("z", every(100ms), all).clock(100s);
    s.core().on_time(s.now());
    std::vector<core::decision> begun;
    s.core().take_decisions(begun);
    s.core().actions().clear();
    CHECK(begun.size() <= 20);
    CHECK(begun.size() >= 10);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
