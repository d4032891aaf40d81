// SPDX-License-Identifier: BSL-1.0
#include <traces/trace.hpp>

#include <rondo/format.hpp>

#include <algorithm>

namespace rondo::traces {
namespace {

std::string text_of(wall_time t) {
    return t == cursor_waits_for_end ? "the end" : to_string(t, 6);
}

std::string text_of(const moment& t) {
    return t ? text_of(*t) : "never";
}

std::string text_of(const std::vector<user>& users) {
    std::string text;
    for (const user& u : users) text += " for " + u.id();
    return text;
}

std::string text_of(const counters& c) {
    return fmt::format("runs={} retries={} ended={}/{}/{}/{}/{}/{} skipped={}/{}/{}/{}/{}", c.runs, c.retries,
                       c.succeeded, c.failed, c.timed_out, c.cancelled, c.interrupted, c.abandoned,
                       c.skipped_overlap, c.skipped_missed, c.skipped_paused, c.skipped_not_owner,
                       c.skipped_buffer_full);
}

} // namespace

std::string text_of(const backfill_progress& p) {
    return fmt::format("slots={} succeeded={} failed={} skipped={} in_flight={} left={} next={}", p.slots,
                       p.succeeded, p.failed, p.skipped, p.in_flight, p.left, text_of(p.next));
}

std::string text_of(const result<void>& r) {
    return r ? "ok" : "error: " + r.error().message();
}

std::string text_of(const result<run>& r) {
    if (!r) return text_of(result<void>(r.error()));
    const run& ended = r.value();
    return fmt::format("{} {} {}", ended.id, ended.trigger,
                       ended.outcome ? to_string(*ended.outcome) : "in flight");
}

std::string text_of(const result<run_id>& r) {
    return r ? to_string(r.value()) : text_of(result<void>(r.error()));
}

std::string text_of(const result<std::size_t>& r) {
    return r ? std::to_string(r.value()) : text_of(result<void>(r.error()));
}

std::string text_of(const result<backfill_progress>& r) {
    return r ? text_of(r.value()) : text_of(result<void>(r.error()));
}

void trace::say(std::string_view what) {
    lines_.push_back(fmt::format("{:>15} {}", now_.count(), what));
}

void trace::tell(const event& e) {
    std::string line = fmt::format("{} {}", to_string(e.kind), e.uid.view());
    std::vector<run_id>& known = known_[e.uid.str()];
    switch (e.kind) {
    case event_kind::run_started:
        ++runs_;
        if (std::ranges::find(known, e.id) == known.end()) known.push_back(e.id);
        line += fmt::format(" {} {} {}", e.id, e.trigger, text_of(e.scheduled_at));
        break;
    case event_kind::retry_planned:
        known.push_back(e.id);
        line += fmt::format(" {} attempt {} {}", e.id, e.count, text_of(e.scheduled_at));
        break;
    case event_kind::run_ended:
        std::erase(known, e.id);
        line += fmt::format(" {} {} {}", e.id, e.trigger, *e.outcome);
        break;
    case event_kind::run_overrunning: line += fmt::format(" {}", e.id); break;
    case event_kind::slots_skipped:
        slots_skipped_ += e.count;
        line += fmt::format(" {} {} from {}", e.count, e.reason, text_of(e.scheduled_at));
        break;
    case event_kind::task_paused: line += " " + e.message; break;
    case event_kind::events_dropped: line += fmt::format(" {}", e.count); break;
    case event_kind::task_added:
    case event_kind::task_updated:
    case event_kind::task_removed:
    case event_kind::task_resumed:
    case event_kind::record_dropped:
    case event_kind::store_failed:
    case event_kind::store_recovered: break;
    }
    say(line + " at " + text_of(e.at));
}

void trace::tell(const begin_request& r) {
    std::string line = fmt::format("  decide {}", r.uid.view());
    if (r.moves_cursor) line += fmt::format(" {} -> {}", text_of(r.expected), text_of(r.next));
    if (r.force) line += " force";
    if (r.skipped)
        line += fmt::format(" skip {} {} {} .. {}", r.skipped->count, r.skipped->reason,
                            text_of(r.skipped->first), text_of(r.skipped->last));
    if (r.started)
        line += fmt::format(" run {} {} {} attempt {}{}", r.started->id, r.started->trigger,
                            text_of(r.started->scheduled_at), r.started->attempt, text_of(r.started->users));
    say(line);
}

void trace::tell(const finish_request& r) {
    std::string line = fmt::format("  finish {} {} {}", r.run.uid.view(), r.run.id, *r.run.outcome);
    if (r.next_slot) line += " -> " + text_of(*r.next_slot);
    say(line + fmt::format(" token {}", r.token));
}

void trace::tell(const stat& s) {
    std::string line = fmt::format("  {} {} next={} last={} ", s.uid.view(), s.status, text_of(s.next_run),
                                   text_of(s.last_run));
    line += fmt::format("outcome={} failures={} in_flight={} retrying={} overrunning={} waiting={}+{} ",
                        s.last_outcome ? to_string(*s.last_outcome) : "none", s.failures, s.runs_in_flight,
                        s.runs_retrying, s.runs_overrunning, s.slots_waiting, s.runs_waiting);
    if (s.paused) line += fmt::format("paused={} until {} ", s.pause_reason, text_of(s.paused_until));
    if (s.backfill) line += text_of(*s.backfill) + " ";
    say(line + text_of(s.counters));
}

void trace::tell(const manager_stat& s) {
    say(fmt::format("tasks={} in_flight={} waiting={} paused={}", s.tasks, s.runs_in_flight, s.runs_waiting,
                    s.paused));
}

void trace::tell(const run& r) {
    say(fmt::format("  {} {} {} {} attempt {} started {} finished {} {}{}", r.id, r.uid.view(), r.trigger,
                    text_of(r.scheduled_at), r.attempt, text_of(r.started_at), text_of(r.finished_at),
                    r.outcome ? to_string(*r.outcome) : "in flight", text_of(r.users)));
}

void trace::answer(std::size_t operation, std::string_view what) {
    answers_[operation] += fmt::format("{:>15} operation {}: {}", now_.count(), operation, what);
}

std::optional<run_id> trace::pick(const std::string& uid, std::size_t which) const {
    auto found = known_.find(uid);
    if (found == known_.end() || found->second.empty()) return std::nullopt;
    return found->second[which % found->second.size()];
}

std::vector<std::string> trace::lines() const {
    std::vector<std::string> all = lines_;
    for (const auto& [operation, line] : answers_) all.push_back(line);
    return all;
}

} // namespace rondo::traces
