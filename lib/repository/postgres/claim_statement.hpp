// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_CLAIM_STATEMENT_HPP
#define RONDO_REPOSITORY_POSTGRES_CLAIM_STATEMENT_HPP

#include <string>
#include <string_view>

namespace rondo::postgres::detail {

/// What most begins are: each gives the slot at the cursor of a task to a new run, and no more. All of them, of different
/// tasks, in a statement that is half of `statements::begin_runs`, and needs no lock before it. Of each it gives its
/// place, from 1, a word, the token if it is recorded, and the cursor. The word is `recorded` or `conflict`, and that is
/// the answer; or it has done nothing for it: `again` says that it waited and was too late, `later` that somebody is at
/// the first of the tasks that it might have had (only where it may not wait), `closely` that it is not the one that can
/// tell.
[[nodiscard]] std::string claim_statement(std::string_view schema, bool shared);

/// Likewise, for whoever expects to get them all: of each that is recorded the id of its run, and the token; of the
/// others it has recorded nothing, and `claim_statement` is to tell why. It may wait for whoever else is at one of the tasks.
/// It is half of that again.
[[nodiscard]] std::string optimistic_claim_statement(std::string_view schema, bool shared);

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_CLAIM_STATEMENT_HPP
