// SPDX-License-Identifier: BSL-1.0
#include <support/play.hpp>

#include <random>

namespace rondo::test {
namespace {

using core::body_end;

constexpr std::string_view uids[]{"a", "b", "c"};

/// A chain of three under random inputs, for a script, which checks after each that no slot is lost or decided twice.
class chain {
public:
    explicit chain(std::uint32_t seed) : random_(seed) {
        for (auto uid : uids) add(uid);
    }

    void step() {
        switch (pick(10)) {
        case 0: return steer(uids[1 + pick(2)]);
        case 1:
            if (auto uid = uids[pick(3)]; live(uid)) script_.clock(now_).try_trigger(uid).expect_anything();
            return;
        case 2: return cancel_one(uids[pick(3)]);
        case 3:
        case 4:
        case 5:
        case 6: return end_one(uids[pick(3)]);
        default: break;
        }
        now_ += std::chrono::milliseconds(pick(4'000));
        script_.at(now_).expect_anything();
    }

    /// All ends, and then nothing is left.
    void heal() {
        for (auto uid : uids)
            if (live(uid)) script_.resume(uid).expect_anything();
        script_.remove("a").expect_anything();
        for (int idle = 0; idle != 3; ++idle) {
            now_ += 3s; // more than an attempt waits
            script_.at(now_).expect_anything();
            for (auto uid : uids)
                for (; script_.bodies(std::string(uid)) > 0; idle = 0) script_.end(uid).expect_anything();
        }
        for (auto uid : uids) {
            if (!live(uid)) continue;
            const core::followed_slots& f = *script_.task(uid).past->followed;
            CHECK(f.due.empty());
            CHECK(f.early.empty());
            CHECK(f.surplus.count == 0);
            CHECK(script_.task(uid).queue() == nullptr);
            decided_ += script_.stat_of(uid).counters.runs;
        }
    }

    [[nodiscard]] std::uint64_t decided() const { return decided_; }

private:
    int pick(int n) { return static_cast<int>(random_() % static_cast<std::uint32_t>(n)); }
    bool one_in(int n) { return pick(n) == 0; }
    bool live(std::string_view uid) {
        core::task_record* t = script_.core().find(uid);
        return t != nullptr && t->state == core::task_state_kind::live;
    }

    task_extra extra() {
        task_extra e;
        e.overlap = static_cast<overlap>(pick(5));
        e.policy.buffer_max = static_cast<std::uint32_t>(1 + pick(3));
        e.policy.catch_up.coalesce = static_cast<coalesce>(pick(3));
        if (one_in(2)) e.policy.catch_up.grace = std::chrono::milliseconds(pick(3'000));
        if (one_in(3)) e.policy.retry = {.attempts = 2, .backoff = 2s, .jitter = 0};
        if (one_in(4)) e.timeout = 7s;
        return e;
    }

    schedule of(std::string_view uid) {
        if (uid == "a") return every(2s);
        outcome_set wanted = one_in(2) ? any_outcome : outcome_set(outcome::success);
        return after(uid == "b" ? "a" : "b", wanted);
    }

    void add(std::string_view uid) {
        task_extra e = extra();
        if (uid == "a") e.overlap = one_in(2) ? overlap::allow_all : e.overlap;
        script_.clock(now_).add(uid, of(uid), e).expect_anything();
    }

    void steer(std::string_view uid) {
        if (script_.core().find(uid) == nullptr) return add(uid);
        if (!live(uid)) return;
        script_.clock(now_);
        switch (pick(8)) {
        case 0: script_.remove(uid); break;
        case 1:
        case 2: script_.pause(uid); break;
        case 3:
        case 4: script_.update(uid, of(uid), extra()); break;
        default: script_.resume(uid, one_in(2) ? resume_from::now : resume_from::the_past); break;
        }
        script_.expect_anything();
    }

    void cancel_one(std::string_view uid) {
        core::task_record* t = script_.core().find(uid);
        if (t != nullptr && t->runs() != nullptr) script_.clock(now_).cancel(uid).expect_anything();
    }

    void end_one(std::string_view uid) {
        std::size_t n = script_.bodies(std::string(uid));
        auto how = one_in(3) ? body_end::failed : body_end::success;
        if (n > 0) script_.clock(now_).end(uid, how, random_() % n).expect_anything();
    }

    std::mt19937 random_;
    core_script script_;
    std::chrono::nanoseconds now_{0};
    std::uint64_t decided_ = 0;
};

TEST_SUITE_BEGIN("core/follow_random");

TEST_CASE("whatever happens, a slot of the other is decided once") {
    std::uint64_t decided = 0;
    for (std::uint32_t seed = 0; seed != 200; ++seed) {
        CAPTURE(seed);
        chain c(seed);
        for (int i = 0; i != 200; ++i) c.step();
        c.heal();
        decided += c.decided();
    }
    CHECK(decided > 1000);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
