// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_CLAIMS_HPP
#define RONDO_REPOSITORY_POSTGRES_CLAIMS_HPP

#include <rondo/record.hpp>

#include <repository/postgres/leases.hpp>
#include <repository/postgres/parameters.hpp>
#include <repository/postgres/rows.hpp>

#include <cstddef>
#include <vector>

namespace rondo::postgres::detail {

/// Whether `claim_statement` is for this one.
[[nodiscard]] bool is_claim(const begin_request& r) noexcept;

/// `shared`: null if the tasks are not. `alone`: nothing else is in the transaction.
[[nodiscard]] parameters claim_parameters(const std::vector<const begin_request*>& requests,
                                          const leases* shared, bool alone);

/// Puts the answers where they belong, in the order of the requests. Gives the places of those that were not decided.
[[nodiscard]] std::vector<std::size_t> read_claims(const rows& r,
                                                   const std::vector<const begin_request*>& requests,
                                                   std::vector<begin_answer>& answers);

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_CLAIMS_HPP
