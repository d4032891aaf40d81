// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_POSTGRES_LINK_HPP
#define RONDO_TOOLS_RONDO_POSTGRES_LINK_HPP

#include <rondo/time.hpp>

#include <cstdint>
#include <libpq-fe.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rondo::command {

/// What a statement gave, as text.
class postgres_rows {
public:
    explicit postgres_rows(PGresult* r) : result_(r, PQclear) {}

    [[nodiscard]] int size() const { return PQntuples(result_.get()); }
    /// How many it changed.
    [[nodiscard]] std::uint64_t changed() const;
    [[nodiscard]] bool is_null(int row, int column) const {
        return PQgetisnull(result_.get(), row, column) != 0;
    }
    /// "-" for null.
    [[nodiscard]] std::string word(int row, int column) const;
    /// As it was before it was stored; "?" for what was not stored by rondo.
    [[nodiscard]] std::string text(int row, int column) const;
    [[nodiscard]] bool flag(int row, int column) const { return word(row, column) == "t"; }
    [[nodiscard]] moment time(int row, int column) const;

private:
    std::unique_ptr<PGresult, void (*)(PGresult*)> result_;
};

/// A connection to a server. Each call blocks: the server is given ten seconds to connect to each address and for each
/// statement. Throws `usage_error` with what it says.
class postgres_link {
public:
    /// `only_reads`: the server sees to it that nothing is changed.
    postgres_link(const std::string& server, std::string schema, bool only_reads);

    /// `@table` is a table of the schema. A value that is nothing is null.
    [[nodiscard]] postgres_rows ask(const std::string& sql,
                                    const std::vector<std::optional<std::string>>& values = {});
    [[nodiscard]] const std::string& schema() const noexcept { return schema_; }

private:
    std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
    std::string schema_;
};

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_POSTGRES_LINK_HPP
