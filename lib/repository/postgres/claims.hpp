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

/// Whether `claim_statement` and `optimistic_claim_statement` are for this one.
[[nodiscard]] bool is_claim(const begin_request& r) noexcept;

/// Of both. `shared`: null if the tasks are not.
[[nodiscard]] parameters claim_parameters(const std::vector<const begin_request*>& requests,
                                          const leases* shared);
/// Of `claim_statement`. `may_wait`: for whoever else is at one of the tasks.
[[nodiscard]] parameters claim_parameters(const std::vector<const begin_request*>& requests,
                                          const leases* shared, bool may_wait);

/// The places of those that were not decided, and whether one of them was left for later, or is to be made again; and
/// whether one was decided, for another.
struct open_claims {
    std::vector<std::size_t> places;
    bool lost = false;
    bool later = false;
    bool again = false;
};

/// Puts the answers where they belong, in the order of the requests.
[[nodiscard]] open_claims read_claims(const rows& r, const std::vector<const begin_request*>& requests,
                                      std::vector<begin_answer>& answers);
/// Likewise, of `optimistic_claim_statement`: all others are to be made again.
[[nodiscard]] open_claims read_optimistic_claims(const rows& r,
                                                 const std::vector<const begin_request*>& requests,
                                                 std::vector<begin_answer>& answers);

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_CLAIMS_HPP
