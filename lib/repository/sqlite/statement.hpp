// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_STATEMENT_HPP
#define RONDO_REPOSITORY_SQLITE_STATEMENT_HPP

#include <rondo/run.hpp>
#include <rondo/time.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace rondo::sqlite::detail {

/// For a column: nobody counts that far; but a count must not come back as a negative one.
[[nodiscard]] inline std::int64_t as_integer(std::uint64_t n) noexcept {
    return static_cast<std::int64_t>(std::min<std::uint64_t>(n, std::numeric_limits<std::int64_t>::max()));
}

/// A prepared statement. What does not fit the schema, when prepared or read, is `store_corrupt`.
class statement {
public:
    statement(sqlite3* db, std::string_view sql);

private:
    friend class query;

    struct finalizer {
        void operator()(sqlite3_stmt* s) const noexcept;
    };

    std::unique_ptr<sqlite3_stmt, finalizer> handle_;
};

/// One execution of a statement, from its first argument to its last row. Texts that are bound must
/// outlive it. One at a time for each statement.
class query {
public:
    template <class... Args>
    explicit query(statement& s, const Args&... args) : handle_(s.handle_.get()) {
        try {
            (bind(args), ...);
        } catch (...) {
            reset();
            throw;
        }
    }
    query(const query&) = delete;
    query& operator=(const query&) = delete;
    ~query() { reset(); }

    /// Bind the next parameter.
    void bind(std::int64_t value);
    void bind(std::string_view text);
    void bind(const run_id& id);
    void bind(double value);
    void bind(wall_time t) { bind(static_cast<std::int64_t>(t.time_since_epoch().count())); }
    void bind(const moment& m);

    /// Goes to the next row; false: there is none.
    bool step();

    /// For a statement without rows.
    void run() {
        while (step()) {
        }
    }

    /// Read column `i` of the row. Another type than the schema promises: `store_corrupt`.
    [[nodiscard]] bool is_null(int i) const noexcept;
    [[nodiscard]] std::int64_t integer(int i) const;
    [[nodiscard]] std::uint64_t count(int i) const; // not negative
    [[nodiscard]] bool flag(int i) const;           // 0 or 1
    [[nodiscard]] double real(int i) const;
    [[nodiscard]] std::string_view text(int i) const; // until the next step
    [[nodiscard]] run_id id(int i) const;
    [[nodiscard]] wall_time time(int i) const { return wall_time(wall_time::duration(integer(i))); }
    [[nodiscard]] moment time_or_never(int i) const { return is_null(i) ? moment() : moment(time(i)); }

private:
    void check(int code) const;
    void reset() noexcept;

    using id_bytes = std::array<unsigned char, 16>;

    sqlite3_stmt* handle_;
    int bound_ = 0;
    std::array<id_bytes, 2> ids_; // the first of them: SQLite reads them here
    std::size_t ids_bound_ = 0;
};

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_STATEMENT_HPP
