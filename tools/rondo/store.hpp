// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_STORE_HPP
#define RONDO_TOOLS_RONDO_STORE_HPP

#include <rondo/run.hpp>
#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace rondo::command {

/// A database of the SQLite repository, only read. A server may have it open: nothing is locked against
/// it, nothing of its is waited for, and the file is left as it was. All is read as of one moment.
class store {
public:
    /// Throws `usage_error` unless it is one that we know.
    explicit store(const std::string& path);

    [[nodiscard]] sqlite3* handle() const noexcept { return db_.get(); }
    /// Of its tables: not all have all columns.
    [[nodiscard]] std::int64_t version() const noexcept { return version_; }
    /// Throws what is wrong.
    [[noreturn]] void fail(int code) const;

private:
    struct closer {
        void operator()(sqlite3* db) const noexcept;
    };

    void open(const std::string& path);
    void identify();
    [[nodiscard]] std::int64_t integer(const char* sql) const;

    std::string path_;
    std::int64_t version_ = 0;
    std::unique_ptr<sqlite3, closer> db_;
};

/// The rows of a question to it.
class rows {
public:
    rows(const store& from, std::string_view sql);

    void bind(int parameter, std::int64_t value);
    void bind(int parameter, std::string_view text);
    void bind_id(int parameter, std::string_view bytes);
    [[nodiscard]] bool next();
    void again(); ///< from the first row on; what is bound stays

    // Of the current row. A crafted file may hold anything.
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const;
    [[nodiscard]] run_id id(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] moment time(int column) const;
    [[nodiscard]] std::optional<rondo::outcome> outcome(int column) const;

private:
    struct finalizer {
        void operator()(sqlite3_stmt* s) const noexcept;
    };

    const store& from_;
    std::unique_ptr<sqlite3_stmt, finalizer> handle_;
};

/// One character for each run, so that a strip can be read without colours.
[[nodiscard]] std::string_view mark_of(std::optional<rondo::outcome> o) noexcept;
[[nodiscard]] std::string_view colour_of(std::optional<rondo::outcome> o) noexcept;

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_STORE_HPP
