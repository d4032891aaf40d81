// SPDX-License-Identifier: BSL-1.0
#include "postgres_link.hpp"
#include "command.hpp"
#include "output.hpp"

#include <repository/postgres/statements.hpp>
#include <repository/postgres/stored_text.hpp>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace rondo::command {
namespace {

// Its first line; the server may say anything.
[[noreturn]] void fail(const char* message) {
    const std::string all = message;
    throw usage_error("PostgreSQL: " + shown(all.substr(0, all.find('\n'))));
}

std::optional<std::int64_t> number(std::string_view digits) {
    std::int64_t n = 0;
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (bad != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return n;
}

} // namespace

std::uint64_t postgres_rows::changed() const {
    return static_cast<std::uint64_t>(number(PQcmdTuples(result_.get())).value_or(0));
}

std::string postgres_rows::word(int row, int column) const {
    return is_null(row, column) ? "-" : std::string(PQgetvalue(result_.get(), row, column));
}

std::string postgres_rows::text(int row, int column) const {
    return postgres::detail::from_stored(PQgetvalue(result_.get(), row, column)).value_or("?");
}

moment postgres_rows::time(int row, int column) const {
    if (is_null(row, column)) return {};
    const auto us = number(PQgetvalue(result_.get(), row, column));
    if (!us) throw usage_error("PostgreSQL: an instant in the database is none of ours");
    return wall_time(std::chrono::microseconds(*us));
}

postgres_link::postgres_link(const std::string& server, std::string schema, bool only_reads)
    : connection_(nullptr, PQfinish), schema_(std::move(schema)) {
    // The last of two values counts.
    const std::array keys{"dbname", "client_encoding", "connect_timeout", "tcp_user_timeout",
                          static_cast<const char*>(nullptr)};
    const std::array values{server.c_str(), "UTF8", "10", "15000", static_cast<const char*>(nullptr)};
    connection_.reset(PQconnectdbParams(keys.data(), values.data(), 1));
    PGconn* const c = connection_.get();
    if (PQstatus(c) != CONNECTION_OK) fail(PQerrorMessage(c));
    (void)ask("set statement_timeout = '10s'");
    if (only_reads) (void)ask("set default_transaction_read_only = on");
}

postgres_rows postgres_link::ask(const std::string& sql,
                                 const std::vector<std::optional<std::string>>& values) {
    std::vector<const char*> raw;
    for (const auto& v : values) raw.push_back(v ? v->c_str() : nullptr);
    PGconn* const c = connection_.get();
    PGresult* const r = PQexecParams(c, postgres::detail::in_schema(sql, schema_).c_str(),
                                     static_cast<int>(raw.size()), nullptr, raw.data(), nullptr, nullptr, 0);
    postgres_rows answer(r);
    const ExecStatusType status = PQresultStatus(r);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(PQerrorMessage(c));
    return answer;
}

} // namespace rondo::command
