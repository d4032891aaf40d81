// SPDX-License-Identifier: BSL-1.0
// The formats are those of the server's functions `*_recv`: integers in network order; an array is the number of its
// dimensions, whether it has nulls, the type of its elements, size and lower bound of each dimension, and then the
// elements, each behind its size in bytes, which is -1 of a null.
#include <repository/postgres/parameters.hpp>

#include <repository/postgres/failure.hpp>
#include <repository/postgres/stored_text.hpp>

#include <array>
#include <bit>

namespace rondo::postgres::detail {
namespace {

constexpr std::size_t size_max = 1'000'000'000; // of a message, about

constexpr std::size_t header_size = 20; // of an array with one dimension

template <class T>
void append_number(std::string& to, T n) {
    std::array<char, sizeof n> bytes{};
    for (std::size_t i = 0; i != bytes.size(); ++i)
        bytes[i] = static_cast<char>(static_cast<unsigned char>(n >> (8 * (bytes.size() - 1 - i))));
    to.append(bytes.data(), bytes.size());
}

void overwrite(std::string& in, std::size_t place, std::uint32_t n) {
    for (std::size_t i = 0; i != 4; ++i)
        in[place + i] = static_cast<char>(static_cast<unsigned char>(n >> (24 - 8 * i)));
}

} // namespace

bool parameters::append(std::string& to, bool value) {
    to += value ? '\1' : '\0';
    return true;
}

bool parameters::append(std::string& to, std::int64_t value) {
    append_number(to, static_cast<std::uint64_t>(value));
    return true;
}

bool parameters::append(std::string& to, double value) {
    append_number(to, std::bit_cast<std::uint64_t>(value));
    return true;
}

bool parameters::append(std::string& to, const run_id& value) {
    append_number(to, value.high);
    append_number(to, value.low);
    return true;
}

bool parameters::append(std::string& to, std::string_view value) {
    return append(to, plain_text{to_stored(value)});
}

bool parameters::append(std::string& to, plain_text value) {
    if (value.text.size() > size_max || to.size() > size_max)
        throw failure(errc::store_failed, "a text, or all of them, is too long for a message to PostgreSQL");
    to += value.text;
    return true;
}

void parameters::append_size(std::string& to, std::uint32_t n) {
    append_number(to, n);
}

void parameters::begin_array(std::string& to, sql_type type) {
    append_number(to, std::uint32_t{1});
    append_number(to, std::uint32_t{0}); // nulls
    append_number(to, static_cast<std::uint32_t>(type));
    append_number(to, std::uint32_t{0}); // how many
    append_number(to, std::uint32_t{1}); // the lower bound
}

void parameters::set_size(std::string& to, std::size_t place, bool there) {
    const std::size_t size = to.size() - place - 4;
    overwrite(to, place, there ? static_cast<std::uint32_t>(size) : static_cast<std::uint32_t>(-1));
}

void parameters::end_array(std::string& to, std::size_t count, bool has_null) {
    if (count == 0) { // has no dimension
        overwrite(to, 0, 0);
        to.resize(header_size - 8);
        return;
    }
    overwrite(to, 4, has_null ? 1 : 0);
    overwrite(to, 12, static_cast<std::uint32_t>(count));
}

} // namespace rondo::postgres::detail
