// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_LEASE_STATEMENTS_HPP
#define RONDO_REPOSITORY_POSTGRES_LEASE_STATEMENTS_HPP

#include <string>
#include <string_view>

namespace rondo::postgres::detail {

/// What is said over and over where managers share the tasks, for one schema.
struct lease_statements {
    explicit lease_statements(std::string_view schema);

    std::string start_runs;
    std::string has_unheld;
    std::string has_leases;
    std::string read_clock;
    std::string renew;
    std::string find_expired;
    std::string reap;
    std::string find_lost;
    std::string read_horizon;
    std::string find_changed;
};

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_LEASE_STATEMENTS_HPP
