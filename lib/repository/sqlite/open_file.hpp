// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_OPEN_FILE_HPP
#define RONDO_REPOSITORY_SQLITE_OPEN_FILE_HPP

#include <rondo/sqlite.hpp>

#include <repository/sqlite/look_out.hpp>
#include <repository/sqlite/schema.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>

struct sqlite3;

namespace rondo::sqlite::detail {

/// Where tests reach in.
struct seams {
    /// On the database thread, before each transaction.
    std::function<void(sqlite3*)> before_transaction;
    /// On the opening thread, once, when the lock is another's and there is time to wait.
    std::function<void()> on_lock_busy;
    std::span<const migration> steps = migrations();
    /// On the database thread, after it looked for a call that was not there yet: whether one came in time.
    std::function<void(bool)> on_looked_out;
    look_out::limits look;
    /// On the database thread, before it brings the log into the file.
    std::function<void()> before_checkpoint;
    /// How often the owner of a file gives a sign of life.
    std::chrono::milliseconds beat_interval = std::chrono::seconds(5);
};

/// `sqlite::open` itself.
[[nodiscard]] result<std::shared_ptr<sqlite::database>> open_file(const std::string& path, options opt,
                                                                  seams s);

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_OPEN_FILE_HPP
