// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_CLAIMS_HPP
#define RONDO_REPOSITORY_POSTGRES_CLAIMS_HPP

#include <rondo/record.hpp>

#include <repository/postgres/leases.hpp>
#include <repository/postgres/parameters.hpp>
#include <repository/postgres/rows.hpp>

#include <optional>
#include <vector>

namespace rondo::postgres::detail {

/// Whether `claim_statement` is for this one.
[[nodiscard]] bool is_claim(const begin_request& r) noexcept;

/// `shared`: null if the tasks are not.
[[nodiscard]] parameters claim_parameters(const std::vector<const begin_request*>& requests,
                                          const leases* shared);

/// The answers, in their order; nothing: it has done nothing.
[[nodiscard]] std::optional<std::vector<begin_answer>>
read_claims(const rows& r, const std::vector<const begin_request*>& requests);

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_CLAIMS_HPP
