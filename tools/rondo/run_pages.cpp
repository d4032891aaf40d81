// SPDX-License-Identifier: BSL-1.0
#include "run_pages.hpp"

#include "instant.hpp"
#include "output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <sqlite3.h>
#include <tuple>
#include <utility>

namespace rondo::command {
namespace {

constexpr std::int64_t page_max = 1000;

std::string bytes_of(const run_id& id) {
    std::string bytes(16, '\0');
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<char>(id.high >> (56 - 8 * i));
        bytes[8 + i] = static_cast<char>(id.low >> (56 - 8 * i));
    }
    return bytes;
}

// A crafted file may hold anything.
run read_run(const rows& r) {
    run one;
    one.id = r.id(0);
    one.uid = shared_string(r.text(1));
    one.trigger = trigger_from(r.text(2)).value_or(trigger::schedule);
    one.scheduled_at = r.time(3).value_or(wall_time());
    one.started_at = r.time(4).value_or(wall_time());
    one.finished_at = r.time(5);
    one.outcome = r.outcome(6);
    one.message = r.text(7);
    one.attempt = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(r.integer(8), 1, std::numeric_limits<std::uint32_t>::max()));
    if (r.is_null(9)) return one;
    auto output = std::make_shared<run_output>();
    output->lines_dropped = static_cast<std::uint64_t>(std::max<std::int64_t>(r.integer(9), 0));
    if (!r.is_null(10))
        output->progress =
            run_progress{std::clamp(r.real(10), 0.0, 1.0), r.text(11), r.time(12).value_or(wall_time())};
    one.output = std::move(output);
    return one;
}

} // namespace

run_pages::run_pages(const history_options& opt)
    : opt_(opt), left_(opt.limit.value_or(std::numeric_limits<std::int64_t>::max())) {
    if (opt.from) from_ = read_instant("--from", *opt.from);
    if (opt.to) to_ = read_instant("--to", *opt.to);
    if (!opt.run) return;
    auto id = run_id_from(*opt.run);
    if (!id) throw usage_error(fmt::format("--run: '{}' is not the id of a run", shown(*opt.run)));
    id_ = bytes_of(*id);
}

// Whatever is asked for, the index that is in the order of time is read, and no further than the limit: hence `cross`.
// Of two upper bounds SQLite is told of the lower one alone: it looks up one in the index.
std::string run_pages::sql(const store& from) const {
    std::string sql =
        "select r.id, t.uid, r.\"trigger\", r.scheduled_at, r.started_at, r.finished_at, r.outcome, "
        "r.message, ";
    sql += from.version() >= 2 ? "r.attempt, " : "1, ";
    sql += from.version() >= 3 ? "r.lines_dropped, r.progress, r.progress_text, r.progress_at "
                               : "null, null, null, null ";
    sql += "from run r cross join task t on t.id = r.task where 1";
    if (opt_.task) sql += " and r.task = ?2";
    if (from_) sql += " and r.started_at >= ?3";
    if (last_)
        sql += " and (r.started_at, r.id) < (?4, ?5)";
    else if (to_)
        sql += " and r.started_at < ?4";
    if (id_) sql += " and r.id = ?6";
    return sql + " order by r.started_at desc, r.id desc limit ?1";
}

void run_pages::bind(rows& r, std::int64_t task) const {
    r.bind(1, std::min(left_, page_max));
    if (opt_.task) r.bind(2, task);
    if (from_) r.bind(3, static_cast<std::int64_t>(from_->time_since_epoch().count()));
    if (last_) {
        r.bind(4, last_->started_at);
        r.bind_id(5, last_->id);
    } else if (to_) {
        r.bind(4, static_cast<std::int64_t>(to_->time_since_epoch().count()));
    }
    if (id_) r.bind_id(6, *id_);
}

bool run_pages::next(const std::function<bool(const store&, const run&)>& take) {
    if (left_ <= 0) return false;
    const store from(opt_.file);
    std::int64_t task = 0;
    if (opt_.task) {
        rows found(from, "select id from task where uid = ?1");
        found.bind(1, std::string_view(*opt_.task));
        task_known_ = found.next();
        if (!task_known_) return false;
        task = found.integer(0);
    }
    rows r(from, sql(from));
    bind(r, task);
    return read(from, r, take);
}

bool run_pages::read(const store& from, rows& r, const std::function<bool(const store&, const run&)>& take) {
    std::int64_t seen = 0;
    while (r.next()) {
        key now{r.integer(4), r.text(0)};
        // Of a sound file the keys go down: one that stands still would be read for ever.
        if (last_ && std::tie(now.started_at, now.id) >= std::tie(last_->started_at, last_->id))
            from.fail(SQLITE_CORRUPT);
        last_ = std::move(now);
        --left_;
        ++seen;
        if (!take(from, read_run(r))) return true;
    }
    return seen == page_max;
}

void read_results(const store& from, run& r) {
    const std::string id = bytes_of(r.id);
    rows users(from, "select user from run_user where run = ?1 order by position");
    users.bind_id(1, id);
    while (users.next()) r.users.emplace_back(users.text(0));
    rows results(from, "select user, message, error from result where run = ?1 order by position");
    results.bind_id(1, id);
    while (results.next()) {
        user who(results.text(0));
        std::string error = results.text(2);
        r.results.push_back(error.empty() ? task_result(std::move(who), results.text(1))
                                          : task_result::failure(std::move(who), std::move(error)));
    }
    if (r.output == nullptr) return;
    auto output = std::make_shared<run_output>(*r.output);
    rows lines(from, "select at, text from run_line where run = ?1 order by position");
    lines.bind_id(1, id);
    while (lines.next()) output->lines.push_back({lines.time(0).value_or(wall_time()), lines.text(1)});
    r.output = std::move(output);
}

} // namespace rondo::command
