// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_POLICIES_TABLES_HPP
#define RONDO_TESTS_POLICIES_TABLES_HPP

#include <string>

namespace rondo::policies {

/// What becomes of what arrives while a run is in flight, by policy, arrival and trigger. Markdown.
[[nodiscard]] std::string overlap_tables();
/// What becomes of what arrives while a run waits to be tried again, by policy and trigger. Markdown.
[[nodiscard]] std::string retry_table();
/// What a backfill does, by policy and by what is in flight. Markdown.
[[nodiscard]] std::string backfill_table();
/// What becomes of what arrives while a backfill is under way, by policy and trigger. Markdown.
[[nodiscard]] std::string beside_backfill_table();
/// What becomes of slots that nobody looked at, by policy, window and cause. Markdown.
[[nodiscard]] std::string catch_up_table();

} // namespace rondo::policies

#endif // RONDO_TESTS_POLICIES_TABLES_HPP
