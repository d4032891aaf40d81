// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

#include <random>

namespace rondo::test {
namespace {

using core::body_end;

constexpr std::string_view uids[]{"a", "b", "c", "d", "e"};

/// Random inputs for a script, which checks the invariants after each.
class chaos {
public:
    explicit chaos(std::uint32_t seed) : random_(seed), script_(options(seed)) {}

    void step() {
        if (one_in(20)) return pause_or_remove();
        if (one_in(400)) script_.wall_steps_by(std::chrono::seconds(pick(7200)) - 1h);
        if (one_in(50)) return hold_or_answer();
        switch (pick(4)) {
        case 0: now_ += std::chrono::milliseconds(one_in(30) ? pick(600'000) : pick(3'000)); break;
        case 1: return end_one();
        case 2: return trigger_one();
        case 3: return cancel_one();
        }
        script_.at(now_).expect_anything();
    }

    /// Faults gone: what is due must be decided, and what runs must end.
    void heal() {
        script_.answer().expect_anything();
        script_.resume_all().expect_anything();
        for (auto uid : uids) {
            if (live(uid)) script_.resume(uid).expect_anything();
        }
        now_ += 1h;
        script_.at(now_).expect_anything();
        now_ += 10s; // by then all have begun to catch up
        script_.at(now_).expect_anything();
        for (bool more = true; more;) {
            more = false;
            for (auto uid : uids)
                while (script_.bodies(std::string(uid)) > 0) {
                    script_.end(uid).expect_anything();
                    more = true;
                }
        }
        manager_stat all;
        script_.core().describe(all);
        CHECK(all.runs_in_flight == 0);
        CHECK(all.runs_waiting == 0);
        for (auto uid : uids)
            if (live(uid)) check_drained(uid);
    }

    [[nodiscard]] const std::string& trace() const { return script_.trace(); }
    [[nodiscard]] std::uint64_t starts() const { return starts_; }

private:
    static core::scheduler_options options(std::uint32_t seed) {
        core::scheduler_options o;
        o.runs_in_flight_max = seed % 4;
        o.runs_waiting_max = 3;
        return o;
    }

    int pick(int n) { return static_cast<int>(random_() % static_cast<std::uint32_t>(n)); }
    bool one_in(int n) { return pick(n) == 0; }
    bool live(std::string_view uid) {
        core::task_record* t = script_.core().find(uid);
        return t != nullptr && t->state == core::task_state_kind::live;
    }
    std::string_view any() { return uids[pick(5)]; }

    void check_drained(std::string_view uid) {
        stat s = script_.stat_of(uid);
        const counters& c = s.counters;
        CHECK(c.runs == c.succeeded + c.failed + c.timed_out + c.cancelled + c.interrupted);
        CHECK(s.runs_overrunning == 0);
        starts_ += c.runs;
        core::task_record& t = script_.task(uid);
        auto now = script_.now();
        if (t.slot == core::no_slot) {
            CHECK(!t.when.interval());
        } else if (t.held) { // it got its place only now, and begins to catch up a little later
            CHECK(script_.core().next_wakeup(now) <= now.steady + 5s);
        } else {
            CHECK(t.due > (t.by_wall() ? now.wall.time_since_epoch().count()
                                       : std::chrono::nanoseconds(now.steady.time_since_epoch()).count()));
        }
    }

    void add(std::string_view uid) {
        task_extra extra;
        extra.overlap = static_cast<overlap>(pick(5));
        extra.policy.buffer_max = static_cast<std::uint32_t>(1 + pick(4));
        catch_up& late = extra.policy.catch_up;
        late.coalesce = static_cast<coalesce>(pick(3));
        if (one_in(2)) late.window = std::chrono::milliseconds(pick(20'000));
        if (one_in(2)) late.grace = std::chrono::milliseconds(pick(3'000));
        if (one_in(4)) late.spread = std::chrono::milliseconds(pick(5'000));
        if (one_in(2)) extra.in_flight_max = static_cast<std::uint32_t>(1 + pick(3));
        if (one_in(3)) extra.first = after_interval;
        if (one_in(3)) extra.timeout = std::chrono::milliseconds(1 + pick(5000));
        auto interval = std::chrono::milliseconds(1 + pick(20'000));
        script_.clock(now_);
        switch (pick(5)) {
        case 0: script_.add(uid, once(), extra); break;
        case 1: script_.add(uid, at(script_.now().wall + interval), extra); break;
        case 2: script_.add(uid, every_after(interval), extra); break;
        default: script_.add(uid, every(interval), extra); break;
        }
        script_.expect_anything();
    }

    void pause_or_remove() {
        auto uid = any();
        if (script_.core().find(uid) == nullptr) return add(uid);
        if (one_in(2)) {
            one_in(2) ? script_.pause_all() : script_.resume_all(from());
            return void(script_.expect_anything());
        }
        if (!live(uid)) return;
        if (one_in(10)) return void(script_.remove(uid).expect_anything());
        one_in(2) ? script_.pause(uid) : script_.resume(uid, from());
        script_.expect_anything();
    }

    resume_from from() { return one_in(2) ? resume_from::now : resume_from::the_past; }

    void hold_or_answer() {
        if (one_in(2)) return void(script_.hold());
        script_.answer(one_in(2));
        script_.expect_anything();
    }

    void end_one() {
        auto uid = any();
        std::size_t n = script_.bodies(std::string(uid));
        if (n == 0) return;
        auto how = one_in(4) ? body_end::failed : body_end::success;
        script_.clock(now_).end(uid, how, random_() % n).expect_anything();
    }

    void trigger_one() {
        auto uid = any();
        if (live(uid) && one_in(3)) script_.clock(now_).try_trigger(uid).expect_anything();
    }

    void cancel_one() {
        auto uid = any();
        core::task_record* t = script_.core().find(uid);
        if (t != nullptr && t->runs() != nullptr && one_in(5))
            script_.clock(now_).cancel(uid).expect_anything();
    }

    std::mt19937 random_;
    core_script script_;
    std::chrono::nanoseconds now_{0};
    std::uint64_t starts_ = 0;
};

TEST_SUITE_BEGIN("core/random_inputs");

TEST_CASE("the invariants hold under random inputs, and a healed world drains") {
    for (std::uint32_t seed = 0; seed != 8; ++seed) {
        CAPTURE(seed);
        chaos world(seed);
        for (int i = 0; i != 2'500; ++i) world.step();
        world.heal();
        CHECK(world.starts() > 0);
    }
}

TEST_CASE("one seed gives one story") {
    auto story = [](std::uint32_t seed) {
        chaos world(seed);
        for (int i = 0; i != 1'000; ++i) world.step();
        return world.trace();
    };
    CHECK(story(5) == story(5));
    CHECK(story(5) != story(6));
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
