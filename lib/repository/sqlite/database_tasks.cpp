// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/database.hpp>
#include <repository/sqlite/failure.hpp>
#include <repository/user_ids.hpp>

#include <rondo/failure_count.hpp>

#include <algorithm>

namespace rondo::sqlite::detail {

std::uint64_t database::start(wall_time now) {
    execute("update task set active = 0 where active <> 0");
    const wall_time alive = std::min(last_alive_.value_or(now), now);
    execute("update run set finished_at = max(started_at, iif(started_at < ?, ?, ?)), outcome = 'abandoned', "
            "message = ? where finished_at is null",
            opened_, alive, now, abandoned_message);
    started_ = true;
    return db_.changes();
}

database::task_head* database::find_task(std::string_view uid) {
    constexpr std::size_t heads_max = 65'536; // some megabytes
    const std::uint64_t epoch = db_.epoch();
    if (std::exchange(heads_epoch_, epoch) != epoch) heads_.clear();
    const auto known = heads_.find(uid);
    if (known != heads_.end()) return &known->second;
    query q(db_.prepared("select id, cursor_schedule is not null from task where uid = ?"), uid);
    if (!q.step()) return nullptr;
    task_head head;
    head.id = q.integer(0);
    head.has_cursor_schedule = q.flag(1);
    if (heads_.size() >= heads_max) return &(latest_head_ = head);
    return &heads_.emplace(uid, head).first->second;
}

cursor database::cursor_of(std::int64_t task) {
    const std::optional<cursor> found = cursors_.find(db_, task);
    if (!found) throw failure(errc::store_corrupt);
    return *found;
}

cursor database::cursor_of(task_head& task) {
    if (!task.at) task.at = cursor_of(task.id);
    return *task.at;
}

void database::move_cursor(task_head& task, const cursor& to) {
    cursors_.move(db_, task.id, to);
    task.at = to;
}

void database::take_over_cursor(task_head& task) {
    if (!std::exchange(task.has_cursor_schedule, false)) return;
    execute("update task set cursor_schedule = null where id = ?", task.id);
}

std::vector<task_state> database::register_tasks(const std::vector<task_definition>& tasks) {
    std::vector<task_state> states;
    states.reserve(tasks.size());
    for (const task_definition& t : tasks) states.push_back(register_task(t));
    cursors_.write(db_);
    return states;
}

task_state database::register_task(const task_definition& definition) {
    task_state state;
    const std::int64_t hidden = definition.hidden ? 1 : 0;
    std::int64_t id = 0;
    std::string cursor_schedule; // of which the cursor is
    bool has_one = false;        // other than its own so far
    {
        query q(db_.prepared("select id, schedule, anchor, paused, pause_reason, paused_until, "
                             "cursor_schedule from task where uid = ?"),
                definition.uid.view());
        state.created = !q.step();
        if (!state.created) {
            id = q.integer(0);
            has_one = !q.is_null(6);
            cursor_schedule = q.text(has_one ? 6 : 1);
            state.schedule_changed = cursor_schedule != definition.schedule;
            state.anchor = q.time(2);
            state.paused = q.flag(3);
            if (state.paused && !q.is_null(4)) state.pause_reason = q.text(4);
            if (state.paused) state.paused_until = q.time_or_never(5);
        }
    }
    if (state.created) {
        state.anchor = definition.anchor;
        state.next_slot = definition.first_slot;
        execute("insert into task (uid, name, schedule, hidden, anchor) values (?, ?, ?, ?, ?)",
                definition.uid.view(), definition.name.view(), std::string_view(definition.schedule), hidden,
                definition.anchor);
        cursors_.move(db_, db_.last_row(), {definition.first_slot, 0});
        return state;
    }
    execute("update task set name = ?, schedule = ?, hidden = ?, active = 1 where id = ?",
            definition.name.view(), std::string_view(definition.schedule), hidden, id);
    state.next_slot = cursor_of(id).next_slot;
    if (state.schedule_changed != has_one) {
        task_head& head = *find_task(definition.uid);
        if (state.schedule_changed)
            execute("update task set cursor_schedule = ? where id = ?", std::string_view(cursor_schedule),
                    id);
        else
            take_over_cursor(head);
        head.has_cursor_schedule = state.schedule_changed;
    }
    tell_latest_runs(id, state);
    return state;
}

void database::tell_latest_runs(std::int64_t task, task_state& state) {
    query q(
        db_.prepared("select started_at, outcome, attempt, scheduled_at, finished_at, \"trigger\" = 'retry' "
                     "from run where task = ? order by started_at desc, id desc"),
        task);
    failure_count failures;
    for (bool more = true; more && q.step();) {
        if (!state.last_run) state.last_run = q.time(0);
        failure_count::attempt a;
        a.scheduled_at = q.time(3);
        a.number = static_cast<std::uint32_t>(q.integer(2));
        if (q.flag(5)) a.trigger = trigger::retry;
        if (!q.is_null(1)) {
            a.outcome = outcome_from(q.text(1));
            if (!a.outcome) throw failure(errc::store_corrupt);
            a.finished_at = q.time(4);
            if (!state.last_outcome) state.last_outcome = a.outcome;
        }
        more = failures.take(a);
    }
    state.failures = failures.failures();
}

void database::update_tasks(const std::vector<task_update>& updates) {
    for (const task_update& u : updates) {
        if (u.paused) set_pause(u);
        if (u.active)
            execute("update task set active = ? where uid = ?", std::int64_t{*u.active ? 1 : 0},
                    u.uid.view());
    }
}

void database::set_pause(const task_update& u) {
    const bool paused = *u.paused;
    const bool said_why = paused && !u.pause_reason.empty();
    execute("update task set paused = ?, pause_reason = nullif(?, ''), paused_until = ? where uid = ?",
            std::int64_t{paused ? 1 : 0}, said_why ? std::string_view(u.pause_reason) : std::string_view(),
            paused ? u.paused_until : moment(), u.uid.view());
}

std::vector<user> database::users() {
    std::vector<user> users;
    query q(db_.prepared("select id from user order by id"));
    while (q.step()) {
        if (!repository_detail::valid_user_id(q.text(0))) throw failure(errc::store_corrupt);
        users.emplace_back(std::string(q.text(0)));
    }
    return users;
}

void database::add_users(const std::vector<user>& users) {
    for (const user& u : users)
        execute("insert into user (id) values (?) on conflict do nothing", std::string_view(u.id()));
}

void database::remove_users(const std::vector<user>& users) {
    for (const user& u : users) execute("delete from user where id = ?", std::string_view(u.id()));
}

} // namespace rondo::sqlite::detail
