// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_CURSOR_PAGES_HPP
#define RONDO_REPOSITORY_SQLITE_CURSOR_PAGES_HPP

#include <rondo/time.hpp>

#include <repository/sqlite/connection.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace rondo::sqlite::detail {

/// Where a task goes on, as it is on record.
struct cursor {
    moment next_slot;        ///< nothing: the task is finished
    std::uint64_t token = 0; ///< of its latest run
};

/// The cursors of all tasks, those of sixteen neighbours in one row of `cursor_page`: tasks that are due together,
/// again and again, change few rows beside those of their runs. What moves is in memory until `write`, which must
/// follow before the transaction is committed; what was rolled back instead is forgotten, and read again. Within
/// transactions, or to read while a statement is open. Throws `failure`: `store_corrupt` if what is on record of one of
/// the sixteen is not what `write` wrote. One thread at a time.
class cursor_pages {
public:
    static constexpr std::int64_t page_size = 16;    // as in the schema
    static constexpr std::size_t pages_max = 65'536; // of a million tasks: some thirty megabytes

    explicit cursor_pages(std::size_t most = pages_max) noexcept : most_(most) {}

    /// Nothing: it has none.
    [[nodiscard]] std::optional<cursor> find(connection& db, std::int64_t task);
    void move(connection& db, std::int64_t task, const cursor& to);
    void write(connection& db);

private:
    struct page {
        std::array<std::optional<cursor>, page_size> cursors;
        bool moved = false; // since it was written
    };

    void forget_if_stale(connection& db);
    [[nodiscard]] page& find_page(connection& db, std::int64_t number);
    void load(connection& db, std::int64_t number, page& p);
    void print(std::int64_t number, const page& p);

    std::size_t most_;                             // that are kept in memory
    std::unordered_map<std::int64_t, page> pages_; // as they are on record, and moved
    std::vector<std::int64_t> moved_;
    std::uint64_t epoch_ = 0; // of the connection
    std::string text_;        // of a page, to be written
};

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_CURSOR_PAGES_HPP
