// SPDX-License-Identifier: BSL-1.0
#include <race/races.hpp>

#include <race/arena.hpp>

#include <fmt/format.h>

#include <array>

namespace rondo::race {
namespace {

constexpr std::array policies{overlap::skip, overlap::allow_all, overlap::buffer_one, overlap::buffer_all,
                              overlap::cancel_other};
constexpr std::uint32_t beside_max = 3; // under `allow_all`

// Slots go before manual runs. Where these wait, slots must leave them a place, even under a sanitizer.
std::chrono::microseconds period_of(overlap how) {
    return how == overlap::skip || how == overlap::allow_all ? 1ms : 50ms;
}

std::string uid_of(std::uint64_t i) {
    return fmt::format("task-{}", i);
}

std::uint32_t most_of(overlap how) {
    return how == overlap::allow_all ? beside_max : 1;
}

// One for each policy, then again with catching up in order.
task racing_task(gauge& seen, std::uint64_t i) {
    overlap how = policies.at(i % policies.size());
    task t(uid_of(i), uid_of(i), every(period_of(how)), body{&seen, how == overlap::cancel_other});
    t.overlap(how).runs_in_flight_max(how == overlap::allow_all ? beside_max : 0).buffer_max(2);
    if (i / policies.size() % 2 == 1) {
        catch_up in_order;
        in_order.coalesce = coalesce::all;
        in_order.window = 2 * period_of(how);
        t.catch_up(in_order);
    }
    return t;
}

gauge& add_racing_task(arena& a, std::uint64_t i) {
    gauge& seen = a.watch(most_of(policies.at(i % policies.size())));
    a.add(racing_task(seen, i));
    return seen;
}

bool one_of(error_code e, std::initializer_list<errc> allowed) {
    return std::ranges::any_of(allowed, [&](errc one) { return e == one; });
}

// Each takes its part of what is left to do.
class quota {
public:
    explicit quota(std::uint64_t n) noexcept : left_(n) {}

    [[nodiscard]] bool take() noexcept {
        std::uint64_t n = left_;
        while (n > 0 && !left_.compare_exchange_weak(n, n - 1)) {
        }
        return n > 0;
    }
    [[nodiscard]] bool over() const noexcept { return left_ == 0; }

private:
    std::atomic<std::uint64_t> left_;
};

asio::awaitable<void> cancel_runs(arena& a, std::uint64_t me, std::uint64_t tasks, quota& left) {
    dice d(a.seed() + me);
    while (left.take()) {
        auto id = co_await a.tasks().async_trigger(uid_of(d.below(tasks)));
        if (!id) {
            a.complain("a trigger fails: " + id.error().message());
            continue;
        }
        if (std::uint64_t turns = d.below(6); turns > 0) co_await give_way(turns - 1);
        auto cancelled = co_await a.tasks().async_cancel(id.value());
        if (!cancelled && cancelled.error() != errc::run_not_exists)
            a.complain("a cancel fails: " + cancelled.error().message());
        auto r = co_await a.tasks().async_wait(id.value());
        if (!r) {
            a.complain("a wait fails: " + r.error().message());
            continue;
        }
        if (!cancelled && r.value().outcome != outcome::success) a.complain("a run was cancelled by nobody");
        a.note(std::move(r).value());
    }
}

// While `left` lasts, or, without a part in it, until others have used it up.
asio::awaitable<void> run_now(arena& a, std::uint64_t me, std::uint64_t tasks, quota& left, bool takes) {
    dice d(a.seed() + me);
    while (takes ? left.take() : !left.over()) {
        auto r = co_await a.tasks().async_run(uid_of(d.below(tasks)));
        if (r)
            a.note(std::move(r).value());
        else if (!one_of(r.error(), {errc::already_running, errc::queue_full}) &&
                 (takes || !one_of(r.error(), {errc::task_not_exists})))
            a.complain("a run fails: " + r.error().message());
    }
}

asio::awaitable<void> cancel_now(arena& a, std::uint64_t me, std::uint64_t tasks, quota& left) {
    dice d(a.seed() + me);
    while (!left.over()) {
        auto id = co_await a.tasks().async_trigger(uid_of(d.below(tasks)));
        co_await give_way(d.below(3));
        if (!id && !one_of(id.error(), {errc::already_running, errc::queue_full, errc::task_not_exists}))
            a.complain("a trigger fails: " + id.error().message());
        if (id) {
            auto cancelled = co_await a.tasks().async_cancel(id.value());
            if (!cancelled && cancelled.error() != errc::run_not_exists)
                a.complain("a cancel fails: " + cancelled.error().message());
        } else {
            auto cancelled = co_await a.tasks().async_cancel(uid_of(d.below(tasks)));
            if (!cancelled && cancelled.error() != errc::task_not_exists)
                a.complain("a cancel fails: " + cancelled.error().message());
        }
    }
}

// Its own task: another body and the same schedule, then out and in again.
asio::awaitable<void> update_remove_and_add(arena& a, std::uint64_t me, gauge& seen, quota& left) {
    dice d(a.seed() + me);
    while (left.take()) {
        for (std::uint64_t n = d.below(3); n > 0; --n) {
            co_await give_way(d.below(8));
            auto updated = co_await a.tasks().async_update(racing_task(seen, me));
            if (!updated) a.complain("an update fails: " + updated.error().message());
        }
        co_await give_way(d.below(8));
        auto removed = co_await a.tasks().async_remove(uid_of(me));
        if (!removed) a.complain("a removal fails: " + removed.error().message());
        if (seen.running != 0 || a.tasks().find(uid_of(me))) a.complain("something is left of a task");
        auto added = co_await a.tasks().async_add(racing_task(seen, me));
        if (!added) a.complain("an addition fails: " + added.error().message());
    }
}

// Runs may go on to their end, or are interrupted.
std::chrono::nanoseconds grace_of(std::uint64_t seed) {
    return seed % 2 == 0 ? 0ns : 20ms;
}

} // namespace

void race_cancel(std::uint64_t count, std::uint64_t seed, tally& sums) {
    constexpr std::uint64_t tasks = 4;
    constexpr std::uint64_t people = 64;
    arena a(seed);
    for (std::uint64_t i = 0; i != tasks; ++i) {
        task t(uid_of(i), "", at(wall_time_last), body{&a.watch(0), true});
        t.overlap(overlap::allow_all);
        a.add(std::move(t));
    }
    quota left(count);
    for (std::uint64_t i = 0; i != people; ++i) a.join(cancel_runs(a, i, tasks, left));
    a.close(grace_of(seed), sums);
}

void race_run_now(std::uint64_t count, std::uint64_t seed, tally& sums) {
    constexpr std::uint64_t tasks = 20;
    constexpr std::uint64_t people = 64;
    arena a(seed);
    for (std::uint64_t i = 0; i != tasks; ++i) add_racing_task(a, i);
    quota left(count);
    for (std::uint64_t i = 0; i != people; ++i) a.join(run_now(a, i, tasks, left, true));
    a.close(grace_of(seed), sums);
}

void race_remove(std::uint64_t count, std::uint64_t seed, tally& sums) {
    constexpr std::uint64_t tasks = 20;
    constexpr std::uint64_t people = 16; // of each kind
    arena a(seed);
    quota left(count);
    std::vector<gauge*> seen;
    for (std::uint64_t i = 0; i != tasks; ++i) seen.push_back(&add_racing_task(a, i));
    for (std::uint64_t i = 0; i != tasks; ++i) a.join(update_remove_and_add(a, i, *seen[i], left));
    for (std::uint64_t i = 0; i != people; ++i) {
        a.join(run_now(a, tasks + i, tasks, left, false));
        a.join(cancel_now(a, tasks + people + i, tasks, left));
    }
    a.close(grace_of(seed), sums);
}

} // namespace rondo::race
