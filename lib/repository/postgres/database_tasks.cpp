// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/batch.hpp>
#include <repository/postgres/database.hpp>
#include <repository/postgres/failure.hpp>
#include <repository/postgres/waves.hpp>
#include <repository/user_ids.hpp>

#include <rondo/failure_count.hpp>

#include <algorithm>
#include <functional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace rondo::postgres::detail {
namespace {

std::size_t hash_of(const shared_string& uid) noexcept {
    return std::hash<shared_string>()(uid);
}

template <class Range>
parameters uids_of(const Range& all) {
    parameters p;
    p.add_array(all, [](const auto& each) {
        if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(each)>>)
            return each->uid.view();
        else
            return each.uid.view();
    });
    return p;
}

parameters user_ids(const std::vector<user>& users) {
    parameters p;
    p.add_array(users, [](const user& u) { return std::string_view(u.id()); });
    return p;
}

parameters definitions(const std::vector<const task_definition*>& tasks) {
    parameters p;
    p.add_array(tasks, [](const auto* t) { return t->uid.view(); });
    p.add_array(tasks, [](const auto* t) { return t->name.view(); });
    p.add_array(tasks, [](const auto* t) { return std::string_view(t->schedule); });
    p.add_array(tasks, [](const auto* t) { return t->hidden; });
    p.add_array(tasks, [](const auto* t) { return t->anchor; });
    p.add_array(tasks, [](const auto* t) { return t->first_slot; });
    return p;
}

parameters changes(const std::vector<const task_update*>& updates) {
    const auto pauses = [](const task_update* u) { return u->paused && *u->paused; };
    parameters p;
    p.add_array(updates, [](const auto* u) { return u->uid.view(); });
    p.add_array(updates, [](const auto* u) { return u->paused; });
    p.add_array(updates, [&](const auto* u) {
        const bool said_why = pauses(u) && !u->pause_reason.empty();
        return said_why ? std::optional<std::string_view>(u->pause_reason) : std::nullopt;
    });
    p.add_array(updates, [&](const auto* u) { return pauses(u) ? u->paused_until : moment(); });
    p.add_array(updates, [](const auto* u) { return u->active; });
    return p;
}

task_state read_state(const rows& r, std::size_t i) {
    task_state s;
    s.created = r.flag(i, 1);
    s.schedule_changed = r.flag(i, 2);
    s.anchor = r.time(i, 3);
    s.next_slot = r.time_or_never(i, 4);
    s.paused = r.flag(i, 5);
    if (!s.paused) return s;
    if (!r.is_null(i, 6)) s.pause_reason = r.text(i, 6);
    s.paused_until = r.time_or_never(i, 7);
    return s;
}

failure_count::attempt read_attempt(const rows& r, std::size_t i) {
    failure_count::attempt a;
    a.scheduled_at = r.time(i, 4);
    a.number = static_cast<std::uint32_t>(r.count(i, 3));
    if (r.word(i, 6) == to_string(trigger::retry)) a.trigger = trigger::retry;
    if (r.is_null(i, 2)) return a;
    a.outcome = outcome_from(r.word(i, 2));
    if (!a.outcome) throw failure(errc::store_corrupt, "an outcome in the database is none of ours");
    a.finished_at = r.time(i, 5);
    return a;
}

/// The rows from `first` on that are of this task, the latest run first. Whether older runs may count, too.
bool read_failures(const rows& r, std::size_t& next, std::int64_t ord, task_state& state) {
    failure_count failures;
    bool more = true;
    state.last_run.reset();
    state.last_outcome.reset();
    for (; next != r.size() && r.integer(next, 0) == ord; ++next) {
        if (!more) continue;
        const failure_count::attempt a = read_attempt(r, next);
        if (!state.last_run) state.last_run = r.time(next, 1);
        if (!state.last_outcome) state.last_outcome = a.outcome;
        more = failures.take(a);
    }
    state.failures = failures.failures();
    return more;
}

} // namespace

database::awaitable<rows> database::ask(std::string sql, parameters values) {
    co_await renew_if_due();
    batch b;
    b.add(std::move(sql), std::move(values));
    std::vector<rows> all = co_await connection_.exchange(b);
    co_return std::move(all.front());
}

database::awaitable<std::uint64_t> database::start(wall_time now) {
    if (is_shared()) co_return co_await start_shared(now);
    co_await refuse_if_shared();
    batch b;
    b.add(sql_.lock_all_tasks, {});
    b.add(sql_.start_tasks, {});
    parameters p;
    p.add(now).add(plain_text{abandoned_message});
    b.add(sql_.start_runs, std::move(p));
    const std::vector<rows> answers = co_await connection_.exchange(b);
    co_await refuse_if_shared();
    co_return answers[2].changed();
}

database::awaitable<std::vector<task_state>>
database::register_tasks(const std::vector<task_definition>& tasks) {
    std::vector<task_state> states(tasks.size());
    std::vector<const task_definition*> left;
    for (const task_definition& t : tasks) left.push_back(&t);
    bool new_to_others = false;
    constexpr int tries_max = 5;
    for (int tries = 0; !left.empty(); ++tries) {
        if (tries == tries_max)
            throw failure(errc::store_failed, "others add and remove the same tasks all the time");
        left = co_await register_some(tasks, std::move(left), states, new_to_others);
    }
    co_await count_failures(tasks, states);
    has_tasks_ = true;
    if (!is_shared()) co_return states;
    note(tasks, states);
    if (new_to_others) co_await tell_others();
    co_return states;
}

// Gives those that somebody else was adding at this moment, whom the statement did not see: it will. Says whether any
// has another schedule now.
database::awaitable<std::vector<const task_definition*>>
database::register_some(const std::vector<task_definition>& all, std::vector<const task_definition*> some,
                        std::vector<task_state>& states, bool& new_to_others) {
    const auto waves =
        waves_of(some, [](const task_definition* t, auto take) { take(std::hash<shared_string>()(t->uid)); });
    batch b;
    b.add(sql_.lock_tasks, uids_of(some));
    for (const auto& w : waves) {
        std::vector<const task_definition*> requests;
        for (const task_definition* const* each : w.requests) requests.push_back(*each);
        b.add(sql_.register_tasks, definitions(requests));
    }
    co_await renew_if_due();
    const std::vector<rows> answers = co_await connection_.exchange(b);
    std::vector<const task_definition*> missed;
    for (std::size_t n = 0; n != waves.size(); ++n) {
        const rows& r = answers[n + 1];
        std::size_t row = 0;
        for (std::size_t i = 0; i != waves[n].requests.size(); ++i) {
            const task_definition* const asked = *waves[n].requests[i];
            const bool there = row != r.size() && r.integer(row, 0) == static_cast<std::int64_t>(i) + 1;
            if (!there) {
                missed.push_back(asked);
                continue;
            }
            states[static_cast<std::size_t>(asked - all.data())] = read_state(r, row);
            new_to_others |= r.flag(row++, 8);
        }
    }
    co_return missed;
}

// Of most tasks a hundred runs tell; of those that go on failing as many as count. So many rows at a time that they
// come soon.
database::awaitable<void> database::count_failures(const std::vector<task_definition>& tasks,
                                                   std::vector<task_state>& states) {
    constexpr std::int64_t rows_max = 50'000;
    constexpr std::int64_t mostly_enough = 104;
    constexpr std::int64_t always_enough = 2 * static_cast<std::int64_t>(failures_counted_max);
    std::vector<std::size_t> left; // which of them
    for (std::size_t i = 0; i != states.size(); ++i)
        if (!states[i].created) left.push_back(i);
    for (const std::int64_t runs_max : {mostly_enough, always_enough}) {
        std::vector<std::size_t> unsure;
        const auto part_max = static_cast<std::size_t>(rows_max / runs_max);
        for (std::size_t first = 0; first < left.size(); first += part_max) {
            const std::span<const std::size_t> part =
                std::span(left).subspan(first, std::min(part_max, left.size() - first));
            parameters p;
            p.add_array(part, [&](std::size_t i) { return tasks[i].uid.view(); }).add(runs_max);
            const rows r = co_await ask(sql_.latest_runs, std::move(p));
            std::size_t next = 0;
            for (std::size_t n = 0; n != part.size(); ++n) {
                const std::size_t before = next;
                const bool more = read_failures(r, next, static_cast<std::int64_t>(n) + 1, states[part[n]]);
                if (more && static_cast<std::int64_t>(next - before) == runs_max) unsure.push_back(part[n]);
            }
        }
        left = std::move(unsure);
    }
}

database::awaitable<void> database::update_tasks(const std::vector<task_update>& updates) {
    if (updates.empty()) co_return;
    batch b;
    b.add(sql_.lock_tasks, uids_of(updates));
    for (const auto& w : waves_of(updates, [](const task_update& u, auto take) { take(hash_of(u.uid)); }))
        b.add(sql_.update_tasks, changes(w.requests));
    co_await renew_if_due();
    co_await connection_.exchange(b);
    const auto pauses = [](const task_update& u) { return u.paused.has_value(); };
    if (is_shared() && std::ranges::any_of(updates, pauses)) co_await tell_others();
}

database::awaitable<std::vector<user>> database::users() {
    parameters none;
    const rows r = co_await ask(sql_.users, std::move(none));
    std::vector<user> users;
    for (std::size_t i = 0; i != r.size(); ++i) {
        users.emplace_back(r.text(i, 0));
        if (!repository_detail::valid_user_id(users.back().id()))
            throw failure(errc::store_corrupt, "the id of a user in the database is none of ours");
    }
    std::ranges::sort(users);
    co_return users;
}

database::awaitable<void> database::add_users(const std::vector<user>& users) {
    co_await ask(sql_.add_users, user_ids(users));
}

database::awaitable<void> database::remove_users(const std::vector<user>& users) {
    co_await ask(sql_.remove_users, user_ids(users));
}

} // namespace rondo::postgres::detail
