// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_FAILURE_HPP
#define RONDO_REPOSITORY_SQLITE_FAILURE_HPP

#include <rondo/error.hpp>

#include <exception>
#include <optional>

struct sqlite3;

namespace rondo::sqlite::detail {

/// How the work on the database thread fails. It is caught there, and becomes the error of its call.
class failure : public std::exception {
public:
    explicit failure(errc why) noexcept : why_(why) {}

    [[nodiscard]] errc why() const noexcept { return why_; }
    [[nodiscard]] const char* what() const noexcept override { return "rondo::sqlite::detail::failure"; }

private:
    errc why_;
};

/// What a result code of SQLite means to us. `db` tells the errno behind an I/O error; may be null.
[[nodiscard]] errc meaning_of(int code, sqlite3* db) noexcept;

/// Throws the `failure` that `code` means.
[[noreturn]] void fail(int code, sqlite3* db);

/// Runs `f`. What it throws becomes an error; `nullopt` if it throws nothing.
template <class F>
[[nodiscard]] std::optional<errc> error_of(F f) noexcept {
    try {
        f();
        return std::nullopt;
    } catch (const failure& e) {
        return e.why();
    } catch (const std::exception&) { // no memory, or a text that is longer than memory
        return errc::store_failed;
    }
}

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_FAILURE_HPP
