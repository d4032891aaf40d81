// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_LOCK_FILE_HPP
#define RONDO_REPOSITORY_SQLITE_LOCK_FILE_HPP

#include <rondo/sqlite.hpp>
#include <rondo/time.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace rondo::sqlite::detail {

/// Keeps others, in this process too, from opening the same database: `flock` on `<path>.lock`. The
/// kernel frees it when its owner dies, however that happens; the file stays, and says who held it last.
///
/// A file of its own, because closing any descriptor of the database would drop the locks that SQLite
/// holds on it in this process (see fcntl(2)).
class lock_file {
public:
    lock_file() = default; // holds nothing

    /// Throws `failure`: `store_locked` if it cannot be had within `wait`. Calls `on_busy` once if it
    /// has to wait.
    lock_file(const std::string& path, std::chrono::milliseconds wait, const std::function<void()>& on_busy);

    /// A sign of life of its owner.
    void beat() noexcept;
    /// The latest sign of life of the owner before; nothing: there was none.
    [[nodiscard]] moment last_owner_alive() const noexcept { return alive_; }

    lock_file(lock_file&& other) noexcept;
    lock_file& operator=(lock_file other) noexcept;
    ~lock_file();

private:
    int descriptor_ = -1;
    moment alive_;
};

/// What the lock of this database says of who holds it, or held it last.
[[nodiscard]] std::optional<lock_holder> read_holder(const std::string& path);

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_LOCK_FILE_HPP
