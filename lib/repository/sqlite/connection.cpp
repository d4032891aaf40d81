// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/connection.hpp>

#include <repository/sqlite/failure.hpp>

#include <sqlite3.h>

#include <utility>

namespace rondo::sqlite::detail {
namespace {

constexpr int busy_timeout_ms = 5000; // somebody looks at the file with the sqlite3 shell

} // namespace

connection::connection(const std::string& path, access how) : counts_(std::make_unique<counts>()) {
    sqlite3* db = nullptr;
    const int flags =
        (how == access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
    handle_.reset(db);
    if (code != SQLITE_OK) fail(code, db);
    sqlite3_busy_timeout(db, busy_timeout_ms);
    sqlite3_rollback_hook(db, [](void* c) { ++static_cast<counts*>(c)->rollbacks; }, counts_.get());
    // In the place of SQLite's own hook, which would bring the log into the file within a commit.
    sqlite3_wal_hook(
        db,
        [](void* c, sqlite3*, const char*, int pages) {
            static_cast<counts*>(c)->log_pages = pages;
            return SQLITE_OK;
        },
        counts_.get());
    // The file may hold traps: functions called from views, triggers or constraints are not run.
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
}

void connection::closer::operator()(sqlite3* db) const noexcept {
    sqlite3_close_v2(db);
}

void connection::configure(durability how) {
    execute("pragma auto_vacuum=incremental"); // before there is a table; later it changes nothing
    {
        statement s(handle(), "pragma journal_mode=wal");
        query q(s);
        // A database in memory has no log.
        if (!q.step() || (q.text(0) != "wal" && q.text(0) != "memory"))
            throw failure(errc::store_cannot_open);
    }
    execute(how == durability::full ? "pragma synchronous=full" : "pragma synchronous=normal");
    execute("pragma foreign_keys=on;"
            "pragma cell_size_check=on;"
            "pragma cache_size=-16384;" // what was touched should be there when it is touched again
            "pragma journal_size_limit=67108864;");
}

void connection::execute(const char* sql) {
    const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
    if ((code & 0xff) == SQLITE_ERROR) throw failure(errc::store_corrupt); // as of a statement
    if (code != SQLITE_OK) fail(code, handle());
}

std::int64_t connection::integer(std::string_view sql) {
    statement s(handle(), sql);
    query q(s);
    if (!q.step()) throw failure(errc::store_corrupt);
    return q.integer(0);
}

statement& connection::prepared(const std::string& sql) {
    const auto known = statements_.find(sql);
    if (known != statements_.end()) return known->second;
    return statements_.emplace(sql, statement(handle(), sql)).first->second;
}

statement& connection::prepared_literal(const char* sql) {
    return *literals_.emplace(sql, &prepared(std::string(sql))).first->second;
}

std::uint64_t connection::epoch() {
    if (looked_in_ != transactions_) {
        query q(prepared("pragma data_version"));
        if (!q.step()) throw failure(errc::store_corrupt);
        if (std::exchange(data_version_, q.integer(0)) != data_version_) ++foreign_writes_;
        looked_in_ = transactions_;
    }
    return counts_->rollbacks + foreign_writes_;
}

// On the connection that writes, and no other: some versions of SQLite can lose what is written while two checkpoint.
checkpointed connection::checkpoint() noexcept {
    counts_->log_pages = 0;
    int pages = 0;
    int moved = 0;
    const int code = sqlite3_wal_checkpoint_v2(handle(), "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
    if (code == SQLITE_OK) return {.whole = pages == moved, .failed = {}};
    const errc why = meaning_of(code, handle());
    // What could not be synced may be lost, though it was for want of room, and though the next sync says nothing.
    const bool put_off = (why == errc::store_locked || why == errc::store_full) && code != SQLITE_IOERR_FSYNC;
    return {.whole = false, .failed = put_off ? std::nullopt : std::optional(why)};
}

std::uint64_t connection::changes() const noexcept {
    return static_cast<std::uint64_t>(sqlite3_changes64(handle()));
}

std::int64_t connection::last_row() const noexcept {
    return sqlite3_last_insert_rowid(handle());
}

bool connection::in_transaction() const noexcept {
    return sqlite3_get_autocommit(handle()) == 0;
}

bool connection::read_only() const noexcept {
    return sqlite3_db_readonly(handle(), "main") == 1;
}

interruptible::interruptible(connection& db, std::function<bool()> when) : db_(db), when_(std::move(when)) {
    constexpr int instructions = 1000; // of SQLite's machine: some ten microseconds
    sqlite3_progress_handler(
        db_.handle(), instructions,
        [](void* self) { return static_cast<interruptible*>(self)->when_() ? 1 : 0; }, this);
}

interruptible::~interruptible() {
    sqlite3_progress_handler(db_.handle(), 0, nullptr, nullptr);
}

transaction::transaction(connection& db) : db_(db) {
    query(db.prepared("begin immediate")).run();
    ++db.transactions_;
}

transaction::~transaction() {
    if (!db_.in_transaction()) return;
    try {
        query(db_.prepared("rollback")).run();
    } catch (...) {
        // It is rolled back at the latest when the file is opened again.
    }
}

void transaction::commit() {
    query(db_.prepared("commit")).run();
}

} // namespace rondo::sqlite::detail
