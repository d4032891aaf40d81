// SPDX-License-Identifier: BSL-1.0
#include <simulation/world_input.hpp>

#include <simulation/dice.hpp>

#include <fmt/format.h>

namespace rondo::simulation {

// As lib/runtime does it: first on record, then in force. One at a time for each task.
void world::update(int task, std::int64_t what) {
    auto i = static_cast<std::size_t>(task);
    if (!live(task) || shut_down_ || changes_[i].open) return;
    std::uint32_t plan = plan_[i] ^ static_cast<std::uint32_t>(what & 1);
    std::uint32_t policy = policy_[i] ^ static_cast<std::uint32_t>(what >> 1 & 1);
    core::task_spec spec = spec_of(i, plan_of(i, plan, policy));
    if (auto possible = core_->check_update(*records_[i], spec); !possible)
        return out_.report("actions", task, "an update is refused: " + possible.error().message());
    std::int64_t delay = delay_of_registration(draw(swarm_.seed, 41, task, ++drawn_));
    changes_[i] = {true, plan, policy, ns_of(now_) + delay};
    if (delay == 0) updated(task);
}

void world::updated(int task) {
    auto i = static_cast<std::size_t>(task);
    change c = std::exchange(changes_[i], {});
    std::uint64_t n = draw(swarm_.seed, 43, task, ++drawn_);
    bool fails = store_broken() || (swarm_.add_fails != 0 && !healing_ &&
                                    n % static_cast<std::uint64_t>(swarm_.add_fails) == 0);
    if (fails) fault(fault_kind::unregistered);
    bool applied = !fails || n >> 32 & 1; // its answer may be what got lost
    if (applied && records_[i] != nullptr) {
        schedule when = plan_of(i, c.plan, c.policy).when.for_uid(records_[i]->uid);
        store_.add(task, core_->definition(*records_[i], now_), when, c.plan);
        store_.row(task).updated = true;
    }
    if (!fails && live(task) && !shut_down_) put_in_force(task, c);
}

void world::put_in_force(int task, const change& c) {
    auto i = static_cast<std::size_t>(task);
    plan_[i] = c.plan;
    policy_[i] = c.policy;
    store_.row(task).updated = true;
    seen_.plan = plan_of(i, c.plan, c.policy);
    core::task_spec spec = spec_of(i, seen_.plan);
    seen_.plan.when = spec.when.for_uid(spec.uid);
    if (out_.telling) note(task, fmt::format("updated to {}", seen_.plan.when.text()));
    check_.preview.intervened(task);
    check_.limits.updates(task);
    // What is due is decided first, whatever comes of the rest; and an attempt too many may be left.
    const bool parts = model_.is_due(model_.of(task), now_) || records_[i]->retrying() > 0;
    auto asked = [&] { return core_->update(*records_[i], spec, now_); };
    input(input_kind::update, task, nullptr, [&] {
        if ((parts ? asked() : ask(asked)) == nullptr)
            out_.report("actions", task, "an update loses the old body");
    });
}

// Its body is given up, and what it still says is of no concern.
void world::detach(int task, std::int64_t index) {
    for (sim_run* r : runs_) {
        if (r->task != task || index-- != 0) continue;
        if (out_.telling) note(task, fmt::format("detach the run of {}", rondo::to_string(r->slot, 6)));
        model_.detach(*r, now_);
        core::run_record& record = *r->record;
        return input(input_kind::detach, task, r, [&] { ask([&] { core_->detach(record, now_); }); });
    }
}

void world::set_group(std::size_t index, const group_plan& limits) {
    if (shut_down_) return;
    groups_[index] = limits;
    if (out_.telling)
        note(findings::no_task, fmt::format("{}: {} runs, {} starts in {} us", group_names[index],
                                            limits.runs_max, limits.starts_max, limits.per.count() / 1000));
    model_.set_group(index, limits);
    check_.limits.changes(index, limits);
    group g{std::string(group_names[index])};
    g.runs_in_flight_max(limits.runs_max).starts_max(limits.starts_max, limits.per);
    input(input_kind::set_group, findings::no_task, nullptr, [&] {
        if (auto r = ask([&] { return core_->set_group(g, now_); }); !r)
            out_.report("actions", findings::no_task, "a group is refused: " + r.error().message());
    });
}

} // namespace rondo::simulation
