// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/failure.hpp>

#include <sqlite3.h>

#include <cerrno>

namespace rondo::sqlite::detail {

errc meaning_of(int code, sqlite3* db) noexcept {
    switch (code & 0xff) { // the upper bits only say more about the same
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return errc::store_locked;
    case SQLITE_READONLY: return errc::store_read_only;
    case SQLITE_FULL: return errc::store_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return errc::store_corrupt;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH: return errc::store_cannot_open;
    case SQLITE_IOERR: {
        // A full disk shows as an I/O error where it is the index of the log that cannot grow.
        const int reason = db == nullptr ? 0 : sqlite3_system_errno(db);
        return reason == ENOSPC || reason == EDQUOT ? errc::store_full : errc::store_failed;
    }
    default: return errc::store_failed;
    }
}

void fail(int code, sqlite3* db) {
    throw failure(meaning_of(code, db));
}

} // namespace rondo::sqlite::detail
