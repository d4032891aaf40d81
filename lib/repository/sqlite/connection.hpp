// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_CONNECTION_HPP
#define RONDO_REPOSITORY_SQLITE_CONNECTION_HPP

#include <rondo/sqlite.hpp>

#include <repository/sqlite/statement.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rondo::sqlite::detail {

enum class access : std::uint8_t { write, read };

/// An open database file and its prepared statements. Throws `failure`. One thread at a time.
class connection {
public:
    /// Opens the file; or creates it empty, to write. Reads nothing yet, so a foreign file stays as it is.
    explicit connection(const std::string& path, access how = access::write);

    /// The settings that rondo works with. Some of them are kept in the file.
    void configure(durability how);

    /// Runs one or more statements that are not worth preparing.
    void execute(const char* sql);

    /// The one integer that `sql` gives.
    [[nodiscard]] std::int64_t integer(std::string_view sql);

    /// The statement of this text, prepared at its first use.
    [[nodiscard]] statement& prepared(std::string_view sql);

    /// Rows that the last statement changed.
    [[nodiscard]] std::uint64_t changes() const noexcept;

    /// Whether BEGIN still holds: some errors end the transaction by themselves.
    [[nodiscard]] bool in_transaction() const noexcept;

    [[nodiscard]] bool read_only() const noexcept;
    [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

private:
    struct closer {
        void operator()(sqlite3* db) const noexcept;
    };
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
    };

    std::unique_ptr<sqlite3, closer> handle_;
    std::unordered_map<std::string, statement, text_hash, std::equal_to<>>
        statements_; // finalized before the handle is closed
};

/// While it is there, statements are broken off (`errc::store_failed`) as soon as `when` is true.
class interruptible {
public:
    interruptible(connection& db, std::function<bool()> when);
    interruptible(const interruptible&) = delete;
    interruptible& operator=(const interruptible&) = delete;
    ~interruptible();

private:
    connection& db_;
    std::function<bool()> when_;
};

/// `BEGIN IMMEDIATE`, and `ROLLBACK` unless `commit` was called. Immediate, because a transaction that
/// starts by reading cannot wait for a lock when it comes to write.
class transaction {
public:
    explicit transaction(connection& db);
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;
    ~transaction();

    void commit();

private:
    connection& db_;
};

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_CONNECTION_HPP
