// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_CONNECTION_HPP
#define RONDO_REPOSITORY_SQLITE_CONNECTION_HPP

#include <rondo/sqlite.hpp>

#include <repository/sqlite/statement.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace rondo::sqlite::detail {

enum class access : std::uint8_t { write, read };

/// What became of a checkpoint.
struct checkpointed {
    bool whole = false;         ///< all of the log is in the file, and on the disk
    std::optional<errc> failed; ///< the disk did, or what is on it makes no sense
};

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
    [[nodiscard]] statement& prepared(const std::string& sql);
    /// Likewise, of a literal, which it knows by its address.
    template <std::size_t N>
    [[nodiscard]] statement& prepared(const char (&sql)[N]) {
        const auto known = literals_.find(sql);
        return known != literals_.end() ? *known->second : prepared_literal(sql);
    }

    /// Whether the latest commit left a log that should go into the file.
    [[nodiscard]] bool log_is_long() const noexcept { return counts_->log_pages >= log_pages_max; }
    /// Brings it there, or as much of it as it can: others may read in it, or the file have no room to grow. After the
    /// next commit one sees what is left. Takes a while. Not within a transaction.
    [[nodiscard]] checkpointed checkpoint() noexcept;

    /// Grows whenever what was read before in this connection may be so no more, beside what it wrote itself:
    /// something was rolled back, or somebody else has written. Within a transaction.
    [[nodiscard]] std::uint64_t epoch();

    /// Rows that the last statement changed.
    [[nodiscard]] std::uint64_t changes() const noexcept;
    /// The number of the row that was inserted last.
    [[nodiscard]] std::int64_t last_row() const noexcept;

    /// Whether BEGIN still holds: some errors end the transaction by themselves.
    [[nodiscard]] bool in_transaction() const noexcept;

    [[nodiscard]] bool read_only() const noexcept;
    [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

private:
    friend class transaction;

    struct closer {
        void operator()(sqlite3* db) const noexcept;
    };

    statement& prepared_literal(const char* sql);

    static constexpr int log_pages_max = 4000; // a thousand ends and begins of as many tasks touch 1,500

    struct counts { // apart, as SQLite counts them, to the last
        std::uint64_t rollbacks = 0;
        int log_pages = 0; // after the latest commit
    };

    std::unique_ptr<counts> counts_;
    std::unique_ptr<sqlite3, closer> handle_;
    std::unordered_map<std::string, statement> statements_; // finalized before the handle is closed
    std::unordered_map<const char*, statement*> literals_;  // of these
    std::uint64_t transactions_ = 0;                        // that were begun
    std::uint64_t looked_in_ = 0;                           // which of them, for what others have written
    std::uint64_t foreign_writes_ = 0;
    std::int64_t data_version_ = 0;
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
