// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_PLAIN_FILE_HPP
#define RONDO_BENCH_PLAIN_FILE_HPP

#include <rondo/sqlite.hpp>

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace rondo::bench {

/// What people write by hand on SQLite: the tables of rondo, two prepared statements, and a transaction around each
/// group of runs.
class plain_file {
public:
    /// Runs of this trigger: those of a schedule are in one more index.
    plain_file(const std::string& path, sqlite::durability how, std::size_t tasks, trigger t);

    /// Inserts a run of each of the tasks in one transaction.
    void begin(std::size_t tasks);
    /// Ends all of them in another.
    void end(std::size_t tasks);
    /// Ends them, and begins the next of each, in one.
    void turn(std::size_t tasks);
    /// So many ended runs of all tasks, at 10 ms intervals, fast and unsafe.
    void fill(std::uint64_t runs);

private:
    struct closer {
        void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
        void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
    };
    using statement = std::unique_ptr<sqlite3_stmt, closer>;

    void insert_runs(std::size_t tasks);
    void end_runs(std::size_t tasks);
    void execute(const std::string& sql);
    [[nodiscard]] statement prepare(const std::string& sql);
    void bind_id(sqlite3_stmt* s, int at, std::uint64_t n);
    void step(sqlite3_stmt* s);

    std::unique_ptr<sqlite3, closer> db_;
    statement insert_;
    statement end_;
    std::uint64_t runs_ = 0;
    unsigned char id_[16] = {};
};

} // namespace rondo::bench

#endif // RONDO_BENCH_PLAIN_FILE_HPP
