// SPDX-License-Identifier: BSL-1.0
#include <plain_file.hpp>

#include <stdexcept>

namespace rondo::bench {
namespace {

constexpr std::int64_t first_start = 1'700'000'000'000'000;
constexpr std::int64_t interval = 10'000;

} // namespace

plain_file::plain_file(const std::string& path, sqlite::durability how, std::size_t tasks, trigger t) {
    sqlite::open(path).value(); // makes the tables
    sqlite3* db = nullptr;
    int opened = sqlite3_open(path.c_str(), &db);
    db_.reset(db);
    if (opened != SQLITE_OK) throw std::runtime_error("cannot open " + path);
    execute(how == sqlite::durability::full ? "pragma synchronous=full" : "pragma synchronous=normal");
    execute("pragma wal_autocheckpoint=4000"); // as often as we do
    execute("pragma cache_size=-16384");
    execute("begin");
    for (std::size_t i = 1; i <= tasks; ++i) {
        std::string n = std::to_string(i);
        execute("insert into task (id, uid, name, schedule, hidden, anchor) values (" + n + ", 'task-" + n +
                "', '', 'every 1s', 0, 0)");
    }
    execute("insert into cursor_page select id / 16, json_group_object(id, json_array(0, 0)) from task group "
            "by id / 16");
    execute("commit");
    insert_ = prepare("insert into run (id, task, \"trigger\", scheduled_at, started_at, token) "
                      "values (?, ?, '" +
                      std::string(to_string(t)) + "', ?, ?, ?)");
    end_ = prepare("update run set finished_at = ?, outcome = 'success' where id = ?");
}

void plain_file::begin(std::size_t tasks) {
    execute("begin immediate");
    insert_runs(tasks);
    execute("commit");
}

void plain_file::end(std::size_t tasks) {
    execute("begin immediate");
    end_runs(tasks);
    execute("commit");
}

void plain_file::turn(std::size_t tasks) {
    execute("begin immediate");
    end_runs(tasks);
    insert_runs(tasks);
    execute("commit");
}

// Of tasks that are due together, so their starts are equal, as ours are.
void plain_file::insert_runs(std::size_t tasks) {
    const std::int64_t at = first_start + static_cast<std::int64_t>(runs_) * interval;
    for (std::size_t i = 0; i != tasks; ++i) {
        bind_id(insert_.get(), 1, runs_ + i);
        sqlite3_bind_int64(insert_.get(), 2, static_cast<std::int64_t>(i + 1));
        for (int column : {3, 4, 5}) sqlite3_bind_int64(insert_.get(), column, at);
        step(insert_.get());
    }
}

void plain_file::end_runs(std::size_t tasks) {
    const std::int64_t at = first_start + static_cast<std::int64_t>(runs_) * interval;
    for (std::size_t i = 0; i != tasks; ++i) {
        sqlite3_bind_int64(end_.get(), 1, at + 1 + static_cast<std::int64_t>(i));
        bind_id(end_.get(), 2, runs_ + i);
        step(end_.get());
    }
    runs_ += tasks;
}

void plain_file::fill(std::uint64_t runs) {
    execute("pragma synchronous=off");
    execute("pragma cache_size=-500000");
    const std::string n = std::to_string(runs);
    // Ids sort as the starts do. One run in a thousand failed.
    execute("begin");
    execute(
        "with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < " + n +
        ") insert into run (id, task, \"trigger\", scheduled_at, started_at, finished_at, outcome, token) "
        "select cast(printf('%016d', i) as blob), 1 + i % (select count(*) from task), 'manual', " +
        std::to_string(first_start) + " + i * 10000, " + std::to_string(first_start) + " + i * 10000, " +
        std::to_string(first_start) + " + i * 10000 + 500, iif(i % 1000 = 7, 'failed', 'success'), i from n");
    execute("commit");
    execute("pragma wal_checkpoint(truncate)");
}

void plain_file::execute(const std::string& sql) {
    char* why = nullptr;
    if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, &why) == SQLITE_OK) return;
    std::string text = why != nullptr ? why : "unknown";
    sqlite3_free(why);
    throw std::runtime_error("SQLite: " + text);
}

plain_file::statement plain_file::prepare(const std::string& sql) {
    sqlite3_stmt* s = nullptr;
    int prepared = sqlite3_prepare_v2(db_.get(), sql.c_str(), -1, &s, nullptr);
    statement owned(s);
    if (prepared != SQLITE_OK) throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(db_.get()));
    return owned;
}

void plain_file::bind_id(sqlite3_stmt* s, int at, std::uint64_t n) {
    for (int i = 0; i != 8; ++i) id_[15 - i] = static_cast<unsigned char>(n >> (8 * i));
    sqlite3_bind_blob(s, at, id_, sizeof id_, SQLITE_TRANSIENT);
}

void plain_file::step(sqlite3_stmt* s) {
    int code = sqlite3_step(s);
    sqlite3_reset(s);
    if (code != SQLITE_DONE) throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(db_.get()));
}

} // namespace rondo::bench
