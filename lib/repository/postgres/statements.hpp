// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_STATEMENTS_HPP
#define RONDO_REPOSITORY_POSTGRES_STATEMENTS_HPP

#include <repository/postgres/rows.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::postgres::detail {

/// An identifier in quotes.
[[nodiscard]] std::string in_quotes(std::string_view identifier);

/// `sql` with the tables of this schema: `@run` becomes `"schema".run`.
[[nodiscard]] std::string in_schema(std::string_view sql, std::string_view schema);

/// What a statement has at the place `{name}` where managers share the tasks.
struct shared_part {
    std::string_view name;
    std::string_view text;
};

/// With the parts, of which each place must name one, or without.
[[nodiscard]] std::string with_parts(std::string_view sql, std::span<const shared_part> parts, bool shared);

/// What is said over and over, for one schema.
struct statements {
    /// `shared`: with other managers.
    statements(std::string_view schema, bool shared);

    std::string lock_tasks;
    std::string lock_all_tasks;
    std::string register_tasks;
    std::string latest_runs;
    std::string update_tasks;
    std::string start_tasks;
    std::string start_runs;
    std::string find_run;
    std::string last_runs;
    std::string last_runs_of_user;
    std::string skips;
    std::string users;
    std::string add_users;
    std::string remove_users;
    std::string prune_old_runs;
    std::string prune_old_skips;
    std::string prune_surplus;
    std::string claim; ///< see there
    std::string optimistic_claim;

    /// Without what it does not need: to have it stand by takes the server longer than the rest.
    [[nodiscard]] const std::string& begin_runs(bool users, bool skips) const noexcept {
        return begin_runs_[index_of(users, skips)];
    }
    [[nodiscard]] const std::string& finish_runs(bool users, bool details) const noexcept {
        return finish_runs_[index_of(users, details)];
    }

private:
    using parts = std::array<std::string, 4>;

    [[nodiscard]] static std::size_t index_of(bool users, bool more) noexcept {
        return (users ? 2u : 0u) + (more ? 1u : 0u);
    }

    parts begin_runs_;
    parts finish_runs_;
};

/// The columns of a run with all that belongs to it, of run r and task t, as `read_runs` wants them.
[[nodiscard]] std::string_view run_columns() noexcept;

/// Each row is a run, of those columns. Throw `failure`, as `store_corrupt`.
[[nodiscard]] run read_run(const rows& q, std::size_t i);
[[nodiscard]] std::vector<run> read_runs(const rows& q);

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_STATEMENTS_HPP
