// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_REPOSITORY_RAW_DATABASE_HPP
#define RONDO_TESTS_REPOSITORY_RAW_DATABASE_HPP

#include <sqlite3.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace rondo::testing {

/// A database file behind the library's back, while no repository has it.
class raw_database {
public:
    explicit raw_database(const std::string& path) {
        if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) throw std::runtime_error("cannot open " + path);
    }
    raw_database(const raw_database&) = delete;
    raw_database& operator=(const raw_database&) = delete;
    ~raw_database() { sqlite3_close(db_); }

    void execute(const std::string& sql) {
        if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
            throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
    }

    /// The first column of the first row.
    [[nodiscard]] std::string text(const std::string& sql) {
        sqlite3_stmt* s = nullptr;
        if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &s, nullptr) != SQLITE_OK)
            throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
        std::string value;
        if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0) != nullptr)
            value = reinterpret_cast<const char*>(sqlite3_column_text(s, 0));
        sqlite3_finalize(s);
        return value;
    }

    /// How SQLite goes about this query, a line for each loop.
    [[nodiscard]] std::string plan(const std::string& sql) {
        sqlite3_stmt* s = nullptr;
        if (sqlite3_prepare_v2(db_, ("explain query plan " + sql).c_str(), -1, &s, nullptr) != SQLITE_OK)
            throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
        std::string lines;
        while (sqlite3_step(s) == SQLITE_ROW)
            lines.append(reinterpret_cast<const char*>(sqlite3_column_text(s, 3))).append("\n");
        sqlite3_finalize(s);
        return lines;
    }

private:
    sqlite3* db_ = nullptr;
};

/// SQL for a task that has no cursor, and so is refused as `store_corrupt`, while others are not.
inline constexpr const char* add_damaged_task =
    "insert into task (id, uid, name, schedule, hidden, anchor) values (1000, 'damaged', '', '', 0, 0)";

[[nodiscard]] inline std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

} // namespace rondo::testing

#endif // RONDO_TESTS_REPOSITORY_RAW_DATABASE_HPP
