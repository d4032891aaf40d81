// SPDX-License-Identifier: BSL-1.0
#include <policies/stage.hpp>

#include <rondo/detail/task_payload.hpp>

#include <cassert>
#include <memory>
#include <utility>
#include <vector>

namespace rondo::policies {

core::task_spec spec_of(std::string_view uid, schedule when) {
    return {
        .uid = uid, .name = uid, .when = std::move(when), .payload = std::make_unique<core::task_payload>()};
}

stage::stage(core::scheduler_options options) : core_(options) {}

core::task_record& stage::task() {
    return *core_.find("t");
}

void stage::pass_to(std::chrono::seconds t) {
    auto passed = steady_time(1000s) + t - now_.steady;
    now_.steady += passed;
    now_.wall += std::chrono::floor<std::chrono::microseconds>(passed);
}

void stage::set_wall_by(std::chrono::seconds d) {
    now_.wall += d;
}

void stage::look() {
    do {
        core_.on_time(now_);
        settle();
    } while (core_.next_wakeup(now_) <= now_.steady);
}

void stage::add(core::task_spec spec, moment cursor) {
    core::task_record& added = *core_.reserve(spec).value();
    task_definition d = core_.definition(added, now_);
    task_state state;
    state.created = !cursor;
    state.anchor = cursor ? *cursor : d.anchor;
    state.next_slot = cursor ? cursor : d.first_slot;
    core_.activate(added, state, now_).value();
    settle();
}

void stage::pause() {
    core_.pause(task(), now_);
    settle();
}

void stage::resume(resume_from from) {
    core_.resume(task(), from, now_);
    settle();
}

void stage::end(const std::string& name) {
    end(name, core::body_end::success);
}

void stage::fail(const std::string& name) {
    end(name, core::body_end::failed);
}

void stage::end(const std::string& name, core::body_end how) {
    auto body = bodies_.extract(name);
    if (!body) return; // it never began
    core::run_record& run = *body.mapped();
    if (run.state == core::run_state_kind::overdue) say(name + "."); // its end is on record
    // One that obeys its cancellation does not end well.
    bool obeys = run.cancelled != cancel_reason::none;
    core_.ended(run, obeys ? core::body_end::failed : how, now_);
    settle();
}

void stage::end_all() {
    while (!bodies_.empty()) end(bodies_.begin()->first);
}

void stage::name_slot(std::chrono::seconds t, const std::string& name) {
    slots_[stage_begin + t] = name;
}

// One that is given up already says so in its turn, when that is decided.
void stage::note_wait(const std::string& name) {
    if (decided_.contains(name) || core_.stat_of(task()).slots_waiting != waiting_.size() + 1) return;
    waiting_.insert(name);
    say("~" + name);
}

namespace {

std::string word(error_code e) {
    if (e == errc::already_running) return "already_running";
    if (e == errc::queue_full) return "queue_full";
    return e.message();
}

} // namespace

void stage::run_now(const std::string& name, std::optional<overlap> policy) {
    auto run = core_.trigger(task(), {}, policy, now_);
    if (!run) return say("!" + name + " " + word(run.error()));
    auto [same, is_new] = manual_.try_emplace(run.value()->id, name);
    settle();
    if (!is_new) return say(name + "=" + same->second);
    if (run.value()->state == core::run_state_kind::waiting) say("~" + name);
}

void stage::backfill(std::chrono::seconds from, std::chrono::seconds to, overlap policy) {
    auto begun = core_.backfill(task(), stage_begin + from, stage_begin + to, policy, now_);
    if (!begun) return say("! " + word(begun.error()));
    settle();
    if (!task().backfill()->over() && task().backfill()->progress.in_flight == 0)
        say("~" + slots_.at(*task().backfill()->progress.next));
}

void stage::settle() {
    for (bool more = true; more;) {
        std::vector<core::action> actions = std::exchange(core_.actions(), {});
        for (const core::action& a : actions) observe(a);
        std::vector<core::decision> decisions;
        core_.take_decisions(decisions);
        for (core::decision& d : decisions) {
            if (d.run == nullptr) continue;
            core_.begun(*d.run, 1, now_);
            for (const core::action& a : std::exchange(core_.actions(), {})) observe(a);
        }
        more = core_.has_decisions() || !core_.actions().empty();
    }
}

std::string stage::name_of(const core::run_record& run) const {
    if (run.task->uid.view() != "t") return run.task->uid.str();
    if (auto found = manual_.find(run.id); found != manual_.end()) return found->second;
    auto found = slots_.find(run.scheduled_at);
    return found != slots_.end() ? found->second : "?";
}

void stage::observe(const core::action& a) {
    using kind = enum core::action::kind;
    bool ours = a.task != nullptr && a.task->uid.view() == "t";
    if (a.kind == kind::start_run) bodies_[name_of(*a.run)] = a.run;
    if (!ours) return;
    switch (a.kind) {
    case kind::start_run:
        ++runs_[a.run->trigger];
        decide(name_of(*a.run));
        return say("+" + name_of(*a.run));
    case kind::cancel_run: return say("x" + name_of(*a.run));
    case kind::end_run:
        return say(name_of(*a.run) +
                   (a.outcome == outcome::success ? "." : ":" + std::string(to_string(a.outcome))));
    case kind::slots_skipped: return observe_skip(a);
    case kind::retry_later: return say("~" + name_of(*a.next));
    case kind::no_retry: return say("x" + name_of(*a.run));
    case kind::backfill_done: filled_ = a.task->backfill()->progress; return;
    case kind::task_paused:
    case kind::task_resumed:
    case kind::release_run:
    case kind::run_overrunning:
    case kind::task_gone:
    case kind::follow_refused:
    case kind::shutdown_done: break;
    }
}

void stage::observe_skip(const core::action& a) {
    skips_[a.skipped.reason] += a.skipped.count;
    std::string names;
    for (const auto& [slot, name] : slots_) {
        if (slot < a.skipped.first || a.skipped.last < slot) continue;
        decide(name);
        names += "-" + name + " ";
    }
    say(names + std::string(to_string(a.skipped.reason)));
}

void stage::decide(const std::string& name) {
    decided_.insert(name);
    waiting_.erase(name);
}

void stage::say(const std::string& what) {
    if (!text_.empty()) text_ += "  ";
    text_ += what;
}

} // namespace rondo::policies
