// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_BATCH_HPP
#define RONDO_REPOSITORY_POSTGRES_BATCH_HPP

#include <repository/postgres/parameters.hpp>

#include <string>
#include <utility>
#include <vector>

namespace rondo::postgres::detail {

/// Statements that are one transaction, and one round trip.
struct batch {
    struct statement {
        std::string sql;
        parameters values;
        bool prepare = true;
    };

    void add(std::string sql, parameters values) {
        statements.push_back({std::move(sql), std::move(values)});
    }
    /// One that is not worth being prepared.
    void add_once(std::string sql, parameters values = {}) {
        statements.push_back({std::move(sql), std::move(values), false});
    }

    std::vector<statement> statements;
};

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_BATCH_HPP
