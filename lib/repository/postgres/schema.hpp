// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_SCHEMA_HPP
#define RONDO_REPOSITORY_POSTGRES_SCHEMA_HPP

#include <cstdint>
#include <span>
#include <string_view>

namespace rondo::postgres::detail {

/// What the tables are now.
inline constexpr std::int64_t schema_version = 2;

/// From each version to the next, the first from nothing: statements with `@` for the schema, each on its own.
[[nodiscard]] std::span<const std::span<const std::string_view>> migrations() noexcept;

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_SCHEMA_HPP
