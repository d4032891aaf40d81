// SPDX-License-Identifier: BSL-1.0
#include <race/races.hpp>

#include <race/arena.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>

namespace rondo::race {
namespace {

constexpr std::uint64_t tasks = 20;
constexpr std::array policies{overlap::skip, overlap::allow_all, overlap::buffer_one, overlap::buffer_all,
                              overlap::cancel_other};
constexpr std::uint32_t beside_max = 3; // under `allow_all`

std::string uid_of(std::uint64_t i) {
    return fmt::format("task-{}", i);
}

std::chrono::microseconds period_of(std::uint64_t i) {
    return i % 2 == 0 ? 1ms : 20ms;
}

// The limits on its bodies are those of the policy, whatever else an update changes.
task rough_task(gauge& seen, std::uint64_t i, dice& d) {
    overlap how = policies.at(i % policies.size());
    task t(uid_of(i), uid_of(d.below(9)), every(period_of(i)), rough_body{&seen});
    t.overlap(how).runs_in_flight_max(how == overlap::allow_all ? beside_max : 0).buffer_max(2);
    t.timeout(std::chrono::milliseconds(1 + d.below(4))); // or a body might hang for ever
    if (d.below(2) == 0) t.retry({.attempts = 3, .backoff = 1ms, .factor = 1, .max = 1ms, .jitter = 0});
    if (d.below(4) == 0) t.slot_timeout(std::chrono::milliseconds(2 + d.below(4)));
    if (d.below(4) == 0) t.pause_after_failures(3);
    if (d.below(2) == 0) {
        catch_up in_order;
        in_order.coalesce = coalesce::all;
        in_order.window = 2 * period_of(i);
        t.catch_up(in_order);
    }
    return t;
}

// Somebody who asks for many things, and waits for none of them before the next.
class hurried {
public:
    hurried(arena& a, std::uint64_t me) : arena_(a), dice_(a.seed() * 1000 + me) {}

    [[nodiscard]] dice& draw() noexcept { return dice_; }

    /// What an answer may be, other than a success.
    template <class T>
    auto answer(const char* what, std::initializer_list<errc> allowed) {
        ++*under_way_;
        return
            [&a = arena_, what, allowed = std::vector<errc>(allowed), under_way = under_way_](result<T> r) {
                if (!r && std::ranges::none_of(allowed, [&](errc one) { return r.error() == one; }))
                    a.complain(fmt::format("{} fails: {}", what, r.error().message()));
                --*under_way;
            };
    }
    asio::awaitable<void> wait_for_answers() {
        while (*under_way_ != 0) co_await give_way(1);
    }

    void update(std::uint64_t i, gauge& seen) {
        arena_.tasks().async_update(rough_task(seen, i, dice_),
                                    answer<void>("an update", {errc::task_not_exists}));
    }
    void steer(std::uint64_t i, gauge& seen) {
        manager& m = arena_.tasks();
        std::string uid = uid_of(i);
        switch (dice_.below(8)) {
        case 0: return update(i, seen);
        case 1: return m.async_pause(uid, answer<void>("a pause", {errc::task_not_exists}));
        case 2: return pause_for_a_while(uid);
        case 3:
            return m.async_resume(uid, dice_.below(2) == 0 ? resume_from::now : resume_from::the_past,
                                  answer<void>("a resume", {errc::task_not_exists}));
        case 4: return m.async_cancel(uid, answer<std::size_t>("a cancel", {errc::task_not_exists}));
        case 5: return backfill(i);
        default: return run_once(uid);
        }
    }

private:
    void pause_for_a_while(const std::string& uid) {
        auto until = system_clock().now().wall + std::chrono::microseconds(dice_.below(3000));
        arena_.tasks().async_pause(uid, pause_options().until(until),
                                   answer<void>("a pause", {errc::task_not_exists}));
    }
    // Never beside other runs, as there is a limit on bodies to be checked.
    void backfill(std::uint64_t i) {
        constexpr std::array in_turn{overlap::skip, overlap::buffer_one, overlap::buffer_all,
                                     overlap::cancel_other};
        auto to = system_clock().now().wall - 1ms;
        auto checked = [&a = arena_, answered = answer<backfill_progress>(
                                         "a backfill", {errc::task_not_exists, errc::already_running})](
                           result<backfill_progress> r) {
            if (r) {
                const backfill_progress& p = r.value();
                if (p.slots != p.succeeded + p.failed + p.skipped || p.left != 0 || p.in_flight != 0)
                    a.complain("a backfill does not add up");
            }
            answered(std::move(r));
        };
        arena_.tasks().async_backfill(uid_of(i), to - 3 * period_of(i), to,
                                      in_turn.at(dice_.below(in_turn.size())), checked);
    }
    // And then the run is cancelled, or given up, or left alone.
    void run_once(const std::string& uid) {
        auto triggered = [&a = arena_, what = dice_.below(3),
                          answered = answer<run_id>(
                              "a trigger", {errc::task_not_exists, errc::already_running, errc::queue_full}),
                          cancelled = answer<void>("a cancel of a run", {errc::run_not_exists}),
                          ended = answer<rondo::run>("a wait", {errc::run_not_exists})](result<run_id> id) {
            if (!id || what == 0) cancelled(boost::outcome_v2::success());
            if (!id) ended(errc::run_not_exists);
            if (id && what == 1) a.tasks().async_cancel(id.value(), cancelled);
            if (id && what == 2) a.tasks().async_detach(id.value(), cancelled);
            if (id)
                a.tasks().async_wait(id.value(), [&a, ended](result<rondo::run> r) {
                    if (r) a.note(r.value());
                    ended(std::move(r));
                });
            answered(std::move(id));
        };
        arena_.tasks().async_trigger(uid, triggered);
    }

    arena& arena_;
    dice dice_;
    std::shared_ptr<std::atomic<std::uint64_t>> under_way_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

// Its own task, in all ways at once, then out, and in again when nothing can be left of it.
asio::awaitable<void> remove_and_add(arena& a, std::uint64_t me, gauge& seen,
                                     std::atomic<std::int64_t>& left) {
    hurried self(a, me);
    while (--left >= 0) {
        for (std::uint64_t n = self.draw().below(4); n > 0; --n) {
            self.steer(me, seen);
            co_await give_way(self.draw().below(6));
        }
        self.update(me, seen);
        auto removed = co_await a.tasks().async_remove(uid_of(me));
        if (!removed) a.complain("a removal fails: " + removed.error().message());
        std::uint64_t begun = seen.begun;
        self.update(me, seen);
        co_await give_way(self.draw().below(6));
        if (seen.running != 0 || seen.begun != begun || a.tasks().find(uid_of(me)))
            a.complain("something is left of a task");
        auto added = co_await a.tasks().async_add(rough_task(seen, me, self.draw()));
        if (!added) a.complain("an addition fails: " + added.error().message());
    }
    co_await self.wait_for_answers();
}

asio::awaitable<void> meddle(arena& a, std::uint64_t me, const std::vector<gauge*>& seen,
                             std::atomic<std::int64_t>& left) {
    hurried self(a, me);
    while (left > 0) {
        std::uint64_t i = self.draw().below(tasks);
        self.steer(i, *seen[i]);
        if (self.draw().below(16) == 0) co_await self.wait_for_answers();
        co_await give_way(self.draw().below(6));
    }
    co_await self.wait_for_answers();
}

} // namespace

void race_steer(std::uint64_t count, std::uint64_t seed, tally& sums) {
    constexpr std::uint64_t people = 8;
    arena a(seed, true);
    dice d(seed);
    std::atomic<std::int64_t> left = static_cast<std::int64_t>(count);
    std::vector<gauge*> seen;
    for (std::uint64_t i = 0; i != tasks; ++i) {
        seen.push_back(&a.watch(policies.at(i % policies.size()) == overlap::allow_all ? beside_max : 1));
        a.add(rough_task(*seen.back(), i, d));
    }
    for (std::uint64_t i = 0; i != tasks; ++i) a.join(remove_and_add(a, i, *seen[i], left));
    for (std::uint64_t i = 0; i != people; ++i) a.join(meddle(a, tasks + i, seen, left));
    a.close(seed % 2 == 0 ? 0ns : 20ms, sums);
}

} // namespace rondo::race
