// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_SQLITE_HPP
#define RONDO_SQLITE_HPP

#include <rondo/repository.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace rondo::sqlite {

/// What survives what. Either way the file stays sound, and loses nothing by kill -9.
enum class durability {
    /// Each commit is synced to the disk before its call completes (SQLite's `synchronous=FULL`): a loss of
    /// power takes nothing that a call has acknowledged.
    full,
    /// Commits are synced a thousand pages at a time (`synchronous=NORMAL`), which is many times faster. A loss
    /// of power takes the last of them, never an earlier one and not a later one: runs that were on record are
    /// not, and their slots run again.
    normal,
};

struct options {
    sqlite::durability durability = sqlite::durability::full;
    /// How long to wait for another process that holds the file; then `errc::store_locked`.
    std::chrono::milliseconds lock_wait{0};
};

/// Opens or creates a database file, with a thread of its own that does all the work; it is joined by
/// the destructor. Requires `librondo-sqlite`. One process at a time: the file is locked.
///
/// Errors: `errc::store_cannot_open`, `store_locked`, `store_read_only`, `store_corrupt`,
/// `store_foreign`, `store_too_new`, `store_full`. Blocks while it opens and migrates.
[[nodiscard]] result<std::shared_ptr<repository>> open(const std::string& path, options opt = {});

} // namespace rondo::sqlite

#endif // RONDO_SQLITE_HPP
