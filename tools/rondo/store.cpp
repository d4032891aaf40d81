// SPDX-License-Identifier: BSL-1.0
#include "store.hpp"

#include "command.hpp"
#include "output.hpp"

#include <repository/sqlite/schema.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <sqlite3.h>
#include <system_error>

namespace rondo::command {
namespace {

namespace fs = std::filesystem;

constexpr int busy_timeout_ms = 100; // a server holds others off while it opens or closes the file, no longer

// As SQLite wants a path that options follow.
std::string uri_of(const std::string& path, std::string_view options) {
    std::error_code ignored;
    std::string uri = "file://";
    for (char c : fs::absolute(path, ignored).string()) {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                     c == '.' || c == '-' || c == '_';
        uri += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
    }
    return uri.append(options);
}

void check_file(const std::string& path) {
    std::error_code ec;
    auto status = fs::status(path, ec);
    if (!fs::exists(status))
        throw usage_error(fmt::format("{}: {}", shown(path), ec ? ec.message() : "no such file"));
    if (!fs::is_regular_file(status)) throw usage_error(fmt::format("{}: not a file", shown(path)));
}

} // namespace

store::store(const std::string& path) : path_(path) {
    check_file(path);
    open(path);
    identify();
}

void store::open(const std::string& path) {
    // Without a log beside it nobody has the file open, and as an unchanging one it needs no lock and no log.
    std::error_code ignored;
    bool in_use = fs::exists(path + "-wal", ignored);
    sqlite3* db = nullptr;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code =
        sqlite3_open_v2(uri_of(path, in_use ? "?mode=ro" : "?immutable=1").c_str(), &db, flags, nullptr);
    db_.reset(db);
    if (code != SQLITE_OK) fail(code);
    sqlite3_busy_timeout(db, busy_timeout_ms);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    // The file may hold traps: functions called from views or constraints are not run.
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    code = sqlite3_exec(db, "pragma cell_size_check=on; begin", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code);
}

void store::identify() {
    bool ours = integer("pragma application_id") == sqlite::detail::application_id;
    version_ = integer("pragma user_version");
    if (!ours) throw usage_error(fmt::format("{}: not a database of rondo", shown(path_)));
    if (version_ > sqlite::detail::schema_version)
        throw usage_error(fmt::format("{}: written by a newer version of rondo", shown(path_)));
}

std::int64_t store::integer(const char* sql) const {
    rows r(*this, sql);
    return r.next() ? r.integer(0) : 0;
}

void store::fail(int code) const {
    std::string_view why = sqlite3_errstr(code);
    switch (code & 0xff) {
    case SQLITE_NOTADB: why = "not a database of rondo"; break;
    case SQLITE_CORRUPT:
    case SQLITE_ERROR: why = "damaged, or not a database of rondo"; break; // tables that are not ours
    case SQLITE_BUSY: why = "busy; try again"; break;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
        why = "cannot be opened: its log needs a folder that may be written, and a file that may be read";
        break;
    }
    throw usage_error(fmt::format("{}: {}", shown(path_), why));
}

void store::closer::operator()(sqlite3* db) const noexcept {
    sqlite3_close_v2(db);
}

rows::rows(const store& from, std::string_view sql) : from_(from) {
    sqlite3_stmt* s = nullptr;
    int code = sqlite3_prepare_v2(from.handle(), sql.data(), static_cast<int>(sql.size()), &s, nullptr);
    handle_.reset(s);
    if (code != SQLITE_OK) from.fail(code);
}

void rows::bind(int parameter, std::int64_t value) {
    int code = sqlite3_bind_int64(handle_.get(), parameter, value);
    if (code != SQLITE_OK) from_.fail(code);
}

void rows::bind(int parameter, std::string_view text) {
    int code = sqlite3_bind_text(handle_.get(), parameter, text.data(), static_cast<int>(text.size()),
                                 SQLITE_TRANSIENT);
    if (code != SQLITE_OK) from_.fail(code);
}

void rows::bind_id(int parameter, std::string_view bytes) {
    int code = sqlite3_bind_blob(handle_.get(), parameter, bytes.data(), static_cast<int>(bytes.size()),
                                 SQLITE_TRANSIENT);
    if (code != SQLITE_OK) from_.fail(code);
}

bool rows::next() {
    int code = sqlite3_step(handle_.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) from_.fail(code);
    return code == SQLITE_ROW;
}

void rows::again() {
    sqlite3_reset(handle_.get());
}

std::int64_t rows::integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

bool rows::is_null(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

double rows::real(int column) const {
    return sqlite3_column_double(handle_.get(), column);
}

run_id rows::id(int column) const {
    const std::string bytes = text(column);
    run_id id;
    if (bytes.size() != 16) from_.fail(SQLITE_CORRUPT);
    for (std::size_t i = 0; i < 8; ++i) {
        id.high = id.high << 8 | static_cast<unsigned char>(bytes[i]);
        id.low = id.low << 8 | static_cast<unsigned char>(bytes[8 + i]);
    }
    return id;
}

std::string rows::text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

moment rows::time(int column) const {
    if (sqlite3_column_type(handle_.get(), column) == SQLITE_NULL) return {};
    return wall_time(std::chrono::microseconds(integer(column)));
}

std::optional<rondo::outcome> rows::outcome(int column) const {
    return outcome_from(text(column));
}

void rows::finalizer::operator()(sqlite3_stmt* s) const noexcept {
    sqlite3_finalize(s);
}

std::string_view mark_of(std::optional<rondo::outcome> o) noexcept {
    if (!o) return "*";
    switch (*o) {
    case rondo::outcome::success: return ".";
    case rondo::outcome::failed: return "x";
    case rondo::outcome::timed_out: return "t";
    case rondo::outcome::cancelled: return "c";
    case rondo::outcome::interrupted: return "i";
    case rondo::outcome::abandoned: return "!";
    }
    return "?";
}

std::string_view colour_of(std::optional<rondo::outcome> o) noexcept {
    if (!o) return yellow;
    return *o == rondo::outcome::success ? green : red;
}

} // namespace rondo::command
