// SPDX-License-Identifier: BSL-1.0
#include <simulation/world_input.hpp>

#include <simulation/dice.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <memory>
#include <string_view>

namespace rondo::simulation {
namespace {

constexpr steady_time steady_begin{std::chrono::seconds(1000)};

resume_from from_of(const event& e) noexcept {
    return e.amount == 0 ? resume_from::now : resume_from::the_past;
}

} // namespace

world::world(const swarm& s, findings& out)
    : swarm_(s), out_(out), check_(swarm_, model_, out), model_(swarm_.core, runs_, out), store_(out) {
    now_ = {steady_begin, s.wall_begin};
    groups_ = s.groups;
    clock_ns_ = ns_of(now_);
    clock_wall_ = now_.wall;
    live_again();
}

void world::play(const event& e) {
    if (out_.telling) note(findings::no_task, "-- " + to_string(e));
    int task = e.task;
    switch (e.kind) {
    case event_kind::pass: return pass(e.amount);
    case event_kind::stall: return stall(e.amount);
    case event_kind::wake: return on_time();
    case event_kind::set_clock:
        fault(fault_kind::clock);
        clock_ns_ = ns_of(now_);
        now_.wall += std::chrono::microseconds(e.amount);
        clock_wall_ = now_.wall;
        wakeup_ = std::chrono::nanoseconds(core_->next_wakeup(now_).time_since_epoch()).count();
        if (swarm_.told_of_set) on_time();
        return;
    case event_kind::add: return add(task);
    case event_kind::remove: return remove(task);
    case event_kind::update: return update(task, e.amount);
    case event_kind::pause: return pause(task, e.amount);
    case event_kind::resume: return resume(task, from_of(e));
    case event_kind::pause_all: return pause_all();
    case event_kind::resume_all: return resume_all(from_of(e));
    case event_kind::trigger: return trigger(task, e.amount);
    case event_kind::end_body: return end_oldest_body(task);
    case event_kind::cancel: return cancel(task, e.amount);
    case event_kind::preview: return ask_preview(task, e.amount);
    case event_kind::rival:
        if (store_.rival_takes(task, now_.wall)) fault(fault_kind::rival);
        return;
    case event_kind::outage:
        fault(fault_kind::outage);
        broken_until_ = ns_of(now_) + e.amount * 1000;
        return;
    case event_kind::crash: return die(e.amount, true);
    case event_kind::shutdown: return shutdown(e.amount);
    case event_kind::detach: return detach(task, e.amount);
    case event_kind::set_group:
        return set_group(static_cast<std::size_t>(task), group_plan_of(e.amount, swarm_.unit_us));
    case event_kind::backfill: return backfill(task, e.amount);
    case event_kind::stop_backfill: return stop_backfill(task);
    }
}

void world::add(int task) {
    auto i = static_cast<std::size_t>(task);
    task_plan p = plan_of(i, plan_[i], policy_[i]);
    core::task_spec spec = spec_of(i, p);
    while (core_->has_decisions()) take_decisions(); // of the task that had the uid before
    auto r = core_->reserve(spec);
    check_.uid_unique.reserved(task, r ? error_code() : r.error(), shut_down_);
    if (!r) return;
    wanted_[i] = true;
    records_[i] = r.value();
    check_.nothing_after.added(task);
    check_.counters.activated(task);
    model_.reserve(task, *r.value(), spec.when.for_uid(spec.uid), p);
    registrations_[i].open = true;
    std::uint64_t n = draw(swarm_.seed, 17, task, ++drawn_);
    std::int64_t delay = delay_of_registration(n);
    registrations_[i].answer_at = ns_of(now_) + delay;
    if (delay == 0) registered(task);
}

std::int64_t world::delay_of_registration(std::uint64_t n) const {
    bool slow = swarm_.store_slow != 0 && !healing_ && n % static_cast<std::uint64_t>(swarm_.store_slow) == 0;
    return slow ? 1 + static_cast<std::int64_t>((n >> 8) % 1'000'000) * swarm_.unit_us / 1000 : 0;
}

// With the schedule in `when`.
task_plan world::plan_of(std::size_t i, std::uint32_t plan, std::uint32_t policy) const {
    task_plan p = policy == 0 ? swarm_.plans[i] : swarm_.others[i];
    if (plan != 0) p.when = p.when_changed;
    return p;
}

void world::registered(int task) {
    auto i = static_cast<std::size_t>(task);
    // What is still on its way of the task that had the uid before goes first, or its cursor would be old.
    if (lanes_[i].size() != 0 && !shut_down_) {
        registrations_[i].answer_at = ns_of(now_) + swarm_.unit_us * 125;
        return;
    }
    registrations_[i] = {};
    core::task_record& record = *records_[i];
    std::uint64_t n = draw(swarm_.seed, 19, task, ++drawn_);
    bool fails = store_broken() || (swarm_.add_fails != 0 && !healing_ &&
                                    n % static_cast<std::uint64_t>(swarm_.add_fails) == 0);
    bool refused = shut_down_;
    if (!fails) {
        // In a shutdown it does not wait for decisions of two schedules that are on their way.
        bool updated = lanes_[i].size() != 0 && store_.row(task).updated;
        task_state s =
            store_.add(task, core_->definition(record, now_), model_.of(task).when.when(), plan_[i]);
        store_.row(task).updated = updated;
        if (!refused) {
            model_.activate(task, s, now_);
            const mirror& m = model_.of(task);
            moment slot = m.slot == no_slot ? moment() : moment(m.slot);
            check_.conservation.activated(task, m.when, s.next_slot, slot);
            check_.never_early.activated(task, m.when, slot, now_);
            check_.counters.activated(task);
            if (out_.telling)
                note(task, fmt::format("live, next {} ({})", rondo::to_string(slot), m.when.when().text()));
        }
        result<void> live = boost::outcome_v2::success();
        input(input_kind::activate, task, nullptr, [&] {
            live = ask([&] { return core_->activate(record, s, now_); });
            if (live) return;
            core_->forget(record);
            records_[i] = nullptr;
        });
        if (bool(live) == refused) out_.report("uid unique", task, "activation says otherwise");
        if (live) return;
    } else {
        fault(fault_kind::unregistered);
        core_->forget(record);
        records_[i] = nullptr;
    }
    wanted_[i] = wanted_[i] && refused;
    model_.forget(task);
    check_.uid_unique.gone(task);
    check_.nothing_after.gone(task);
}

void world::remove(int task) {
    auto i = static_cast<std::size_t>(task);
    if (records_[i] == nullptr || registrations_[i].open || shut_down_) return;
    wanted_[i] = false;
    check_.nothing_after.removed(task);
    check_.preview.intervened(task);
    model_.remove(task, now_);
    core::task_record& record = *records_[i];
    input(input_kind::remove, task, nullptr, [&] { ask([&] { core_->remove(record, now_); }); });
}

void world::pause(int task, std::int64_t until_us) {
    if (!live(task) || shut_down_) return;
    auto i = static_cast<std::size_t>(task);
    core::pause_note note;
    if (until_us != 0) note.until = now_.wall + std::chrono::microseconds(until_us);
    if (until_us % 2 != 0) note.reason = fmt::format("for {} us", until_us);
    store_.row(task).paused = true; // first on record, then in force
    store_.row(task).pause = note;
    own_pauses_[i] = false; // this one is later
    model_.pause(task, note, now_);
    input(input_kind::pause, task, nullptr, [&] { ask([&] { core_->pause(*records_[i], now_, note); }); });
}

void world::resume(int task, resume_from from) {
    if (!live(task) || shut_down_) return;
    store_.row(task).paused = false;
    store_.row(task).pause = {};
    own_pauses_[static_cast<std::size_t>(task)] = false;
    seen_.was_paused = model_.of(task).paused;
    seen_.from = from;
    model_.resume(task);
    input(input_kind::resume, task, nullptr,
          [&] { ask([&] { core_->resume(*records_[static_cast<std::size_t>(task)], from, now_); }); });
}

void world::pause_all() {
    model_.pause_all(true);
    input(input_kind::pause_all, findings::no_task, nullptr, [&] { ask([&] { core_->pause_all(now_); }); });
}

void world::resume_all(resume_from from) {
    seen_.was_paused = model_.paused_all() && !shut_down_;
    seen_.from = from;
    model_.pause_all(false);
    input(input_kind::resume_all, findings::no_task, nullptr,
          [&] { ask([&] { core_->resume_all(from, now_); }); });
}

std::vector<std::uint64_t> world::users_who_ask() {
    std::uint64_t n = draw(swarm_.seed, 23, ++asks_);
    std::vector<std::uint64_t> who;
    for (std::uint64_t left = n % 4; left-- > 0;) {
        std::uint64_t one = 1 + draw(n, left) % 5;
        if (std::ranges::find(who, one) == who.end()) who.push_back(one);
    }
    return who;
}

void world::trigger(int task, std::int64_t policy) {
    auto i = static_cast<std::size_t>(task);
    if (records_[i] == nullptr || registrations_[i].open) return;
    std::optional<overlap> how;
    if (policy != 0) how = static_cast<overlap>(policy - 1);
    overlap in_force = how.value_or(model_.of(task).plan.overlap);
    model::answer wanted = model_.trigger(task, in_force, now_);
    seen_.answered = wanted.what;
    stat before = core_->stat_of(*records_[i]);
    bool served = records_[i]->slot_waits() && model_.has_place(task, now_);
    const mirror& m = model_.of(task);
    moment early; // it waits again for its time
    if (!m.backlog.empty() && m.when.by_wall() && m.backlog.front().first > now_.wall)
        early = m.backlog.front().first;
    std::vector<std::uint64_t> who = users_who_ask();
    std::vector<user> users;
    for (std::uint64_t one : who) users.emplace_back(check_manual::name_of(one));
    error_code answer;
    input(input_kind::trigger, task, nullptr, [&] {
        auto r = ask([&] { return core_->trigger(*records_[i], users, how, now_); });
        if (!r) answer = r.error();
        const naive_schedule& when = m.when;
        check_.manual.triggered(task, before, core_->stat_of(*records_[i]),
                                when.fixed_delay() ? when.interval() : std::chrono::microseconds(0),
                                now_.wall, served, early);
        if (!r || wanted.error) return;
        look(task);
        auto& run = *static_cast<sim_run*>(r.value()->runner);
        if (wanted.what == fate::dropped) return check_.manual.merged(run, model_.of(task).manual, who);
        run.overlap = in_force;
        run.ask = asks_;
        run.users = std::move(who);
    });
    if (answer != wanted.error)
        out_.report("model", task, "a trigger says " + answer.message() + ", not " + wanted.error.message());
}

void world::cancel(int task, std::int64_t index) {
    for (sim_run* r : runs_) {
        if (r->task != task || index-- != 0) continue;
        if (out_.telling) note(task, fmt::format("ask the run of {} to end", rondo::to_string(r->slot, 6)));
        model_.ask_to_end(*r, cancel_reason::requested, now_);
        core::run_record& record = *r->record;
        return input(input_kind::cancel, task, r,
                     [&] { ask([&] { core_->cancel(record, cancel_reason::requested, now_); }); });
    }
}

void world::end_oldest_body(int task) {
    for (sim_run* r : runs_)
        if (r->task == task && r->body) return ended(*r);
}

void world::ask_preview(int task, std::int64_t n) {
    auto i = static_cast<std::size_t>(task);
    if (!live(task)) return;
    check_.preview.listed(task, core_->preview_of(*records_[i]).slots(static_cast<std::size_t>(n)),
                          model_.of(task).backlog);
}

void world::shutdown(std::int64_t grace_us) {
    shut_down_ = true;
    std::int64_t grace = grace_us * 1000;
    check_.nothing_after.shutting_down();
    model_.shutdown(grace, now_);
    input(input_kind::shutdown, findings::no_task, nullptr,
          [&] { ask([&] { core_->shutdown(std::chrono::nanoseconds(grace), now_); }); });
}

/// The process ends: by itself after a shutdown, or by a signal. What it did not tell the store is lost,
/// but a call that is under way may still be done.
void world::die(std::int64_t down_us, bool crashed) {
    if (crashed) fault(fault_kind::crash);
    for (std::size_t i = 0; i != tasks_max; ++i) {
        lane& l = lanes_[i];
        if (l.calling && draw(swarm_.seed, 29, ++drawn_) % 2 == 0) apply(static_cast<int>(i));
        l = lane();
        registrations_[i] = {};
        changes_[i] = {};
        own_pauses_[i] = false;
        check_.preview.intervened(static_cast<int>(i));
    }
    core_.reset();
    for (sim_run* r : runs_) free_runs_.push_back(r);
    runs_.clear();
    records_.fill(nullptr);
    wakeup_ = retry_at_ = leaves_at_ = never_ns;
    store_down_ = shut_down_ = false;
    backoff_ns_ = 0;
    move_to(ns_of(now_) + down_us * 1000);
    live_again();
}

void world::live_again() {
    ++life_;
    core::scheduler_options options = swarm_.core;
    options.seed = swarm_.seed * 1000 + life_;
    options.work_max = std::numeric_limits<std::size_t>::max(); // parts of it are for core/backlog
    core_.emplace(options);
    model_.restart();
    check_.limits.restarted();
    check_.backfill.restarted();
    check_.uid_unique.restarted();
    check_.nothing_after.restarted();
    store_.start();
    for (std::size_t i = 0; i != groups_max; ++i) set_group(i, groups_[i]);
    for (std::size_t i = 0; i != swarm_.tasks; ++i) {
        if (swarm_.changes && draw(swarm_.seed, 31, life_, i) % 4 == 0) plan_[i] ^= 1;
        if (wanted_[i]) add(static_cast<int>(i));
    }
    on_time();
}

} // namespace rondo::simulation
