// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_REPOSITORY_POSTGRES_PLACE_HPP
#define RONDO_TESTS_REPOSITORY_POSTGRES_PLACE_HPP

#include <rondo/postgres.hpp>

#include <support/postgres_server.hpp>

#include <libpq-fe.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace rondo::testing {

/// The server of this program. Made at the first call, from the thread that it ends with.
inline postgres_server& shared_server() {
    static postgres_server server;
    return server;
}

/// A schema of its own on that server, and options for it.
class postgres_place {
public:
    postgres_place() {
        static int made = 0;
        options.schema = "place " + std::to_string(++made) + " \"it's\"";
        options.migrate = true;
        options.unsafe_server = true; // which is much faster
        options.log = {};
        server_ = shared_server().connection_string();
    }

    [[nodiscard]] std::shared_ptr<repository> open() const {
        return postgres::open(server_, options).value();
    }

    /// Behind the library's back. The first value of the first row, as text; nothing: there is none.
    std::optional<std::string> sql(const std::string& text) const {
        const std::unique_ptr<PGconn, void (*)(PGconn*)> c(PQconnectdb(server_.c_str()), PQfinish);
        const std::unique_ptr<PGresult, void (*)(PGresult*)> r(PQexec(c.get(), text.c_str()), PQclear);
        const ExecStatusType status = PQresultStatus(r.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            throw std::runtime_error(PQerrorMessage(c.get()));
        if (PQntuples(r.get()) == 0 || PQgetisnull(r.get(), 0, 0) != 0) return std::nullopt;
        return PQgetvalue(r.get(), 0, 0);
    }
    /// The schema, in quotes.
    [[nodiscard]] std::string schema() const {
        std::string text = "\"";
        for (const char c : options.schema) text += c == '"' ? std::string("\"\"") : std::string(1, c);
        return text + '"';
    }
    [[nodiscard]] const std::string& server() const noexcept { return server_; }

    postgres::options options;

private:
    std::string server_;
};

} // namespace rondo::testing

#endif // RONDO_TESTS_REPOSITORY_POSTGRES_PLACE_HPP
