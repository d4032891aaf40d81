// SPDX-License-Identifier: BSL-1.0
#include <traces/core_player.hpp>

#include <algorithm>

namespace rondo::traces {

void core_player::obey() {
    obey_actions();
    record();
    rearm();
}

void core_player::obey_actions() {
    for (std::size_t i = 0; i != core_->actions().size(); ++i) {
        core::action a = core_->actions()[i];
        obey(a);
    }
    core_->actions().clear();
}

void core_player::obey(const core::action& a) {
    using kind = enum core::action::kind;
    switch (a.kind) {
    case kind::start_run: return tell_run(event_kind::run_started, *a.run), start_body(*a.run);
    case kind::cancel_run: return cancel_body(*a.run);
    case kind::end_run: return end_run(a);
    case kind::retry_later: {
        if (auto found = chains_.extract(a.run->id)) {
            found.key() = a.next->id;
            chains_.insert(std::move(found));
        }
        event e = event_of(event_kind::retry_planned, a.task->uid);
        e.id = a.next->id;
        e.scheduled_at = a.next->scheduled_at;
        e.count = a.next->attempt;
        return tell(e);
    }
    case kind::no_retry: return no_retry(*a.run);
    case kind::release_run: return release(*a.run);
    case kind::run_overrunning: return tell_run(event_kind::run_overrunning, *a.run);
    case kind::slots_skipped: {
        event e = event_of(event_kind::slots_skipped, a.task->uid);
        e.scheduled_at = a.skipped.first;
        e.reason = a.skipped.reason;
        e.count = a.skipped.count;
        return tell(e);
    }
    case kind::follow_refused: return; // a line in the log
    case kind::backfill_done:
        if (auto found = backfills_.extract(a.task->uid.str()))
            answer(found.mapped(), text_of(a.task->backfill()->progress));
        return;
    case kind::task_paused:
    case kind::task_resumed: return pause_by_itself(a);
    case kind::task_gone: {
        tell(event_of(event_kind::task_removed, a.task->uid));
        if (auto found = backfills_.extract(a.task->uid.str()))
            answer(found.mapped(), text_of(result<void>(errc::task_not_exists)));
        if (auto found = removals_.extract(a.task->uid.str()))
            for (std::size_t index : found.mapped()) answer(index, "ok");
        return;
    }
    case kind::shutdown_done: shutdown_done_ = true; return;
    }
}

void core_player::end_run(const core::action& a) {
    ending e;
    run& r = e.request.run;
    r.id = a.run->id;
    r.uid = a.task->uid;
    r.trigger = a.run->trigger;
    r.attempt = a.run->attempt;
    r.scheduled_at = a.run->scheduled_at;
    r.started_at = a.run->started_at;
    r.finished_at = a.at;
    r.outcome = a.outcome;
    r.users = a.run->users;
    e.request.token = a.run->token;
    e.request.next_slot = a.next_slot;
    e.after = begins_taken_;
    e.comes_first = a.next_slot.has_value() || a.followed || !a.last;
    event told = event_of(event_kind::run_ended, a.task->uid);
    told.id = r.id;
    told.trigger = r.trigger;
    told.outcome = a.outcome;
    tell(told);
    if (!a.last)
        chains_[r.id].last = r;
    else if (auto found = chains_.extract(r.id))
        e.followers = std::move(found.mapped().followers);
    ends_.push_back(std::move(e));
}

void core_player::no_retry(core::run_record& run) {
    auto found = chains_.extract(run.id);
    if (!found || !found.mapped().last) return;
    chain& c = found.mapped();
    auto e = std::ranges::find_if(ends_, [&](const ending& x) { return x.request.run.id == c.last->id; });
    for (std::size_t follower : c.followers) {
        if (e != ends_.end())
            e->followers.push_back(follower);
        else
            answer(follower, text_of(result<rondo::run>(*c.last)));
    }
}

void core_player::release(core::run_record& run) {
    if (auto found = chains_.extract(run.id))
        for (std::size_t follower : found.mapped().followers)
            answer(follower, text_of(result<void>(errc::run_not_exists)));
    std::erase_if(bodies_, [&](const body& b) { return b.run == &run; });
}

void core_player::pause_by_itself(const core::action& a) {
    bool pauses = a.kind == core::action::kind::task_paused;
    stat s = core_->stat_of(*a.task);
    store_.update({a.task->uid, pauses, {}, s.pause_reason, s.paused_until});
    event e = event_of(pauses ? event_kind::task_paused : event_kind::task_resumed, a.task->uid);
    e.message = s.pause_reason;
    tell(e);
}

// Ends that others build on, begins, the other ends; and again, as long as there is more.
void core_player::record() {
    if (std::exchange(recording_, true)) return;
    for (take_decisions(); !begins_.empty() || !ends_.empty(); take_decisions()) {
        while (std::ranges::any_of(ends_, &ending::comes_first) && end_may_go()) record_ends();
        if (!begins_.empty()) record_begins();
        if (end_may_go()) record_ends();
    }
    recording_ = false;
}

void core_player::take_decisions() {
    std::size_t left = begins_.size();
    core_->take_decisions(begins_);
    begins_taken_ += begins_.size() - left;
}

// One that never began has no token, and must not overtake a begin before it.
bool core_player::may_go(const ending& e) const {
    return begins_.empty() || e.request.token != 0 || e.after <= begins_taken_ - begins_.size();
}

bool core_player::end_may_go() const {
    return !ends_.empty() && may_go(ends_.front());
}

void core_player::record_begins() {
    std::vector<core::decision> called = std::exchange(begins_, {});
    std::vector<begin_answer> answers;
    for (const core::decision& d : called) {
        out_.tell(d.request);
        answers.push_back(store_.begin(d.request));
    }
    for (std::size_t i = 0; i != called.size(); ++i) {
        core::decision& d = called[i];
        const begin_answer& a = answers[i];
        bool conflict = a.state == begin_state::conflict && d.request.moves_cursor;
        if (conflict)
            core_->refused(d, a.next_slot, now());
        else if (d.run != nullptr)
            core_->begun(*d.run, a.state == begin_state::recorded ? a.token : 0, now());
        obey_actions();
    }
    rearm();
}

void core_player::record_ends() {
    auto last = std::ranges::find_if(ends_, [this](const ending& e) { return !may_go(e); });
    std::vector<ending> called(std::move_iterator(ends_.begin()), std::move_iterator(last));
    ends_.erase(ends_.begin(), last);
    for (const ending& e : called) {
        out_.tell(e.request);
        store_.finish(e.request);
    }
    for (const ending& e : called)
        for (std::size_t follower : e.followers) answer(follower, text_of(result<rondo::run>(e.request.run)));
}

void core_player::check_drained() {
    shutdown_done_ = false;
    if (life_ == life::draining) finish_shutdown();
}

event core_player::event_of(event_kind kind, const shared_string& uid) const {
    event e;
    e.kind = kind;
    e.at = now().wall;
    e.uid = uid;
    return e;
}

void core_player::tell(const event& e) {
    if (life_ != life::over) out_.tell(e);
}

void core_player::tell_run(event_kind kind, const core::run_record& run) {
    event e = event_of(kind, run.task->uid);
    e.id = run.id;
    e.trigger = run.trigger;
    e.scheduled_at = run.scheduled_at;
    tell(e);
}

} // namespace rondo::traces
