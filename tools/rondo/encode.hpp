// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_ENCODE_HPP
#define RONDO_TOOLS_RONDO_ENCODE_HPP

#include <string>
#include <string_view>

namespace rondo::command {

// Both take any bytes and write UTF-8: each byte that belongs to no character becomes U+FFFD.

/// A field of CSV (RFC 4180), in quotes where it needs them. NUL, which many readers do not take, becomes U+FFFD; all
/// other characters stay.
[[nodiscard]] std::string csv_field(std::string_view text);

/// A string of JSON (RFC 8259), with its quotes. What a terminal would take for an order is escaped.
[[nodiscard]] std::string json_string(std::string_view text);

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_ENCODE_HPP
