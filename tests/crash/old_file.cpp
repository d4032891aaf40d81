// SPDX-License-Identifier: BSL-1.0
#include <crash/old_file.hpp>

#include <repository/raw_database.hpp>
#include <repository/sqlite/schema.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdint>

namespace rondo::crash {
namespace {

constexpr int runs_of_each = 5;
constexpr int other_runs = 3000;

} // namespace

void make_old_file(const std::string& path, const std::vector<plan>& plans) {
    using namespace std::chrono;
    const std::int64_t now = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    testing::raw_database db(path);
    db.execute("pragma journal_mode=wal; pragma synchronous=off; begin");
    db.execute(sqlite::detail::migrations()[0].sql);
    db.execute(
        fmt::format("pragma application_id = {}; pragma user_version = 1", sqlite::detail::application_id));
    db.execute("insert into task (id, uid, name, schedule, hidden, anchor, next_slot) "
               "values (1, 'of old', '', 'every 1s', 0, 0, 0)");
    db.execute(fmt::format(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < {}) "
        "insert into run (id, task, \"trigger\", scheduled_at, started_at, finished_at, outcome, token) "
        "select randomblob(16), 1, 'schedule', i * 1000000, i * 1000000, i * 1000000, 'cancelled', i from n",
        other_runs));
    db.execute(fmt::format("update task set token = {}", other_runs));
    for (const plan& p : plans) {
        if (p.rule != rule::grid) continue;
        // Its last slot is a while ago.
        const std::int64_t anchor = now - 10 * runs_of_each * p.interval;
        const std::int64_t first = anchor + (p.first_after_interval ? p.interval : 0);
        db.execute(fmt::format("insert into task (uid, name, schedule, hidden, anchor, next_slot, token) "
                               "values ('{}', '', 'every {}ms', 0, {}, {}, {})",
                               p.uid, p.interval / 1000, anchor, first + runs_of_each * p.interval,
                               runs_of_each));
        db.execute(fmt::format(
            "with recursive n(i) as (select 0 union all select i + 1 from n where i < {}) "
            "insert into run (id, task, \"trigger\", scheduled_at, started_at, finished_at, outcome, token) "
            "select randomblob(16), (select id from task where uid = '{}'), 'schedule', {} + i * {}, {} + i "
            "* {}, "
            "{}, 'cancelled', i + 1 from n",
            runs_of_each - 1, p.uid, first, p.interval, first, p.interval, now));
    }
    db.execute("commit");
}

} // namespace rondo::crash
