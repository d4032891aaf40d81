// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rondo::runtime {

void engine::publish(const event& e) noexcept {
    if (!anybody_listens()) return;
    try {
        readers_.publish(e);
    } catch (...) { // no memory; what was done is done all the same
        log_exception("an event is not told");
    }
}

bool engine::logs(log_level level) const noexcept {
    return level >= options_.log_level_min && options_.log != nullptr;
}

void engine::log(log_level level, std::string_view text) {
    if (!logs(level)) return;
    try {
        options_.log(level, text);
    } catch (...) { // a sink that fails has nowhere to say so
    }
}

// Of the exception in flight.
void engine::log_exception(const char* where) noexcept {
    try {
        log(log_level::error, fmt::format("{}: {}", where, detail::current_exception_text()));
    } catch (...) { // not even for this was there memory
    }
}

// What is left undone is done soon.
void engine::on_failure(const char* where) noexcept {
    log_exception(where);
    try {
        rearm();
    } catch (...) { // then with whatever comes next
    }
}

void engine::tell_run(event_kind kind, const core::run_record& record, std::optional<outcome> how,
                      const std::string& message) {
    if (kind == event_kind::run_started && logs(log_level::info))
        log(log_level::info,
            fmt::format("task {} run {} starts ({})", record.task->uid, record.id, record.trigger));
    if (kind == event_kind::run_overrunning)
        log(log_level::warning,
            fmt::format("task {} run {} goes on past its deadline", record.task->uid, record.id));
    if (!anybody_listens()) return;
    event e;
    e.kind = kind;
    e.at = clock_.now().wall;
    e.uid = record.task->uid;
    e.id = record.id;
    e.trigger = record.trigger;
    e.scheduled_at = record.scheduled_at;
    e.outcome = how;
    e.message = message;
    publish(e);
}

void engine::tell_skip(const core::action& a) {
    if (logs(log_level::info))
        log(log_level::info,
            fmt::format("task {} skips {} slots ({})", a.task->uid, a.skipped.count, a.skipped.reason));
    if (!anybody_listens()) return;
    event e;
    e.kind = event_kind::slots_skipped;
    e.at = clock_.now().wall;
    e.uid = a.task->uid;
    e.scheduled_at = a.skipped.first;
    e.reason = a.skipped.reason;
    e.count = a.skipped.count;
    publish(e);
}

void engine::log_end(const run& r) {
    if (logs(log_level::info))
        log(log_level::info, fmt::format("task {} run {} ends: {}", r.uid, r.id, *r.outcome));
    if (!logs(log_level::error)) return;
    for (const task_result& result : r.results)
        if (result.failed())
            log(log_level::error,
                fmt::format("task {} user {}: {}", r.uid, result.user().id(), result.error()));
    if (r.outcome == outcome::failed && !r.message.empty() && r.results.empty())
        log(log_level::error, fmt::format("task {}: {}", r.uid, r.message));
}

} // namespace rondo::runtime
