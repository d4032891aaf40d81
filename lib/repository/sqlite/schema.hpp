// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_SCHEMA_HPP
#define RONDO_REPOSITORY_SQLITE_SCHEMA_HPP

#include <repository/sqlite/connection.hpp>

#include <cstdint>
#include <span>

namespace rondo::sqlite::detail {

/// In the header of the file (`pragma application_id`): what `file` and we know a rondo database by.
/// The schema's version is beside it (`pragma user_version`). Both change within a transaction.
inline constexpr std::int64_t application_id = 0x526f6e64; // "Rond"

/// The version that we write.
inline constexpr std::int64_t schema_version = 5;

/// SQL for each cursor that there is, by pages: `page`, `task`, whether it is all as we write it, next slot,
/// token. What is no such JSON gives a row that is not, and no error. An object may have a task twice.
inline constexpr char every_cursor[] =
    "select page, cast(task as integer), typeof(task) = 'text' and task = cast(cast(task as integer) as "
    "text) "
    "and cast(task as integer) >= 0 and cast(task as integer) / 16 = page and json_array_length(pair) = 2 "
    "and json_type(pair, '$[0]') in ('integer', 'null') "
    "and json_type(pair, '$[1]') = 'integer' and typeof(json_extract(pair, '$[0]')) <> 'real' "
    "and typeof(json_extract(pair, '$[1]')) <> 'real' and json_extract(pair, '$[1]') >= 0, "
    "json_extract(pair, '$[0]'), json_extract(pair, '$[1]') from ("
    "select p.id as page, e.key as task, iif(e.type = 'array', e.value, '[]') as pair "
    "from cursor_page p, json_each(iif(length(p.cursors) <= 2048 and json_valid(p.cursors), "
    "iif(json_type(p.cursors) = 'object', p.cursors, '[0]'), '[0]')) e)";

/// Writes a row of sixteen.
inline constexpr char write_cursor_page[] = "insert into cursor_page (id, cursors) values (?, ?) "
                                            "on conflict (id) do update set cursors = excluded.cursors";

/// What brings a database from one version to the next. Never changed once it was released.
struct migration {
    std::int64_t to = 0;
    const char* sql = "";
};

/// All of them, from the empty file on.
[[nodiscard]] std::span<const migration> migrations() noexcept;

/// Throws `failure` unless this is an empty file or a rondo database that `steps` lead on from. Only
/// reads.
void identify(connection& db, std::span<const migration> steps);

/// Takes the steps that are missing, each in a transaction of its own.
void migrate(connection& db, std::span<const migration> steps);

/// Whether the database is sound, at the price of reading it all.
[[nodiscard]] bool is_sound(connection& db);

/// Throws `failure` if the tables are not those we know.
void check_tables(connection& db);

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_SCHEMA_HPP
