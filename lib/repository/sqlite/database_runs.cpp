// SPDX-License-Identifier: BSL-1.0
#include <repository/prefetch.hpp>
#include <repository/sqlite/database.hpp>
#include <repository/sqlite/failure.hpp>

#include <cassert>
#include <cstddef>
#include <span>

namespace rondo::sqlite::detail {
namespace {

// The condition of the index of slots: `takes_slot` in SQL.
#define RONDO_TAKES_SLOT "\"trigger\" in ('schedule', 'catch_up')"

// Another thread has made them up, so they are in the caches of its processor.
template <class Request, class Text>
void prefetch_after(std::span<const Request> requests, std::size_t i, Text uid_of) noexcept {
    constexpr std::size_t step = 4;
    if (i + 2 * step < requests.size()) repository_detail::prefetch_whole(&requests[i + 2 * step]);
    if (i + step < requests.size()) repository_detail::prefetch(uid_of(requests[i + step]));
}

// Skips of earlier slots than the run's go first: the run then parts them from later ones.
bool skip_is_later(const begin_request& request) noexcept {
    return request.started && request.skipped && request.skipped->last > request.started->scheduled_at;
}

} // namespace

std::vector<begin_answer> database::begin_runs(std::span<const begin_request> requests) {
    std::vector<begin_answer> answers;
    answers.reserve(requests.size());
    for (std::size_t i = 0; i != requests.size(); ++i) {
        prefetch_after(requests, i, [](const begin_request& r) { return r.uid.view().data(); });
        answers.push_back(begin(requests[i]));
    }
    cursors_.write(db_);
    return answers;
}

// All that can refuse the request is looked at before anything is written. Mostly nothing does, which the insertion
// of the run finds out by itself.
begin_answer database::begin(const begin_request& request) {
    begin_answer answer;
    task_head* const task = find_task(request.uid);
    if (task == nullptr) {
        answer.state = begin_state::unknown_task;
        return answer;
    }
    const cursor at = cursor_of(*task);
    answer.next_slot = at.next_slot;
    const bool elsewhere = request.moves_cursor && !request.force && at.next_slot != request.expected;
    const bool run_first = request.started && !(request.skipped && !skip_is_later(request));
    if (run_first && !elsewhere && insert_run(task->id, at.token + 1, *request.started)) {
        answer.token = at.token + 1;
        apply(*task, request, answer);
        return answer;
    }
    if (request.started) {
        {
            query q(db_.prepared("select task, token from run where id = ?"), request.started->id);
            if (q.step()) {
                const bool ours = q.integer(0) == task->id;
                answer.state = ours ? begin_state::recorded : begin_state::conflict;
                answer.token = ours ? q.count(1) : 0;
                return answer;
            }
        }
        if (slot_taken(task->id, request.started->trigger, request.started->scheduled_at))
            answer.state = begin_state::conflict;
    }
    if (elsewhere) answer.state = begin_state::conflict;
    if (answer.state == begin_state::recorded) apply(*task, request, answer);
    return answer;
}

// An answer with a token: the run is there already.
void database::apply(task_head& task, const begin_request& request, begin_answer& answer) {
    const bool later = skip_is_later(request);
    const std::uint64_t token = cursor_of(task).token;
    if (request.skipped && !later) add_skip(task.id, *request.skipped);
    if (request.moves_cursor) {
        answer.next_slot = request.next;
        take_over_cursor(task);
    }
    if (request.started && answer.token == 0) {
        answer.token = token + 1;
        if (!insert_run(task.id, answer.token, *request.started)) throw failure(errc::store_corrupt);
    }
    if (request.moves_cursor || request.started)
        move_cursor(task, {answer.next_slot, request.started ? answer.token : token});
    if (later) add_skip(task.id, *request.skipped);
}

void database::add_skip(std::int64_t task, const skip_range& range) {
    std::int64_t id = 0;
    skip_range latest;
    {
        query q(
            db_.prepared("select id, reason, first, last from skip where task = ? order by id desc limit 1"),
            task);
        if (q.step() && q.text(1) == to_string(range.reason)) {
            id = q.integer(0);
            latest.first = q.time(2);
            latest.last = q.time(3);
        }
    }
    // The repeat of a call whose answer got lost.
    if (id != 0 && latest.first <= range.first && range.last <= latest.last) return;
    bool parted = id == 0 || range.first <= latest.last;
    if (!parted) {
        query q(db_.prepared("select 1 from run where task = ? and scheduled_at > ? and " RONDO_TAKES_SLOT
                             " limit 1"),
                task, latest.last);
        parted = q.step();
    }
    if (parted)
        execute("insert into skip (task, reason, first, last, count) values (?, ?, ?, ?, ?)", task,
                to_string(range.reason), range.first, range.last, as_integer(range.count));
    else
        execute("update skip set last = ?2, count = min(count, 9223372036854775807 - ?1) + ?1 where id = ?3",
                as_integer(range.count), range.last, id);
}

bool database::slot_taken(std::int64_t task, rondo::trigger trigger, wall_time slot) {
    if (!takes_slot(trigger)) return false;
    query q(db_.prepared("select 1 from run where task = ? and scheduled_at = ? and " RONDO_TAKES_SLOT), task,
            slot);
    return q.step();
}

// False: the run is on record, or another that has its slot. A file without the index of slots is refused.
bool database::insert_run(std::int64_t task, std::uint64_t token, const run_begin& r) {
    execute("insert into run (id, task, \"trigger\", attempt, scheduled_at, started_at, token) "
            "values (?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing "
            "on conflict (task, scheduled_at) where " RONDO_TAKES_SLOT " do nothing",
            r.id, task, to_string(r.trigger), std::int64_t{r.attempt}, r.scheduled_at, r.started_at,
            as_integer(token));
    if (db_.changes() == 0) return false;
    std::int64_t position = 0;
    for (const user& u : r.users)
        execute("insert into run_user (run, position, user) values (?, ?, ?)", r.id, position++,
                std::string_view(u.id()));
    return true;
}

std::vector<finish_state> database::finish_runs(std::span<const finish_request> requests) {
    std::vector<finish_state> states;
    states.reserve(requests.size());
    for (std::size_t i = 0; i != requests.size(); ++i) {
        prefetch_after(requests, i, [](const finish_request& r) { return r.run.uid.view().data(); });
        states.push_back(finish(requests[i]));
    }
    cursors_.write(db_);
    return states;
}

finish_state database::finish(const finish_request& request) {
    const run& r = request.run;
    assert(r.finished_at && r.outcome);
    task_head* const task = find_task(r.uid);
    if (task == nullptr) return finish_state::fenced;
    if (request.token != 0 && r.results.empty() && end_as_begun(*task, request))
        return finish_state::recorded;
    bool known = false;
    wall_time started_at = r.started_at;
    {
        query q(db_.prepared("select task, token, outcome, started_at from run where id = ?"), r.id);
        known = q.step();
        if (known) {
            if (q.integer(0) != task->id) return finish_state::fenced;
            if (request.token != 0 && request.token != q.count(1)) return finish_state::fenced;
            if (!q.is_null(2))
                return q.text(2) == to_string(*r.outcome) ? finish_state::already : finish_state::fenced;
            started_at = q.time(3);
        }
    }
    if (!known) {
        // Its begin never arrived. The slot may be on record as another's all the same.
        if (slot_taken(task->id, r.trigger, r.scheduled_at)) return finish_state::fenced;
        const cursor at = cursor_of(*task);
        if (!insert_run(task->id, at.token + 1,
                        {r.id, r.trigger, r.scheduled_at, r.started_at, r.users, r.attempt}))
            throw failure(errc::store_corrupt);
        move_cursor(*task, {at.next_slot, at.token + 1});
    }
    end_run(r, started_at);
    go_on_after_end(*task, request);
    return finish_state::recorded;
}

// What mostly is there to do. False: the run is not as it was begun, or not there.
bool database::end_as_begun(task_head& task, const finish_request& request) {
    const run& r = request.run;
    execute("update run set finished_at = ?, outcome = ?, message = ? "
            "where id = ? and outcome is null and token = ? and task = ?",
            r.finished_at, to_string(*r.outcome), std::string_view(r.message), r.id,
            as_integer(request.token), task.id);
    if (db_.changes() == 0) return false;
    if (r.output != nullptr) keep_output(r.id, *r.output);
    go_on_after_end(task, request);
    return true;
}

// Of a fixed delay.
void database::go_on_after_end(task_head& task, const finish_request& request) {
    if (!request.next_slot) return;
    const cursor at = cursor_of(task);
    if (at.next_slot != moment(cursor_waits_for_end)) return;
    take_over_cursor(task);
    move_cursor(task, {request.next_slot, at.token});
}

void database::end_run(const run& r, wall_time started_at) {
    execute("update run set finished_at = ?, outcome = ?, message = ? where id = ?", r.finished_at,
            to_string(*r.outcome), std::string_view(r.message), r.id);
    std::int64_t position = 0;
    for (const task_result& result : r.results)
        execute(
            "insert into result (run, position, user, started_at, message, error) values (?, ?, ?, ?, ?, ?)",
            r.id, position++, std::string_view(result.user().id()), started_at,
            std::string_view(result.message()), std::string_view(result.error()));
    if (r.output != nullptr) keep_output(r.id, *r.output);
}

void database::keep_output(const run_id& id, const run_output& output) {
    execute("update run set lines_dropped = ? where id = ?", as_integer(output.lines_dropped), id);
    if (output.progress)
        execute("update run set progress = ?, progress_text = ?, progress_at = ? where id = ?",
                output.progress->share, std::string_view(output.progress->text), output.progress->at, id);
    std::int64_t position = 0;
    for (const run_line& line : output.lines)
        execute("insert into run_line (run, position, at, text) values (?, ?, ?, ?)", id, position++, line.at,
                std::string_view(line.text));
}

} // namespace rondo::sqlite::detail
