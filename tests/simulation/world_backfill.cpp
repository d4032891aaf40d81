// SPDX-License-Identifier: BSL-1.0
#include <simulation/world_input.hpp>

#include <simulation/dice.hpp>

#include <fmt/format.h>

#include <chrono>

namespace rondo::simulation {
namespace {

using std::chrono::microseconds;

wall_time slot_before(const naive_schedule& when, wall_time t) {
    if (when.kind() == schedule::kind::every) {
        auto interval = when.interval();
        return t - ((t - when.anchor()) % interval + interval) % interval;
    }
    moment slot = when.when().previous_before(t + microseconds(1), when.anchor());
    return slot ? *slot : t;
}

// What `n` stands for: mostly a few slots of the past, sometimes many, sometimes what makes no sense.
backfill_plan range_of(std::int64_t n, const naive_schedule& when, wall_time now, std::int64_t unit_us) {
    dice d(static_cast<std::uint64_t>(n));
    microseconds step = when.interval();
    if (step.count() == 0) step = microseconds(when.by_wall() ? unit_us / 2 : unit_us);
    backfill_plan p;
    p.policy = static_cast<overlap>(d.below(5));
    std::int64_t slots = d.below(6);
    if (d.one_in(4)) slots = d.below(30);
    if (d.one_in(10)) {
        slots = d.between(90, 250);
        if (d.one_in(2)) p.policy = overlap::allow_all;
    }
    p.to = now;
    if (!d.one_in(4)) p.to -= d.below(4) * step + microseconds(d.below(step.count() + 1));
    if (d.one_in(2)) p.to = slot_before(when, p.to);
    p.from = p.to - slots * step - microseconds(d.below(step.count() + 1));
    if (d.one_in(2)) p.from = slot_before(when, p.from);
    switch (d.below(50)) {
    case 0: p.to = now + microseconds(1); break;
    case 1: p.from = p.to; break;
    case 2: p.from = p.to + microseconds(1); break;
    case 3: p.from = wall_time_first - microseconds(1); break;
    case 4: p.policy = static_cast<overlap>(5); break;
    default: break;
    }
    return p;
}

} // namespace

void world::backfill(int task, std::int64_t n) {
    auto i = static_cast<std::size_t>(task);
    if (records_[i] == nullptr) return;
    backfill_plan p = range_of(n, model_.of(task).when, now_.wall, swarm_.unit_us);
    if (out_.telling)
        note(task, fmt::format("backfill from {} to {}, overlap {}", rondo::to_string(p.from, 6),
                               rondo::to_string(p.to, 6), static_cast<int>(p.policy)));
    error_code wanted = model_.backfill(task, p, now_);
    if (!wanted) check_.backfill.begins(task, p, model_.of(task).when.by_wall());
    error_code answer;
    input(input_kind::backfill, task, nullptr, [&] {
        auto r = ask([&] { return core_->backfill(*records_[i], p.from, p.to, p.policy, now_); });
        if (!r) answer = r.error();
        if (answer != wanted)
            out_.report("model", task, "a backfill says " + answer.message() + ", not " + wanted.message());
    });
}

void world::stop_backfill(int task) {
    auto i = static_cast<std::size_t>(task);
    if (records_[i] == nullptr) return;
    model_.stop_backfill(task);
    input(input_kind::stop_backfill, task, nullptr,
          [&] { ask([&] { core_->stop_backfill(*records_[i], now_); }); });
}

void world::obey_backfill_done(int task) {
    const backfill_progress& p = records_[static_cast<std::size_t>(task)]->backfill()->progress;
    if (out_.telling)
        note(task, fmt::format("backfill done: {} slots, {} well, {} not, {} skipped", p.slots, p.succeeded,
                               p.failed, p.skipped));
    if (!std::exchange(model_.of(task).filling.must_be_done, false))
        out_.report("actions", task, "a backfill is done, and it is not over");
    check_.backfill.done(task, p);
    tally_.backfills += 1;
    tally_.filled += p.succeeded + p.failed;
}

} // namespace rondo::simulation
