// SPDX-License-Identifier: BSL-1.0
#include <traces/ledger.hpp>

#include <rondo/failure_count.hpp>

#include <algorithm>
#include <cstddef>

namespace rondo::traces {

task_state ledger::put(const task_definition& d) {
    task_state state;
    auto [found, created] = tasks_.try_emplace(d.uid.str());
    task& t = found->second;
    state.created = created;
    if (!created && !t.cursor_schedule) t.cursor_schedule = t.schedule;
    if (t.cursor_schedule == d.schedule) t.cursor_schedule.reset();
    state.schedule_changed = t.cursor_schedule.has_value();
    if (created) {
        t.anchor = d.anchor;
        t.next_slot = d.first_slot;
    }
    t.schedule = d.schedule;
    state.anchor = t.anchor;
    state.next_slot = t.next_slot;
    state.paused = t.paused;
    state.pause_reason = t.pause_reason;
    state.paused_until = t.paused_until;
    failure_count failures;
    bool counting = true;
    for (const run& r : history()) {
        if (r.uid != d.uid) continue;
        if (!state.last_run) state.last_run = r.started_at;
        if (!state.last_outcome) state.last_outcome = r.outcome;
        if (counting)
            counting = failures.take({r.scheduled_at, r.finished_at ? *r.finished_at : wall_time(), r.attempt,
                                      r.trigger, r.outcome});
    }
    state.failures = failures.failures();
    return state;
}

void ledger::update(const task_update& u) {
    auto found = tasks_.find(u.uid.str());
    if (found == tasks_.end() || !u.paused) return;
    found->second.paused = *u.paused;
    found->second.pause_reason = *u.paused ? u.pause_reason : std::string();
    found->second.paused_until = *u.paused ? u.paused_until : moment();
}

begin_answer ledger::begin(const begin_request& r) {
    begin_answer answer;
    auto found = tasks_.find(r.uid.str());
    if (found == tasks_.end()) {
        answer.state = begin_state::unknown_task;
        return answer;
    }
    task& t = found->second;
    bool slot_taken =
        r.started && takes_slot(r.started->trigger) && t.taken.contains(r.started->scheduled_at);
    if (slot_taken || (r.moves_cursor && !r.force && !(t.next_slot == r.expected))) {
        answer.state = begin_state::conflict;
        answer.next_slot = t.next_slot;
        return answer;
    }
    if (r.moves_cursor) {
        t.next_slot = r.next;
        t.cursor_schedule.reset();
    }
    answer.next_slot = t.next_slot;
    if (!r.started) return answer;
    const run_begin& b = *r.started;
    if (takes_slot(b.trigger)) t.taken.insert(b.scheduled_at);
    answer.token = t.tokens[b.id] = t.tokens.size() + 1;
    run& made = runs_[b.id];
    made.id = b.id;
    made.uid = r.uid;
    made.trigger = b.trigger;
    made.attempt = b.attempt;
    made.scheduled_at = b.scheduled_at;
    made.started_at = b.started_at;
    made.users = b.users;
    return answer;
}

finish_state ledger::finish(const finish_request& r) {
    auto found = tasks_.find(r.run.uid.str());
    if (found == tasks_.end()) return finish_state::fenced;
    task& t = found->second;
    auto known = runs_.find(r.run.id);
    if (known == runs_.end()) {
        if (takes_slot(r.run.trigger) && !t.taken.insert(r.run.scheduled_at).second)
            return finish_state::fenced;
        runs_.emplace(r.run.id, r.run);
        t.tokens.emplace(r.run.id, t.tokens.size() + 1);
    } else {
        if (known->second.outcome)
            return known->second.outcome == r.run.outcome ? finish_state::already : finish_state::fenced;
        if (r.token != 0 && r.token != t.tokens[r.run.id]) return finish_state::fenced;
        known->second.outcome = r.run.outcome;
        known->second.finished_at = r.run.finished_at;
    }
    if (r.next_slot && t.next_slot == moment(cursor_waits_for_end)) {
        t.next_slot = r.next_slot;
        t.cursor_schedule.reset();
    }
    return finish_state::recorded;
}

std::vector<run> ledger::history() const {
    std::vector<run> all;
    for (const auto& [id, r] : runs_) all.push_back(r);
    std::ranges::sort(all, [](const run& a, const run& b) {
        return a.started_at != b.started_at ? a.started_at > b.started_at : a.id > b.id;
    });
    return all;
}

} // namespace rondo::traces
