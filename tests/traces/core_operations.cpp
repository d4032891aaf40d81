// SPDX-License-Identifier: BSL-1.0
#include <traces/core_payload.hpp>
#include <traces/core_player.hpp>

#include <rondo/format.hpp>

#include <algorithm>
#include <memory>

namespace rondo::traces {
namespace {

core::task_spec spec_of(const task_plan& p) {
    const task_options& o = p.options;
    return {.uid = p.uid,
            .name = p.uid,
            .when = p.when,
            .overlap = o.overlap,
            .first = o.first_run,
            .users_in_flight = o.users_in_flight,
            .hidden = o.hidden,
            .policy = {.catch_up = o.catch_up,
                       .buffer_max = o.buffer_max,
                       .pause_after_failures = o.pause_after_failures,
                       .retry = o.retry,
                       .slot_timeout = o.slot_timeout,
                       .timeout = o.timeout,
                       .in_flight_max = o.runs_in_flight_max},
            .payload = std::make_unique<core_payload>(p)};
}

std::string error(error_code e) {
    return text_of(result<void>(e));
}

} // namespace

void core_player::answer(std::size_t index, const std::string& text) {
    out_.answer(index, text);
}

error_code core_player::usable() const {
    return life_ == life::running ? error_code() : errc::shutting_down;
}

result<core::task_record*> core_player::live_task(const std::string& uid) const {
    if (error_code no = usable()) return no;
    core::task_record* task = core_->find(uid);
    if (task == nullptr) return errc::task_not_exists;
    return task;
}

void core_player::perform(std::size_t index, const operation& o) {
    using kind = operation::kind;
    switch (o.what) {
    case kind::add:
    case kind::replace: answer(index, begin_add(o)); break;
    case kind::update: answer(index, begin_update(o)); break;
    case kind::remove: begin_remove(index, o); break;
    case kind::pause:
    case kind::resume: answer(index, pause(o)); break;
    case kind::pause_all:
    case kind::resume_all: answer(index, pause_all(o)); break;
    case kind::trigger:
    case kind::run: trigger(index, o); break;
    case kind::cancel_run:
    case kind::detach: answer(index, steer(o)); break;
    case kind::cancel_task: answer(index, cancel_all(o)); break;
    case kind::backfill: backfill(index, o); break;
    case kind::look: look(); break;
    case kind::set_wall:
        clock_.set_wall(now().wall + o.first);
        armed_ = steady_time::min(); // whoever waits looks again
        break;
    case kind::stall:
        clock_.advance(o.first);
        out_.pass_to(now().steady - steady_time(std::chrono::hours(1)));
        break;
    case kind::shutdown: shutdown(index, o); break;
    case kind::start:
        if (over()) return start();
        break;
    }
    settle();
}

std::string core_player::begin_add(const operation& o) {
    if (error_code no = usable()) return error(no);
    core::task_record* known = o.what == operation::kind::replace ? core_->find(o.uid) : nullptr;
    if (known != nullptr && known->state == core::task_state_kind::live) return begin_update(o);
    core::task_spec spec = spec_of(w_.plans[o.plan]);
    auto reserved = core_->reserve(spec);
    if (!reserved) return error(reserved.error());
    core::task_record& task = *reserved.value();
    result<void> live = core_->activate(task, store_.put(core_->definition(task, now())), now());
    if (!live) core_->forget(task);
    obey();
    if (live) tell(event_of(event_kind::task_added, task.uid));
    return text_of(live);
}

std::string core_player::begin_update(const operation& o) {
    auto live = live_task(o.uid);
    if (!live) return error(live.error());
    core::task_record& task = *live.value();
    core::task_spec spec = spec_of(w_.plans[o.plan]);
    if (auto possible = core_->check_update(task, spec); !possible) return error(possible.error());
    task_definition d = core_->definition(task, now());
    d.name = shared_string(spec.name);
    d.schedule = spec.when.for_uid(spec.uid).text();
    d.hidden = spec.hidden;
    store_.put(d);
    auto old = core_->update(task, spec, now());
    obey();
    tell(event_of(event_kind::task_updated, task.uid));
    return "ok";
}

void core_player::begin_remove(std::size_t index, const operation& o) {
    auto task = live_task(o.uid);
    if (!task) return answer(index, error(task.error()));
    removals_[o.uid].push_back(index);
    core_->remove(*task.value(), now());
    obey();
}

std::string core_player::pause(const operation& o) {
    auto found = live_task(o.uid);
    if (!found) return error(found.error());
    core::task_record& task = *found.value();
    shared_string uid = task.uid;
    bool pauses = o.what == operation::kind::pause;
    core::pause_note note;
    if (pauses) note.reason = "for a while";
    if (pauses && o.until) note.until = now().wall + o.first;
    store_.update({uid, pauses, {}, note.reason, note.until});
    if (pauses)
        core_->pause(task, now(), note);
    else
        core_->resume(task, o.from, now());
    obey();
    event e = event_of(pauses ? event_kind::task_paused : event_kind::task_resumed, uid);
    e.message = note.reason;
    tell(e);
    return "ok";
}

std::string core_player::pause_all(const operation& o) {
    if (error_code no = usable()) return error(no);
    bool pauses = o.what == operation::kind::pause_all;
    if (pauses)
        core_->pause_all(now());
    else
        core_->resume_all(o.from, now());
    obey();
    tell(event_of(pauses ? event_kind::task_paused : event_kind::task_resumed, {}));
    return "ok";
}

void core_player::trigger(std::size_t index, const operation& o) {
    auto task = live_task(o.uid);
    if (!task) return answer(index, error(task.error()));
    auto run = core_->trigger(*task.value(), o.users, o.policy, now());
    if (!run)
        answer(index, error(run.error()));
    else if (o.what == operation::kind::trigger)
        answer(index, to_string(run.value()->id));
    else
        chains_[run.value()->id].followers.push_back(index);
    obey();
}

std::string core_player::steer(const operation& o) {
    auto id = out_.pick(o.uid, o.which);
    if (!id) return "no run";
    if (life_ == life::over) return error(errc::shutting_down);
    core::run_record* run = core_->find_run(*id);
    if (run == nullptr) return error(errc::run_not_exists);
    if (o.what == operation::kind::detach)
        core_->detach(*run, now());
    else
        core_->cancel(*run, cancel_reason::requested, now(), "enough");
    obey();
    return "ok";
}

std::string core_player::cancel_all(const operation& o) {
    auto task = live_task(o.uid);
    if (!task) return error(task.error());
    bool recording = false; // one call of the repository at a time: what comes meanwhile goes in the next
    auto settle = [&] {
        obey_actions();
        if (!std::exchange(recording, recording || core_->has_decisions() || !ends_.empty())) record();
        rearm();
    };
    if (task.value()->backfill() != nullptr && !task.value()->backfill()->over()) {
        core_->stop_backfill(*task.value(), now());
        settle();
    }
    std::vector<run_id> ids;
    for (core::run_record* run = task.value()->runs(); run != nullptr; run = run->next)
        ids.push_back(run->id);
    for (run_id id : ids) {
        core::run_record* run = core_->find_run(id);
        if (run == nullptr) continue;
        core_->cancel(*run, cancel_reason::requested, now(), "enough");
        settle();
    }
    record();
    return std::to_string(ids.size());
}

void core_player::backfill(std::size_t index, const operation& o) {
    auto task = live_task(o.uid);
    if (!task) return answer(index, error(task.error()));
    auto begun = core_->backfill(*task.value(), now().wall - o.first, now().wall - o.last, *o.policy, now());
    if (!begun) return answer(index, error(begun.error()));
    backfills_.insert_or_assign(o.uid, index);
    obey();
}

void core_player::shutdown(std::size_t index, const operation& o) {
    if (over()) return answer(index, report_);
    shutdowns_.push_back(index);
    life_ = life::draining;
    core_->shutdown(o.first, now());
    obey();
}

void core_player::finish_shutdown() {
    std::vector<std::string> stragglers;
    for (const body& b : bodies_)
        stragglers.push_back(fmt::format(" {} {} since {}", b.run->task->uid.view(), b.run->id,
                                         rondo::to_string(b.run->started_at, 6)));
    std::ranges::sort(stragglers);
    report_ = "unrecorded=0 still running:";
    for (const std::string& s : stragglers) report_ += s;
    life_ = life::over;
    std::string gone = error(errc::shutting_down);
    for (const auto& [uid, index] : std::exchange(backfills_, {})) answer(index, gone);
    for (const auto& [id, c] : std::exchange(chains_, {}))
        for (std::size_t index : c.followers)
            answer(index, c.last ? text_of(result<rondo::run>(*c.last)) : gone);
    for (const auto& [uid, waiting] : std::exchange(removals_, {}))
        for (std::size_t index : waiting) answer(index, gone);
    for (std::size_t index : std::exchange(shutdowns_, {})) answer(index, report_);
    bodies_.clear();
}

void core_player::look() {
    if (over()) return;
    manager_stat all;
    core_->describe(all);
    out_.tell(all);
    std::vector<stat> stats;
    core_->tasks().for_each([&](core::task_record& t) { stats.push_back(core_->stat_of(t)); });
    std::ranges::sort(stats, [](const stat& a, const stat& b) {
        if (a.next_run.has_value() != b.next_run.has_value()) return a.next_run.has_value();
        if (a.next_run != b.next_run) return *a.next_run < *b.next_run;
        return a.uid < b.uid;
    });
    for (const stat& s : stats) out_.tell(s);
}

} // namespace rondo::traces
