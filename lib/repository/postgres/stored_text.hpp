// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_STORED_TEXT_HPP
#define RONDO_REPOSITORY_POSTGRES_STORED_TEXT_HPP

#include <optional>
#include <string>
#include <string_view>

namespace rondo::postgres::detail {

/// Our texts are any bytes; those of PostgreSQL are UTF-8 without NUL. Where a text is, it is stored as it is, but that
/// a backslash is two; what cannot be stored is a backslash and the byte in three octal digits. That is the format
/// `escape` of its function `decode`, which gives the bytes.
[[nodiscard]] std::string to_stored(std::string_view text);

/// The text that `to_stored` made this of; nothing if it cannot have been.
[[nodiscard]] std::optional<std::string> from_stored(std::string_view stored);

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_STORED_TEXT_HPP
