// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/statement.hpp>

#include <repository/sqlite/failure.hpp>

#include <sqlite3.h>

#include <array>
#include <cstddef>

namespace rondo::sqlite::detail {
namespace {

constexpr std::size_t id_size = 16;

std::array<unsigned char, id_size> bytes_of(const run_id& id) noexcept {
    std::array<unsigned char, id_size> bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
        // Big endian, so that blobs sort as ids do.
        bytes[i] = static_cast<unsigned char>(id.high >> (56 - 8 * i));
        bytes[8 + i] = static_cast<unsigned char>(id.low >> (56 - 8 * i));
    }
    return bytes;
}

} // namespace

statement::statement(sqlite3* db, std::string_view sql) {
    sqlite3_stmt* s = nullptr;
    const int code = sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &s, nullptr);
    handle_.reset(s);
    // Our statements are right, so a table that does not know them is not the one we made.
    if ((code & 0xff) == SQLITE_ERROR) throw failure(errc::store_corrupt);
    if (code != SQLITE_OK) fail(code, db);
}

void statement::finalizer::operator()(sqlite3_stmt* s) const noexcept {
    sqlite3_finalize(s);
}

void query::bind(std::int64_t value) {
    check(sqlite3_bind_int64(handle_, ++bound_, value));
}

void query::bind(double value) {
    check(sqlite3_bind_double(handle_, ++bound_, value));
}

void query::bind(std::string_view text) {
    // A null pointer would bind NULL, which an empty text is not.
    const char* data = text.data() == nullptr ? "" : text.data();
    check(sqlite3_bind_text64(handle_, ++bound_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void query::bind(const run_id& id) {
    id_bytes bytes = bytes_of(id);
    const bool kept = ids_bound_ != ids_.size();
    id_bytes& here = kept ? ids_[ids_bound_++] = bytes : bytes;
    check(sqlite3_bind_blob64(handle_, ++bound_, here.data(), here.size(),
                              kept ? SQLITE_STATIC : SQLITE_TRANSIENT));
}

void query::bind(const moment& m) {
    if (m) {
        bind(*m);
    } else {
        check(sqlite3_bind_null(handle_, ++bound_));
    }
}

bool query::step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) fail(code, sqlite3_db_handle(handle_));
    return false;
}

bool query::is_null(int i) const noexcept {
    return sqlite3_column_type(handle_, i) == SQLITE_NULL;
}

std::int64_t query::integer(int i) const {
    if (sqlite3_column_type(handle_, i) != SQLITE_INTEGER) throw failure(errc::store_corrupt);
    return sqlite3_column_int64(handle_, i);
}

std::uint64_t query::count(int i) const {
    const std::int64_t n = integer(i);
    if (n < 0) throw failure(errc::store_corrupt);
    return static_cast<std::uint64_t>(n);
}

bool query::flag(int i) const {
    const std::int64_t n = integer(i);
    if (n != 0 && n != 1) throw failure(errc::store_corrupt);
    return n == 1;
}

double query::real(int i) const {
    if (sqlite3_column_type(handle_, i) != SQLITE_FLOAT) throw failure(errc::store_corrupt);
    return sqlite3_column_double(handle_, i);
}

std::string_view query::text(int i) const {
    if (sqlite3_column_type(handle_, i) != SQLITE_TEXT) throw failure(errc::store_corrupt);
    const unsigned char* data = sqlite3_column_text(handle_, i);
    if (data == nullptr) throw failure(errc::store_failed); // no memory
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(handle_, i))};
}

run_id query::id(int i) const {
    if (sqlite3_column_type(handle_, i) != SQLITE_BLOB ||
        static_cast<std::size_t>(sqlite3_column_bytes(handle_, i)) != id_size)
        throw failure(errc::store_corrupt);
    const auto* bytes = static_cast<const unsigned char*>(sqlite3_column_blob(handle_, i));
    run_id id;
    for (std::size_t b = 0; b < 8; ++b) {
        id.high = id.high << 8 | bytes[b];
        id.low = id.low << 8 | bytes[8 + b];
    }
    return id;
}

void query::check(int code) const {
    if (code != SQLITE_OK) fail(code, sqlite3_db_handle(handle_));
}

void query::reset() noexcept {
    sqlite3_reset(handle_); // repeats the error of the last step, which was reported then
    sqlite3_clear_bindings(handle_);
}

} // namespace rondo::sqlite::detail
