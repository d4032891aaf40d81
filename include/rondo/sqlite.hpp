// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_SQLITE_HPP
#define RONDO_SQLITE_HPP

#include <rondo/repository.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace rondo::sqlite {

/// What a commit survives.
enum class durability {
    full,   ///< power loss: each commit is synced to the disk (SQLite's `synchronous=FULL`)
    normal, ///< kill -9; power loss may forget the last commits (`synchronous=NORMAL`)
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
