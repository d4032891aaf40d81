// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/database.hpp>
#include <repository/sqlite/failure.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>

namespace rondo::sqlite::detail {
namespace {

// The columns of `read_run`, of run r and task t.
#define RONDO_RUN_COLUMNS                                                                             \
    "r.id, t.uid, r.\"trigger\", r.scheduled_at, r.started_at, r.finished_at, r.outcome, r.message, " \
    "r.attempt, r.lines_dropped, r.progress, r.progress_text, r.progress_at "

/// What its body told, but the lines; null: nothing.
std::shared_ptr<const run_output> read_output(const query& q) {
    if (q.is_null(9)) return nullptr;
    auto output = std::make_shared<run_output>();
    output->lines_dropped = q.count(9);
    if (q.is_null(10)) return output;
    output->progress = run_progress{q.real(10), std::string(q.text(11)), q.time(12)};
    const bool in_range = output->progress->share >= 0 && output->progress->share <= 1;
    if (!in_range) throw failure(errc::store_corrupt);
    return output;
}

/// The run in this row, without its users, results and lines. A file may hold anything.
run read_run(const query& q) {
    run r;
    r.id = q.id(0);
    r.uid = shared_string(q.text(1));
    const auto trigger = trigger_from(q.text(2));
    if (!trigger) throw failure(errc::store_corrupt);
    r.trigger = *trigger;
    r.scheduled_at = q.time(3);
    r.started_at = q.time(4);
    r.finished_at = q.time_or_never(5);
    if (!q.is_null(6)) r.outcome = outcome_from(q.text(6));
    if (r.finished_at.has_value() != r.outcome.has_value()) throw failure(errc::store_corrupt);
    r.message = q.text(7);
    const std::int64_t attempt = q.integer(8);
    if (attempt < 1 || attempt > std::numeric_limits<std::uint32_t>::max())
        throw failure(errc::store_corrupt);
    r.attempt = static_cast<std::uint32_t>(attempt);
    r.output = read_output(q);
    return r;
}

// Of two upper bounds the lower one holds. SQLite is told of that alone: it looks up one in the index,
// and would read all that is between the two.
bool ends_by_key(const history_filter& f) {
    return f.before && (!f.to || f.before->started_at < *f.to);
}
bool ends_by_time(const history_filter& f) {
    return f.to && !ends_by_key(f);
}

/// CROSS JOIN fixes the order of the loops: along the index that gives the order of the page.
std::string history_sql(const history_filter& filter) {
    const bool by_user = filter.user.has_value();
    const std::string start = by_user ? "x.started_at" : "r.started_at";
    const std::string id = by_user ? "x.run" : "r.id";
    std::string sql = "select " RONDO_RUN_COLUMNS "from ";
    sql += by_user ? "result x cross join run r on r.id = x.run" : "run r";
    sql += " cross join task t on t.id = r.task where 1";
    if (by_user) sql += " and x.user = ?";
    if (filter.uid) sql += " and r.task = ?";
    if (filter.outcome) sql += " and r.outcome = ?";
    if (filter.trigger) sql += " and r.\"trigger\" = ?";
    if (filter.from) sql += " and " + start + " >= ?";
    if (ends_by_time(filter)) sql += " and " + start + " < ?";
    if (ends_by_key(filter)) sql += " and (" + start + ", " + id + ") < (?, ?)";
    return sql + " order by " + start + " desc, " + id + " desc";
}

} // namespace

history_page database::history(const history_filter& filter) {
    history_page page;
    const std::size_t limit = std::clamp<std::size_t>(filter.limit, 1, history_limit_max);
    std::int64_t task = 0;
    if (filter.uid) {
        const auto head = find_task(*filter.uid);
        if (!head) return page;
        task = head->id;
    }
    {
        query q(db_.prepared(history_sql(filter)));
        if (filter.user) q.bind(std::string_view(*filter.user));
        if (filter.uid) q.bind(task);
        if (filter.outcome) q.bind(to_string(*filter.outcome));
        if (filter.trigger) q.bind(to_string(*filter.trigger));
        if (filter.from) q.bind(*filter.from);
        if (ends_by_time(filter)) q.bind(*filter.to);
        if (ends_by_key(filter)) {
            q.bind(filter.before->started_at);
            q.bind(filter.before->id);
        }
        // No LIMIT: a run with two results for the user comes twice, one after the other.
        while (q.step()) {
            if (!page.runs.empty() && page.runs.back().id == q.id(0)) continue;
            if (page.runs.size() == limit) {
                page.next = history_key{page.runs.back().started_at, page.runs.back().id};
                break;
            }
            page.runs.push_back(read_run(q));
        }
    }
    load_details(page.runs);
    return page;
}

std::optional<run> database::find_run(const run_id& id) {
    std::vector<run> found;
    {
        query q(db_.prepared("select " RONDO_RUN_COLUMNS
                             "from run r cross join task t on t.id = r.task where r.id = ?"),
                id);
        if (!q.step()) return std::nullopt;
        found.push_back(read_run(q));
    }
    load_details(found);
    return std::move(found.front());
}

std::vector<run> database::last_runs(const std::optional<std::string>& user) {
    std::vector<run> runs = user ? last_runs_of_user(*user) : last_runs_of_all();
    load_details(runs);
    return runs;
}

std::vector<run> database::last_runs_of_all() {
    std::vector<run> runs;
    query q(db_.prepared("select " RONDO_RUN_COLUMNS "from task t cross join run r on r.id = ("
                         "  select id from run where task = t.id and finished_at is not null"
                         "  order by started_at desc, id desc limit 1) "
                         "order by t.uid"));
    while (q.step()) runs.push_back(read_run(q));
    return runs;
}

std::vector<run> database::last_runs_of_user(const std::string& user) {
    std::map<std::string, run, std::less<>> latest;
    {
        query q(
            db_.prepared("select " RONDO_RUN_COLUMNS
                         "from result x cross join run r on r.id = x.run cross join task t on t.id = r.task "
                         "where x.user = ? order by x.started_at desc, x.run desc"),
            std::string_view(user));
        while (q.step())
            if (latest.find(q.text(1)) == latest.end()) latest.emplace(std::string(q.text(1)), read_run(q));
    }
    std::vector<run> runs;
    for (auto& [uid, r] : latest) runs.push_back(std::move(r));
    return runs;
}

void database::load_details(std::vector<run>& runs) {
    for (run& r : runs) {
        query users(db_.prepared("select user from run_user where run = ? order by position"), r.id);
        while (users.step()) r.users.emplace_back(std::string(users.text(0)));
        query results(db_.prepared("select user, message, error from result where run = ? order by position"),
                      r.id);
        while (results.step()) {
            user who{std::string(results.text(0))};
            r.results.push_back(results.text(2).empty()
                                    ? task_result(std::move(who), std::string(results.text(1)))
                                    : task_result::failure(std::move(who), std::string(results.text(2))));
        }
        if (r.output != nullptr) load_lines(r);
    }
}

void database::load_lines(run& r) {
    auto output = std::make_shared<run_output>(*r.output);
    query lines(db_.prepared("select at, text from run_line where run = ? order by position"), r.id);
    while (lines.step()) output->lines.push_back({lines.time(0), std::string(lines.text(1))});
    r.output = std::move(output);
}

std::vector<skip_range> database::skips(const std::string& uid, std::size_t limit) {
    std::vector<skip_range> ranges;
    const auto task = find_task(uid);
    if (!task) return ranges;
    query q(db_.prepared("select reason, first, last, count from skip where task = ? order by id desc"),
            task->id);
    while (ranges.size() < limit && q.step()) {
        const auto reason = skip_reason_from(q.text(0));
        if (!reason) throw failure(errc::store_corrupt);
        ranges.push_back(skip_range{*reason, q.time(1), q.time(2), q.count(3)});
    }
    return ranges;
}

} // namespace rondo::sqlite::detail
