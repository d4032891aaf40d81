// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_values.hpp>

#include <chrono>

namespace rondo::testing::detail {
namespace {

constexpr std::int64_t epoch_s = 1'735'689'600; // 2025-01-01
constexpr std::int64_t slot_distance_s = 10;
constexpr std::uint64_t id_prefix = 0x0194'1f29'7c00'7000;

} // namespace

wall_time at(std::int64_t seconds) {
    return wall_time(std::chrono::seconds(epoch_s + seconds));
}

run_id id(std::uint64_t n) {
    run_id id;
    id.high = id_prefix;
    id.low = 0x8000'0000'0000'0000 | n;
    return id;
}

task_definition task(std::string_view uid) {
    task_definition t;
    t.uid = shared_string(uid);
    t.name = shared_string("a name");
    t.schedule = "every 10s";
    t.anchor = at(0);
    t.first_slot = at(0);
    return t;
}

begin_request slot_run(std::string_view uid, std::uint64_t run, std::int64_t slot) {
    begin_request r;
    r.uid = shared_string(uid);
    r.expected = at(slot);
    r.next = at(slot + slot_distance_s);
    r.started.emplace();
    r.started->id = id(run);
    r.started->scheduled_at = at(slot);
    r.started->started_at = at(slot + 1);
    return r;
}

begin_request manual_run(std::string_view uid, std::uint64_t run, std::int64_t now) {
    begin_request r;
    r.uid = shared_string(uid);
    r.moves_cursor = false;
    r.started.emplace();
    r.started->id = id(run);
    r.started->trigger = trigger::manual;
    r.started->scheduled_at = at(now);
    r.started->started_at = at(now);
    return r;
}

finish_request end_of(const begin_request& begun, std::uint64_t token) {
    finish_request r;
    r.run.id = begun.started->id;
    r.run.uid = begun.uid;
    r.run.trigger = begun.started->trigger;
    r.run.attempt = begun.started->attempt;
    r.run.scheduled_at = begun.started->scheduled_at;
    r.run.started_at = begun.started->started_at;
    r.run.users = begun.started->users;
    r.run.finished_at = begun.started->started_at + std::chrono::seconds(1);
    r.run.outcome = outcome::success;
    r.token = token;
    return r;
}

skip_range skip(skip_reason reason, std::int64_t first, std::int64_t last, std::uint64_t count) {
    skip_range r;
    r.reason = reason;
    r.first = at(first);
    r.last = at(last);
    r.count = count;
    return r;
}

begin_request skip_only(std::string_view uid, std::int64_t from, std::int64_t to, const skip_range& range) {
    begin_request r;
    r.uid = shared_string(uid);
    r.expected = at(from);
    r.next = at(to);
    r.skipped = range;
    return r;
}

std::string show(std::uint64_t n) {
    return std::to_string(n);
}

std::string show(wall_time t) {
    if (t == cursor_waits_for_end) return "the end of the run";
    const auto us = (t - at(0)).count();
    return "0" + std::string(us < 0 ? "" : "+") + std::to_string(us) + "us";
}

std::string show(const moment& m) {
    return m ? show(*m) : "never";
}

std::string show(begin_state s) {
    switch (s) {
    case begin_state::recorded: return "recorded";
    case begin_state::conflict: return "conflict";
    case begin_state::unknown_task: return "unknown_task";
    case begin_state::superseded: return "superseded";
    case begin_state::busy: return "busy";
    case begin_state::not_yet: return "not_yet";
    }
    return "begin_state " + std::to_string(static_cast<int>(s));
}

std::string show(finish_state s) {
    switch (s) {
    case finish_state::recorded: return "recorded";
    case finish_state::already: return "already";
    case finish_state::fenced: return "fenced";
    }
    return "finish_state " + std::to_string(static_cast<int>(s));
}

std::string show(const std::optional<outcome>& o) {
    return o ? std::string(to_string(*o)) : "no outcome";
}

std::string show(const begin_answer& a) {
    return show(a.state) + ", cursor " + show(a.next_slot) + ", token " + show(a.token);
}

std::string show(const task_state& s) {
    return std::string(s.created ? "created" : "known") + (s.schedule_changed ? ", schedule changed" : "") +
           (s.paused ? ", paused" : "") + (s.pause_reason.empty() ? "" : " '" + s.pause_reason + "'") +
           (s.paused_until ? " until " + show(s.paused_until) : "") + ", anchor " + show(s.anchor) +
           ", cursor " + show(s.next_slot) + ", last run " + show(s.last_run) + ", " + show(s.last_outcome) +
           ", failures " + std::to_string(s.failures);
}

std::string show(const skip_range& r) {
    return std::to_string(r.count) + " " + std::string(to_string(r.reason)) + " from " + show(r.first) +
           " to " + show(r.last);
}

std::string show(const run& r) {
    std::string text = to_string(r.id) + " of " + r.uid.str() + ", " + std::string(to_string(r.trigger)) +
                       ", attempt " + std::to_string(r.attempt) + ", scheduled " + show(r.scheduled_at) +
                       ", started " + show(r.started_at) + ", finished " + show(r.finished_at) + ", " +
                       show(r.outcome) + ", message '" + r.message + "', for " + show(r.users) + ", results";
    for (const task_result& result : r.results)
        text += " (" + result.user().id() + ": '" + result.message() + "' '" + result.error() + "')";
    return text + (r.output != nullptr ? ", " + show(*r.output) : "");
}

std::string show(const run_output& o) {
    std::string text = "output";
    if (o.progress)
        text += " " + std::to_string(o.progress->share) + " '" + o.progress->text + "' at " +
                show(o.progress->at);
    text += ", lines dropped " + std::to_string(o.lines_dropped) + ", kept";
    for (const run_line& line : o.lines) text += " (" + show(line.at) + " '" + line.text + "')";
    return text;
}

std::string show(const std::optional<run>& r) {
    return r ? show(*r) : "no run";
}

std::string show(const task_summary& s) {
    const auto took = [](const std::optional<std::chrono::microseconds>& d) {
        return d ? std::to_string(d->count()) + "us" : std::string("none");
    };
    std::string text = s.uid.str() + ": " + std::to_string(s.runs) + " runs, of them";
    for (const std::uint64_t n :
         {s.in_flight, s.succeeded, s.failed, s.timed_out, s.cancelled, s.interrupted, s.abandoned})
        text += " " + std::to_string(n);
    return text + ", p50 " + took(s.duration_p50) + ", p95 " + took(s.duration_p95) + ", max " +
           took(s.duration_max);
}

std::string show(const user& u) {
    return "'" + u.id() + "'";
}

std::string numbers(const std::vector<run>& runs) {
    std::string text;
    for (const run& r : runs)
        text += (text.empty() ? "" : " ") + std::to_string(r.id.low & 0x7fff'ffff'ffff'ffff);
    return text;
}

} // namespace rondo::testing::detail
