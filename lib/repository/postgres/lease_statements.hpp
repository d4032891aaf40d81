// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_LEASE_STATEMENTS_HPP
#define RONDO_REPOSITORY_POSTGRES_LEASE_STATEMENTS_HPP

#include <cstddef>
#include <string>
#include <string_view>

namespace rondo::postgres::detail {

inline constexpr std::size_t lost_max = 1000; // of slots, in a look
inline constexpr std::size_t asked_max = 1000;

/// What is said over and over where managers share the tasks, for one schema.
struct lease_statements {
    explicit lease_statements(std::string_view schema);

    std::string start_runs;
    std::string has_unheld;
    std::string has_leases;
    std::string read_clock;
    std::string sync_if_begun;
    std::string renew;
    std::string find_expired;
    std::string reap;
    std::string find_lost;
    std::string read_horizon;
    std::string find_changed;
    std::string notify;
    std::string ask_for_run;
    std::string drop_asked;
    std::string take_back;
    std::string find_asked;
    std::string cancel_run;
    std::string cancel_task;
    std::string find_cancelled;
};

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_LEASE_STATEMENTS_HPP
