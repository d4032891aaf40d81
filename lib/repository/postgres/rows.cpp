// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/rows.hpp>

#include <repository/postgres/failure.hpp>
#include <repository/postgres/stored_text.hpp>

#include <bit>
#include <charconv>
#include <libpq-fe.h>
#include <optional>

namespace rondo::postgres::detail {
namespace {

[[noreturn]] void fail() {
    throw failure(errc::store_corrupt, "a value in the database is not what it should be");
}

/// Of network order.
template <class T>
T number(std::string_view bytes) {
    if (bytes.size() != sizeof(T)) fail();
    T n = 0;
    for (const char c : bytes) n = static_cast<T>(n << 8) | static_cast<unsigned char>(c);
    return n;
}

std::string text_of(std::string_view stored) {
    std::optional<std::string> text = from_stored(stored);
    if (!text) fail();
    return std::move(*text);
}

} // namespace

void clear_result::operator()(pg_result* r) const noexcept {
    PQclear(r);
}

std::size_t rows::size() const noexcept {
    return static_cast<std::size_t>(PQntuples(result_.get()));
}

std::uint64_t rows::changed() const {
    const std::string_view digits = PQcmdTuples(result_.get());
    std::uint64_t n = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), n);
    return n;
}

bool rows::is_null(std::size_t row, int column) const noexcept {
    return PQgetisnull(result_.get(), static_cast<int>(row), column) != 0;
}

std::string_view rows::bytes(std::size_t row, int column) const {
    if (row >= size() || column >= PQnfields(result_.get()) || is_null(row, column)) fail();
    const int r = static_cast<int>(row);
    return {PQgetvalue(result_.get(), r, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), r, column))};
}

bool rows::flag(std::size_t row, int column) const {
    return number<std::uint8_t>(bytes(row, column)) != 0;
}

std::int64_t rows::integer(std::size_t row, int column) const {
    return static_cast<std::int64_t>(number<std::uint64_t>(bytes(row, column)));
}

std::uint64_t rows::count(std::size_t row, int column) const {
    const std::int64_t n = integer(row, column);
    if (n < 0) fail();
    return static_cast<std::uint64_t>(n);
}

double rows::real(std::size_t row, int column) const {
    return std::bit_cast<double>(number<std::uint64_t>(bytes(row, column)));
}

wall_time rows::time(std::size_t row, int column) const {
    return wall_time(std::chrono::microseconds(integer(row, column)));
}

moment rows::time_or_never(std::size_t row, int column) const {
    return is_null(row, column) ? moment() : moment(time(row, column));
}

run_id rows::id(std::size_t row, int column) const {
    const std::string_view all = bytes(row, column);
    if (all.size() != 16) fail();
    return {number<std::uint64_t>(all.substr(0, 8)), number<std::uint64_t>(all.substr(8))};
}

std::string_view rows::word(std::size_t row, int column) const {
    return bytes(row, column);
}

std::string rows::text(std::size_t row, int column) const {
    return text_of(bytes(row, column));
}

// The format is described in parameters.cpp.
std::vector<std::string_view> rows::elements(std::size_t row, int column) const {
    std::string_view left = bytes(row, column);
    const auto next = [&] {
        if (left.size() < 4) fail();
        const auto n = number<std::uint32_t>(left.substr(0, 4));
        left.remove_prefix(4);
        return n;
    };
    std::vector<std::string_view> found;
    const std::uint32_t dimensions = next();
    if (dimensions == 0) return found;
    if (dimensions != 1) fail();
    for (int i = 0; i != 2; ++i) (void)next(); // nulls, type
    const std::uint32_t count = next();
    (void)next(); // the lower bound
    for (std::uint32_t i = 0; i != count; ++i) {
        const std::uint32_t size = next(); // of a null: more than there is
        if (size > left.size()) fail();
        found.push_back(left.substr(0, size));
        left.remove_prefix(size);
    }
    return found;
}

std::vector<std::string> rows::texts(std::size_t row, int column) const {
    std::vector<std::string> all;
    for (const std::string_view each : elements(row, column)) all.push_back(text_of(each));
    return all;
}

std::vector<std::int64_t> rows::integers(std::size_t row, int column) const {
    std::vector<std::int64_t> all;
    for (const std::string_view each : elements(row, column))
        all.push_back(static_cast<std::int64_t>(number<std::uint64_t>(each)));
    return all;
}

} // namespace rondo::postgres::detail
