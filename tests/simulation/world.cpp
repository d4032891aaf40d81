// SPDX-License-Identifier: BSL-1.0
#include <simulation/world_input.hpp>

#include <simulation/dice.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace rondo::simulation {
namespace {

constexpr std::array<std::string_view, tasks_max> uids{"t0", "t1", "t2", "t3", "t4", "t5"};
constexpr steady_time steady_begin{std::chrono::seconds(1000)};

} // namespace

world::world(const swarm& s, findings& out)
    : swarm_(s), out_(out), check_(swarm_, out), model_(swarm_.core, out), store_(out) {
    now_ = {steady_begin, s.wall_begin};
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
        fault();
        clock_ns_ = ns_of(now_);
        now_.wall += std::chrono::microseconds(e.amount);
        clock_wall_ = now_.wall;
        wakeup_ = std::chrono::nanoseconds(core_->next_wakeup(now_).time_since_epoch()).count();
        if (swarm_.told_of_set) on_time();
        return;
    case event_kind::add: return add(task);
    case event_kind::remove: return remove(task);
    case event_kind::pause:
    case event_kind::resume: return pause(task, e.kind == event_kind::pause);
    case event_kind::pause_all:
    case event_kind::resume_all: return pause_all(e.kind == event_kind::pause_all);
    case event_kind::trigger: return trigger(task);
    case event_kind::end_body: return end_oldest_body(task);
    case event_kind::cancel: return cancel(task, e.amount);
    case event_kind::preview: return ask_preview(task, e.amount);
    case event_kind::rival:
        if (store_.rival_takes(task, now_.wall)) fault();
        return;
    case event_kind::outage:
        fault();
        broken_until_ = ns_of(now_) + e.amount * 1000;
        return;
    case event_kind::crash: return die(e.amount, true);
    case event_kind::shutdown: return shutdown(e.amount);
    }
}

void world::add(int task) {
    auto i = static_cast<std::size_t>(task);
    const task_plan& p = swarm_.plans[i];
    core::task_spec spec{.uid = uids[i],
                         .name = uids[i],
                         .when = plan_[i] == 0 ? p.when : p.when_changed,
                         .overlap = p.overlap,
                         .first = p.first,
                         .timeout = p.timeout,
                         .in_flight_max = p.in_flight_max,
                         // The model knows no slot that is late by itself.
                         .policy = {.catch_up = {.grace = std::chrono::microseconds::max()}},
                         .payload = std::make_unique<core::task_payload>()};
    if (core_->has_decisions()) take_decisions(); // of the task that had the uid before
    auto r = core_->reserve(spec);
    check_.uid_unique.reserved(task, r ? error_code() : r.error(), shut_down_);
    if (!r) return;
    wanted_[i] = true;
    records_[i] = r.value();
    check_.nothing_after.added(task);
    model_.reserve(task, *r.value(), spec.when.for_uid(uids[i]), p);
    registrations_[i].open = true;
    std::uint64_t n = draw(swarm_.seed, 17, task, ++drawn_);
    bool slow = swarm_.store_slow != 0 && !healing_ && n % static_cast<std::uint64_t>(swarm_.store_slow) == 0;
    registrations_[i].answer_at =
        ns_of(now_) + (slow ? static_cast<std::int64_t>((n >> 8) % 1'000'000) * swarm_.unit_us / 1000 : 0);
    if (!slow) registered(task);
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
        task_state s =
            store_.add(task, core_->definition(record, now_), model_.of(task).when.when(), plan_[i]);
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
            live = core_->activate(record, s, now_);
            if (live) return;
            core_->forget(record);
            records_[i] = nullptr;
        });
        if (bool(live) == refused) out_.report("uid unique", task, "activation says otherwise");
        if (live) return;
    } else {
        fault();
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
    model_.remove(task, runs_);
    core::task_record& record = *records_[i];
    input(input_kind::remove, task, nullptr, [&] { core_->remove(record, now_); });
}

void world::pause(int task, bool paused) {
    auto i = static_cast<std::size_t>(task);
    if (!live(task) || shut_down_) return;
    store_.row(task).paused = paused; // first on record, then in force
    seen_.was_paused = model_.of(task).paused && !paused;
    model_.pause(task, paused, now_);
    input(paused ? input_kind::pause : input_kind::resume, task, nullptr, [&] {
        if (paused)
            core_->pause(*records_[i], now_);
        else
            core_->resume(*records_[i], resume_from::now, now_);
    });
}

void world::pause_all(bool paused) {
    seen_.was_paused = model_.paused_all() && !paused && !shut_down_;
    model_.pause_all(paused);
    input(paused ? input_kind::pause_all : input_kind::resume_all, findings::no_task, nullptr, [&] {
        if (paused)
            core_->pause_all(now_);
        else
            core_->resume_all(resume_from::now, now_);
    });
}

void world::trigger(int task) {
    auto i = static_cast<std::size_t>(task);
    if (records_[i] == nullptr || registrations_[i].open) return;
    error_code wanted = model_.trigger(task);
    stat before = core_->stat_of(*records_[i]);
    std::vector<user> users;
    std::uint64_t id = users_ + 1;
    if (draw(swarm_.seed, 23, id) % 4 != 0) users.emplace_back(check_manual::name_of(id));
    std::uint64_t asked = users.empty() ? 0 : id;
    ++users_;
    core::run_record* made = nullptr;
    bool first = true;
    error_code answer;
    input(input_kind::trigger, task, nullptr, [&] {
        auto r = core_->trigger(*records_[i], std::move(users), {}, now_);
        if (r) made = r.value();
        if (!r) answer = r.error();
        check_.manual.triggered(task, before, core_->stat_of(*records_[i]));
        look(task);
        if (first && made != nullptr) static_cast<sim_run*>(made->runner)->user = asked;
    });
    if (answer != wanted)
        out_.report("model", task, "a trigger says " + answer.message() + ", not " + wanted.message());
}

void world::cancel(int task, std::int64_t index) {
    for (sim_run* r : runs_) {
        if (r->task != task || index-- != 0) continue;
        if (out_.telling) note(task, fmt::format("ask the run of {} to end", rondo::to_string(r->slot, 6)));
        r->ask_to_end(cancel_reason::requested);
        core::run_record& record = *r->record;
        return input(input_kind::cancel, task, r,
                     [&] { core_->cancel(record, cancel_reason::requested, now_); });
    }
}

void world::end_oldest_body(int task) {
    for (sim_run* r : runs_)
        if (r->task == task && r->body) return ended(*r);
}

void world::ask_preview(int task, std::int64_t n) {
    auto i = static_cast<std::size_t>(task);
    if (!live(task)) return;
    check_.preview.listed(task, core_->preview_of(*records_[i]).slots(static_cast<std::size_t>(n)));
}

void world::shutdown(std::int64_t grace_us) {
    shut_down_ = true;
    std::int64_t grace = grace_us * 1000;
    if (model_.stage() == model::stopping::no) {
        for (sim_run* r : runs_)
            if (r->at == sim_run::stage::waiting) r->ask_to_end(cancel_reason::shutdown);
    }
    check_.nothing_after.shutting_down();
    model_.shutdown(grace, now_);
    input(input_kind::shutdown, findings::no_task, nullptr,
          [&] { core_->shutdown(std::chrono::nanoseconds(grace), now_); });
}

/// The process ends: by itself after a shutdown, or by a signal. What it did not tell the store is lost,
/// but a call that is under way may still be done.
void world::die(std::int64_t down_us, bool crashed) {
    if (crashed) fault();
    for (std::size_t i = 0; i != tasks_max; ++i) {
        lane& l = lanes_[i];
        if (l.calling && draw(swarm_.seed, 29, ++drawn_) % 2 == 0) apply(static_cast<int>(i));
        l = lane();
        registrations_[i] = {};
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
    core_.emplace(options);
    model_.restart();
    check_.uid_unique.restarted();
    check_.nothing_after.restarted();
    store_.start();
    for (std::size_t i = 0; i != swarm_.tasks; ++i) {
        if (swarm_.changes && draw(swarm_.seed, 31, life_, i) % 4 == 0) plan_[i] ^= 1;
        if (wanted_[i]) add(static_cast<int>(i));
    }
    on_time();
}

} // namespace rondo::simulation
