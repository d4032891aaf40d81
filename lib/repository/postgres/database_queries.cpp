// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/database.hpp>
#include <repository/postgres/failure.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

namespace rondo::postgres::detail {
namespace {

[[noreturn]] void fail() {
    throw failure(errc::store_corrupt, "a run in the database makes no sense");
}

// The columns are those of `run_columns`.

std::shared_ptr<const run_output> read_output(const rows& q, std::size_t i) {
    if (q.is_null(i, 9)) return nullptr;
    auto output = std::make_shared<run_output>();
    output->lines_dropped = q.count(i, 9);
    if (!q.is_null(i, 10)) {
        output->progress = run_progress{q.real(i, 10), q.text(i, 11), q.time(i, 12)};
        const bool in_range = output->progress->share >= 0 && output->progress->share <= 1;
        if (!in_range) fail();
    }
    std::vector<std::int64_t> times = q.integers(i, 17);
    std::vector<std::string> lines = q.texts(i, 18);
    if (times.size() != lines.size()) fail();
    for (std::size_t n = 0; n != lines.size(); ++n)
        output->lines.push_back({wall_time(std::chrono::microseconds(times[n])), std::move(lines[n])});
    return output;
}

void read_results(const rows& q, std::size_t i, run& r) {
    std::vector<std::string> users = q.texts(i, 14);
    std::vector<std::string> messages = q.texts(i, 15);
    std::vector<std::string> errors = q.texts(i, 16);
    if (messages.size() != users.size() || errors.size() != users.size()) fail();
    for (std::size_t n = 0; n != users.size(); ++n) {
        user who(std::move(users[n]));
        r.results.push_back(errors[n].empty() ? task_result(std::move(who), std::move(messages[n]))
                                              : task_result::failure(std::move(who), std::move(errors[n])));
    }
}

} // namespace

run read_run(const rows& q, std::size_t i) {
    run r;
    r.id = q.id(i, 0);
    r.uid = shared_string(q.text(i, 1));
    const auto trigger = trigger_from(q.word(i, 2));
    if (!trigger) fail();
    r.trigger = *trigger;
    r.scheduled_at = q.time(i, 3);
    r.started_at = q.time(i, 4);
    r.finished_at = q.time_or_never(i, 5);
    if (!q.is_null(i, 6)) r.outcome = outcome_from(q.word(i, 6));
    if (r.finished_at.has_value() != r.outcome.has_value()) fail();
    r.message = q.text(i, 7);
    const std::uint64_t attempt = q.count(i, 8);
    if (attempt < 1 || attempt > std::numeric_limits<std::uint32_t>::max()) fail();
    r.attempt = static_cast<std::uint32_t>(attempt);
    for (std::string& id : q.texts(i, 13)) r.users.emplace_back(std::move(id));
    read_results(q, i, r);
    r.output = read_output(q, i);
    return r;
}

namespace {

/// A statement that is put together, with a number for each of its parameters.
struct query_text {
    std::string sql;
    parameters values;
    std::size_t count = 0;

    template <class T>
    std::string value(const T& v) {
        values.add(v);
        return '$' + std::to_string(++count);
    }
};

/// The conditions of a filter, on run r; `start` and `id` are the columns that the page is in order of.
std::string conditions(const history_filter& f, const std::string& start, const std::string& id,
                       query_text& q) {
    std::string sql;
    if (f.uid)
        sql += " and r.task = (select id from @task where uid = " + q.value(std::string_view(*f.uid)) + ")";
    if (f.outcome) sql += " and r.outcome = " + q.value(plain_text{to_string(*f.outcome)});
    if (f.trigger) sql += " and r.\"trigger\" = " + q.value(plain_text{to_string(*f.trigger)});
    if (f.from) sql += " and " + start + " >= " + q.value(*f.from);
    if (f.to) sql += " and " + start + " < " + q.value(*f.to);
    if (f.before) {
        const std::string time = q.value(f.before->started_at);
        sql += " and (" + start + ", " + id + ") < (" + time + ", " + q.value(f.before->id) + ")";
    }
    return sql;
}

query_text history_query(const history_filter& f, std::int64_t rows_max) {
    query_text q;
    if (!f.user) {
        q.sql = "select " + std::string(run_columns()) +
                "from @run r join @task t on t.id = r.task where true" +
                conditions(f, "r.started_at", "r.id", q);
        q.sql += " order by r.started_at desc, r.id desc limit " +
                 std::to_string(rows_max); // as text: the plan depends on it
        return q;
    }
    const std::string who = q.value(std::string_view(*f.user));
    q.sql = "select " + std::string(run_columns()) +
            "from (select distinct on (x.started_at, x.run) x.started_at, x.run from @result x "
            "join @run r on r.id = x.run where sha256(decode(x.user_id, 'escape')) = sha256(decode(" +
            who + ", 'escape')) and x.user_id = " + who + conditions(f, "x.started_at", "x.run", q);
    q.sql += " order by x.started_at desc, x.run desc limit " + std::to_string(rows_max) +
             ") p join @run r on r.id = p.run join @task t on t.id = r.task "
             "order by p.started_at desc, p.run desc";
    return q;
}

/// One more than are wanted, to see whether there are more; and one of a few numbers, as each is a statement of its own.
std::int64_t rows_for(std::size_t limit) noexcept {
    for (const std::size_t few : {std::size_t{50}, std::size_t{200}})
        if (limit <= few) return static_cast<std::int64_t>(few) + 1;
    return static_cast<std::int64_t>(history_limit_max) + 1;
}

std::int64_t to_limit(std::size_t n) noexcept {
    constexpr std::size_t most = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(n, most));
}

} // namespace

std::vector<run> read_runs(const rows& q) {
    std::vector<run> runs;
    for (std::size_t i = 0; i != q.size(); ++i) runs.push_back(read_run(q, i));
    return runs;
}

database::awaitable<history_page> database::history(const history_filter& filter) {
    const std::size_t limit = std::clamp<std::size_t>(filter.limit, 1, history_limit_max);
    query_text q = history_query(filter, rows_for(limit));
    const rows r = co_await ask(in_schema(q.sql, settings_.chosen.schema), std::move(q.values));
    history_page page;
    page.runs = read_runs(r);
    if (page.runs.size() > limit) {
        page.runs.resize(limit);
        page.next = history_key{page.runs.back().started_at, page.runs.back().id};
    }
    co_return page;
}

database::awaitable<std::optional<run>> database::find_run(const run_id& id) {
    parameters p;
    p.add(id);
    const rows r = co_await ask(sql_.find_run, std::move(p));
    if (r.size() == 0) co_return std::nullopt;
    co_return read_run(r, 0);
}

database::awaitable<std::vector<run>> database::last_runs(const std::optional<std::string>& user) {
    parameters p;
    if (user) p.add(std::string_view(*user));
    const rows r = co_await ask(user ? sql_.last_runs_of_user : sql_.last_runs, std::move(p));
    std::vector<run> runs = read_runs(r);
    std::ranges::sort(runs, {}, &run::uid); // by its bytes, not as it is stored
    co_return runs;
}

database::awaitable<std::vector<skip_range>> database::skips(const std::string& uid, std::size_t limit) {
    parameters p;
    p.add(std::string_view(uid)).add(to_limit(limit));
    const rows r = co_await ask(sql_.skips, std::move(p));
    std::vector<skip_range> ranges;
    for (std::size_t i = 0; i != r.size(); ++i) {
        const auto reason = skip_reason_from(r.word(i, 0));
        if (!reason)
            throw failure(errc::store_corrupt, "the reason of a skip in the database is none of ours");
        ranges.push_back({*reason, r.time(i, 1), r.time(i, 2), r.count(i, 3)});
    }
    co_return ranges;
}

namespace {

constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

parameters old_parameters(wall_time ended_before, std::int64_t most) {
    parameters p;
    p.add(ended_before).add(most);
    return p;
}

/// Of the tasks behind this one, so many.
parameters surplus_parameters(std::size_t runs_per_task, std::int64_t after, std::int64_t looks,
                              std::int64_t most) {
    parameters p;
    p.add(after).add(looks).add(to_limit(runs_per_task)).add(most);
    return p;
}

// Where a call under a limit goes on: first with what is old, of runs and then of skips, then with the tasks behind one.
constexpr std::uint64_t at_runs = 0;
constexpr std::uint64_t at_skips = 1;
constexpr std::uint64_t at_tasks = 2; // and the id of that task

} // namespace

database::awaitable<prune_progress> database::prune(const prune_policy& policy) {
    return policy.limit == 0 ? prune_whole(policy) : prune_part(policy);
}

database::awaitable<prune_progress> database::prune_whole(const prune_policy& policy) {
    batch b;
    if (policy.ended_before) {
        b.add(sql_.prune_old_runs, old_parameters(*policy.ended_before, no_limit));
        b.add(sql_.prune_old_skips, old_parameters(*policy.ended_before, no_limit));
    }
    if (policy.runs_per_task)
        b.add(sql_.prune_surplus, surplus_parameters(*policy.runs_per_task, 0, no_limit, no_limit));
    prune_progress done;
    if (b.statements.empty()) co_return done;
    const std::vector<rows> answers = co_await connection_.exchange(b);
    if (policy.ended_before) done.runs += answers[0].changed();
    if (policy.runs_per_task) done.runs += answers.back().count(0, 2);
    co_return done;
}

database::awaitable<prune_progress> database::prune_part(const prune_policy& policy) {
    const std::int64_t most = to_limit(policy.limit);
    const auto full = static_cast<std::uint64_t>(most);
    prune_progress done;
    if (policy.from < at_tasks && policy.ended_before) {
        const bool runs = policy.from == at_runs;
        const rows r = co_await ask(runs ? sql_.prune_old_runs : sql_.prune_old_skips,
                                    old_parameters(*policy.ended_before, most));
        if (runs) done.runs = r.changed();
        if (r.changed() == full)
            done.next = policy.from;
        else if (runs)
            done.next = at_skips;
        else if (policy.runs_per_task)
            done.next = at_tasks;
        co_return done;
    }
    if (!policy.runs_per_task) co_return done;
    // To find what is surplus of a task takes a step for each run that stays.
    constexpr std::int64_t steps_max = 20'000;
    const std::int64_t steps = std::min(to_limit(*policy.runs_per_task), steps_max) + 1;
    const std::int64_t looks = std::clamp<std::int64_t>(steps_max / steps, 1, most);
    const std::int64_t after = to_limit(policy.from > at_tasks ? policy.from - at_tasks : 0);
    const rows r =
        co_await ask(sql_.prune_surplus, surplus_parameters(*policy.runs_per_task, after, looks, most));
    done.runs = r.count(0, 2);
    if (done.runs == full)
        done.next = at_tasks + r.count(0, 3) - 1; // there may be more of that one
    else if (r.integer(0, 0) == looks)
        done.next = at_tasks + r.count(0, 1);
    co_return done;
}

} // namespace rondo::postgres::detail
