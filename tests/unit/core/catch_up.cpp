// SPDX-License-Identifier: BSL-1.0
#include <rondo/cron.hpp>
#include <support/play.hpp>

namespace rondo::test {
namespace {

using core::body_end;

task_extra late(catch_up c, overlap o = overlap::skip) {
    task_extra extra;
    extra.overlap = o;
    extra.first = after_interval;
    extra.policy.catch_up = c;
    return extra;
}

catch_up of(coalesce c, std::chrono::microseconds window = std::chrono::microseconds::max()) {
    catch_up p;
    p.coalesce = c;
    p.window = window;
    return p;
}

TEST_SUITE_BEGIN("core/catch_up");

TEST_CASE("latest: one run stands for all that were missed") {
    play([](core_script& s) {
        s.add("a", every(10s), late(of(coalesce::latest)));
        s.at(35s).expect_skip("a", skip_reason::missed, 2).expect_start("a", 30s, trigger::catch_up).end("a");
        s.at(40s).expect_start("a", 40s);
    });
}

TEST_CASE("none: what was missed does not run, and what is on time does") {
    play([](core_script& s) {
        s.add("a", every(10s), late(of(coalesce::none)));
        s.at(35s).expect_skip("a", skip_reason::missed, 3).expect_wakeup(40s);
        s.at(50s).expect_skip("a", skip_reason::missed, 1).expect_start("a", 50s, trigger::catch_up);
        s.end("a").at(61s).expect_start("a", 60s).end("a"); // a second is within the grace
        s.at(72s).expect_skip("a", skip_reason::missed, 1);
    });
}

TEST_CASE("all: each runs, in order, after the end of the one before") {
    play([](core_script& s) {
        s.add("a", every(10s), late(of(coalesce::all)));
        s.at(35s).expect_start("a", 10s, trigger::catch_up);
        CHECK(s.stat_of("a").slots_waiting == 2);
        s.at(36s).end("a").expect_start("a", 20s, trigger::catch_up);
        s.at(40s).expect_nothing(); // is skipped, in its turn
        s.at(41s)
            .end("a")
            .expect_start("a", 30s, trigger::catch_up)
            .expect_skip("a", skip_reason::overlap, 1);
        s.at(42s).end("a").expect_wakeup(50s).at(50s).expect_start("a", 50s);
    });
}

TEST_CASE("all, under allow_all: they run beside each other, up to the limit") {
    play([](core_script& s) {
        auto extra = late(of(coalesce::all), overlap::allow_all);
        extra.in_flight_max = 2;
        s.add("a", every(10s), extra);
        s.at(35s).expect_start("a", 10s, trigger::catch_up).expect_start("a", 20s, trigger::catch_up);
        s.at(36s).end("a").expect_start("a", 30s, trigger::catch_up).end("a").end("a");
        s.at(40s).expect_start("a", 40s);
    });
}

TEST_CASE("all: the last slots of a schedule that ends run too, where all runs have a limit") {
    core::scheduler_options options{.runs_in_flight_max = 1};
    play(options, [](core_script& s) {
        task_extra extra = late(of(coalesce::all));
        extra.first = by_schedule;
        s.add("z", every(1h)).add("a", schedule(cron_schedule("* * * * *")).max_runs(3), extra);
        s.at(0s).expect_start("z", 0s).at(10min).end("z").expect_start("a", 0s, trigger::catch_up);
        s.end("a").expect_start("a", 1min, trigger::catch_up).end("a");
        s.expect_start("a", 2min, trigger::catch_up).end("a").expect_no_next_run("a");
    });
}

TEST_CASE("what is older than the window is missed") {
    play([](core_script& s) {
        s.add("a", every(10s), late(of(coalesce::all, 20s)))
            .add("b", every(10s), late(of(coalesce::latest, 4s)));
        s.at(45s).expect_skip("a", skip_reason::missed, 2).expect_start("a", 30s, trigger::catch_up);
        s.expect_skip("b", skip_reason::missed, 4);
        s.end("a").expect_start("a", 40s, trigger::catch_up).end("a");
    });
}

TEST_CASE("the window holds for a rule too, without a step for each slot") {
    play([](core_script& s) {
        task_extra extra = late(of(coalesce::all, 150s));
        extra.first = by_schedule;
        s.add("a", cron_schedule("* * * * *"), extra).at(0s).expect_start("a", 0s).end("a");
        s.at(10min + 30s).expect_skip("a", skip_reason::missed, 7);
        for (auto slot : {8min, 9min, 10min}) s.expect_start("a", slot, trigger::catch_up).end("a");
        s.at(11min).expect_start("a", 11min);
    });
}

TEST_CASE("a million missed slots are one decision") {
    play([](core_script& s) {
        s.add("a", every(1ms), late(of(coalesce::all, 2ms)));
        s.at(1000s)
            .expect_skip("a", skip_reason::missed, 999'997)
            .expect_start("a", 999'998ms, trigger::catch_up);
        s.end("a").expect_start("a", 999'999ms, trigger::catch_up).end("a");
        s.expect_start("a", 1000s, trigger::catch_up).end("a").at(1000s + 1ms).expect_start("a", 1000s + 1ms);
    });
}

TEST_CASE("a new life catches up on the old one by the same policy") {
    for (auto c : {coalesce::latest, coalesce::all, coalesce::none})
        play([c](core_script& s) {
            task_state state;
            state.anchor = wall_base - 30s;
            state.next_slot = wall_base - 20s;
            s.restore("a", every(10s), state, late(of(c)));
            s.at(0s);
            if (c == coalesce::latest)
                s.expect_skip("a", skip_reason::missed, 2).expect_start("a", 0s, trigger::catch_up);
            if (c == coalesce::all) s.expect_start("a", -20s, trigger::catch_up);
            if (c == coalesce::none)
                s.expect_skip("a", skip_reason::missed, 2).expect_start("a", 0s, trigger::catch_up);
        });
}

TEST_CASE("a resume from the past catches up, one from now does not") {
    play([](core_script& s) {
        s.add("a", every(10s), late(of(coalesce::all))).add("b", every(10s), late(of(coalesce::all)));
        s.at(5s).pause("a").pause("b").at(25s).resume("a").expect_skip("a", skip_reason::paused, 2);
        s.resume("b", resume_from::the_past).expect_nothing();
        CHECK(s.core().next_wakeup(s.now()) <= s.now().steady);
        s.at(26s)
            .expect_start("b", 10s, trigger::catch_up)
            .end("b")
            .expect_start("b", 20s, trigger::catch_up);
        s.end("b").at(30s).expect_start("a", 30s).expect_start("b", 30s);
    });
}

TEST_CASE("the pause of all ends the same way") {
    play([](core_script& s) {
        s.add("a", every(10s), late(of(coalesce::all))).add("b", every(10s), late(of(coalesce::none)));
        s.at(5s).pause_all().at(25s).resume_all(resume_from::the_past);
        s.at(25s).expect_skip("b", skip_reason::missed, 2).expect_start("a", 10s, trigger::catch_up);
        s.end("a").expect_start("a", 20s, trigger::catch_up).end("a");
    });
}

TEST_CASE("the start of catching up is spread by the uid") {
    play([](core_script& s) {
        catch_up c = of(coalesce::latest);
        c.spread = 60s;
        const char* uids[] = {"a", "b", "c", "d"};
        for (auto uid : uids) s.add(uid, every(10min), late(c));
        s.at(25min).expect_nothing();
        std::set<steady_time> wakeups;
        for (auto uid : uids) {
            (void)uid;
            steady_time next = s.core().next_wakeup(s.now());
            CHECK(next >= steady_base + 25min);
            CHECK(next < steady_base + 26min);
            s.at(next - steady_base).expect_anything();
            wakeups.insert(next);
        }
        CHECK(wakeups.size() == 4);
        for (auto uid : uids) {
            CHECK(s.stat_of(uid).counters.runs == 1);
            CHECK(s.stat_of(uid).counters.skipped_missed == 1);
            s.end(uid);
        }
        s.at(30min).expect_start("a", 30min).expect_start("b", 30min); // on time, so at once
        s.expect_start("c", 30min).expect_start("d", 30min);
    });
}

TEST_CASE("what falls due before the catching up begins goes with it") {
    play([](core_script& s) {
        catch_up c = of(coalesce::latest);
        c.spread = 60s;
        s.add("a", every(10s), late(c)).at(35s).expect_nothing();
        auto start = s.core().next_wakeup(s.now()) - steady_base;
        auto slots = start / 10s;
        REQUIRE(slots > 3);
        s.at(start).expect_skip("a", skip_reason::missed, static_cast<std::uint64_t>(slots - 1));
        s.expect_start("a", slots * 10s, trigger::catch_up);
    });
}

TEST_CASE("waiting for a place makes nothing late") {
    core::scheduler_options options{.runs_in_flight_max = 1};
    play(options, [](core_script& s) {
        s.add("a", every(1h)).add("b", every(10min), late(of(coalesce::none)));
        s.at(0s).expect_start("a", 0s);
        s.at(10min).expect_nothing().at(15min).end("a").expect_start("b", 10min).end("b");
    });
}

TEST_CASE("nor does the place of an earlier slot make one on time that is late") {
    core::scheduler_options options{.runs_in_flight_max = 2};
    play(options, [](core_script& s) {
        catch_up c = of(coalesce::none);
        c.grace = 0s;
        s.add("b", every(10s), late(c, overlap::buffer_one)).at(10s).expect_start("b", 10s);
        s.at(20s).expect_nothing().add("c", once()).at(20s).expect_start("c", 20s);
        s.add("d", once()).at(20s).expect_nothing();
        s.at(23s).end("b").expect_start("d", 20s); // and b waits for a place with its slot at 20 s
        s.at(35s).expect_nothing().at(36s).end("c").expect_start("b", 20s);
        s.end("d").expect_skip("b", skip_reason::missed, 1);
    });
}

TEST_CASE("the end of the pause of all sees who was to catch up a little later") {
    play([](core_script& s) {
        catch_up c = of(coalesce::latest);
        c.spread = 60s;
        s.add("a", every(10min), late(c)).at(15min).expect_nothing();
        s.pause_all().resume_all().expect_skip("a", skip_reason::paused, 1).expect_wakeup(20min);
    });
}

TEST_CASE("what cannot be obeyed is refused") {
    core_script s;
    auto refused = [&](auto change) {
        task_extra extra;
        change(extra.policy);
        s.add_fails("a", every(10s), errc::invalid_option, extra);
    };
    refused([](core::task_policy& p) { p.buffer_max = 0; });
    refused([](core::task_policy& p) { p.buffer_max = buffer_max_limit + 1; });
    refused([](core::task_policy& p) { p.catch_up.window = -1us; });
    refused([](core::task_policy& p) { p.catch_up.grace = -1us; });
    refused([](core::task_policy& p) { p.catch_up.spread = -1us; });
    refused([](core::task_policy& p) { p.catch_up.spread = catch_up_spread_max + 1us; });
    refused([](core::task_policy& p) { p.catch_up.coalesce = static_cast<coalesce>(7); });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
