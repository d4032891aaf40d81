// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_SETTINGS_HPP
#define RONDO_REPOSITORY_POSTGRES_SETTINGS_HPP

#include <rondo/postgres.hpp>

#include <string>
#include <utility>
#include <vector>

namespace rondo::postgres::detail {

/// Keywords and values of libpq.
using connection_values = std::vector<std::pair<std::string, std::string>>;

struct settings {
    connection_values values; ///< as the user gave them
    options chosen;
};

/// Reads a connection string. Throws `failure` (`invalid_option`) on one that makes no sense.
[[nodiscard]] connection_values parse_connection_string(const std::string& text);

/// The value of a keyword, or null.
[[nodiscard]] const std::string* find_value(const connection_values& values,
                                            const std::string& keyword) noexcept;
void set_value(connection_values& values, const std::string& keyword, std::string value);

/// One server of a list, as libpq would try them in turn.
struct server_place {
    std::string host;    ///< a name, a folder with a socket, or empty: the default
    std::string address; ///< of the host, if it was looked up
    std::string port;    ///< may be empty: the default
};

/// The servers that the values name, or the environment; none if their addresses are given, or if a service file
/// (`service`) may name them. Throws `failure` (`invalid_option`) if the lists do not go together.
[[nodiscard]] std::vector<server_place> places_of(const connection_values& values);

/// Puts them in place of what was there.
void set_places(connection_values& values, const std::vector<server_place>& places);

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_SETTINGS_HPP
