// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/database.hpp>
#include <repository/sqlite/failure.hpp>

#include <utility>

namespace rondo::sqlite::detail {
namespace {

constexpr std::size_t part_max = 1000; // tasks and runs that are read in one transaction

/// Along the index of the runs of a task. Of two lower bounds the greater one holds, and SQLite is told of that alone.
std::string runs_sql(const summary_filter& filter, bool goes_on) {
    std::string sql = "select r.started_at, r.id, r.finished_at, r.outcome from run r where r.task = ?";
    if (goes_on) sql += " and (r.started_at, r.id) > (?, ?)";
    if (filter.from && !goes_on) sql += " and r.started_at >= ?";
    if (filter.to) sql += " and r.started_at < ?";
    return sql + " order by r.started_at, r.id";
}

} // namespace

summary_part database::sum_up(const summary_filter& filter, const summary_place& from) {
    summary_part part;
    summary_place place = from;
    std::size_t left = part_max;
    query tasks(db_.prepared(filter.uid ? "select id, uid from task where uid = ?"
                                        : "select id, uid from task where uid >= ? order by uid"));
    tasks.bind(std::string_view(filter.uid ? *filter.uid : from.uid));
    while (tasks.step()) {
        if (tasks.text(1) != place.uid) place = {std::string(tasks.text(1)), std::nullopt, {}};
        left -= 1 + count_runs(tasks.integer(0), filter, place, left - 1);
        if (left == 0) { // there may be more of it
            part.next = std::move(place);
            return part;
        }
        if (!place.tally.empty()) part.tasks.push_back(place.tally.summary(shared_string(place.uid)));
    }
    return part;
}

// At most `limit`, and how many. Fewer: these are all.
std::size_t database::count_runs(std::int64_t task, const summary_filter& filter, summary_place& place,
                                 std::size_t limit) {
    query q(db_.prepared(runs_sql(filter, place.key.has_value())));
    q.bind(task);
    if (place.key) {
        q.bind(place.key->started_at);
        q.bind(place.key->id);
    } else if (filter.from) {
        q.bind(*filter.from);
    }
    if (filter.to) q.bind(*filter.to);
    std::size_t counted = 0;
    for (; counted < limit && q.step(); ++counted) {
        std::optional<outcome> how;
        if (!q.is_null(3)) how = outcome_from(q.text(3));
        const moment finished_at = q.time_or_never(2);
        if (finished_at.has_value() != how.has_value()) throw failure(errc::store_corrupt);
        place.key = history_key{q.time(0), q.id(1)};
        place.tally.take(how, place.key->started_at, finished_at);
    }
    return counted;
}

} // namespace rondo::sqlite::detail
