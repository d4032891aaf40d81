// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_CLAIM_STATEMENT_HPP
#define RONDO_REPOSITORY_POSTGRES_CLAIM_STATEMENT_HPP

#include <string>
#include <string_view>

namespace rondo::postgres::detail {

/// What most begins are: each gives the slot at the cursor of a task to a new run, and no more. All of them, of different
/// tasks, in a statement that is half of `statements::begin_runs`, and needs no lock before it. It does all of them, but
/// those with which others were faster, which are conflicts; or, where one of them must be looked at more closely,
/// nothing, and says so.
[[nodiscard]] std::string claim_statement(std::string_view schema, bool shared);

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_CLAIM_STATEMENT_HPP
