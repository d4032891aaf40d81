// SPDX-License-Identifier: BSL-1.0
#include <crash/record.hpp>

#include <sqlite3.h>

#include <functional>
#include <stdexcept>

namespace rondo::crash {
namespace {

class plain_database {
public:
    explicit plain_database(const std::string& path) {
        if (sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
            throw std::runtime_error("cannot open " + path);
    }
    plain_database(const plain_database&) = delete;
    plain_database& operator=(const plain_database&) = delete;
    ~plain_database() { sqlite3_close(db_); }

    void for_each(const char* sql, const std::function<void(sqlite3_stmt*)>& row) {
        sqlite3_stmt* s = nullptr;
        int code = sqlite3_prepare_v2(db_, sql, -1, &s, nullptr);
        while (code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
            row(s);
            code = SQLITE_OK;
        }
        sqlite3_finalize(s);
        if (code != SQLITE_DONE) throw std::runtime_error(std::string(sql) + ": " + sqlite3_errmsg(db_));
    }

private:
    sqlite3* db_ = nullptr;
};

std::string text(sqlite3_stmt* s, int column) {
    const unsigned char* data = sqlite3_column_text(s, column);
    return data == nullptr ? "" : reinterpret_cast<const char*>(data);
}

std::optional<std::int64_t> number_or_null(sqlite3_stmt* s, int column) {
    if (sqlite3_column_type(s, column) == SQLITE_NULL) return std::nullopt;
    return sqlite3_column_int64(s, column);
}

} // namespace

record read_record(const std::string& path) {
    record r;
    plain_database db(path);
    db.for_each("pragma integrity_check", [&](sqlite3_stmt* s) { r.integrity += text(s, 0); });
    std::map<std::int64_t, recorded_task*> by_id;
    db.for_each(
        "select t.id, t.uid, t.anchor, c.next_slot, c.token from task t left join cursor c on c.task = t.id",
        [&](sqlite3_stmt* s) {
            recorded_task& t = r.tasks[text(s, 1)];
            by_id[sqlite3_column_int64(s, 0)] = &t;
            t.uid = text(s, 1);
            t.anchor = sqlite3_column_int64(s, 2);
            t.cursor = number_or_null(s, 3);
            if (sqlite3_column_type(s, 4) != SQLITE_INTEGER)
                throw std::runtime_error(t.uid + " has no cursor");
            t.token = sqlite3_column_int64(s, 4);
        });
    db.for_each("select task, lower(hex(id)), \"trigger\", scheduled_at, started_at, finished_at, outcome, "
                "attempt, token from run order by token",
                [&](sqlite3_stmt* s) {
                    recorded_run& run = by_id.at(sqlite3_column_int64(s, 0))->runs.emplace_back();
                    run.id = text(s, 1);
                    run.trigger = text(s, 2);
                    run.slot = sqlite3_column_int64(s, 3);
                    run.started_at = sqlite3_column_int64(s, 4);
                    run.finished_at = number_or_null(s, 5);
                    run.outcome = text(s, 6);
                    run.attempt = sqlite3_column_int64(s, 7);
                    run.token = sqlite3_column_int64(s, 8);
                });
    db.for_each("select task, reason, first, last, count from skip order by first", [&](sqlite3_stmt* s) {
        recorded_skip& skip = by_id.at(sqlite3_column_int64(s, 0))->skips.emplace_back();
        skip.reason = text(s, 1);
        skip.first = sqlite3_column_int64(s, 2);
        skip.last = sqlite3_column_int64(s, 3);
        skip.count = sqlite3_column_int64(s, 4);
    });
    return r;
}

} // namespace rondo::crash
