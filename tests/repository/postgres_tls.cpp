// SPDX-License-Identifier: BSL-1.0
// Over TLS, as the connection string says.
#include <rondo/postgres.hpp>

#include <repository/blocking.hpp>
#include <repository/steps.hpp>
#include <support/postgres_server.hpp>

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace rondo::testing {
namespace {

std::shared_ptr<repository> open(const std::string& server) {
    postgres::options o;
    o.migrate = true;
    o.unsafe_server = true;
    o.log = {};
    return postgres::open(server, o).value();
}

TEST_SUITE_BEGIN("repository/postgres_tls");

// Much at once, so that a record of TLS has more than one read of the socket takes.
TEST_CASE("all goes over TLS, and only to a server that is trusted") {
    postgres_server server;
    const std::string where = server.listen_with_tls();
    CHECK(error_of(open(where + " sslmode=disable")->users()) == errc::store_cannot_open);
    const std::string other = "/etc/ssl/certs/ca-certificates.crt"; // of everybody else; or there is none
    CHECK(error_of(open(where + " sslmode=verify-ca sslrootcert=" + other)->users()) ==
          errc::store_cannot_open);
    const auto r = open(where + " sslmode=verify-full sslrootcert=" + server.certificate());
    constexpr std::uint64_t runs = 200;
    const std::string message(50'000, 'm');
    REQUIRE(blocking(r->register_tasks(some_tasks(1))).has_value());
    std::vector<finish_request> ends;
    for (std::uint64_t n = 1; n <= runs; ++n) {
        auto begun = blocking(r->begin_runs(one_begin(uid_of(0), n)));
        REQUIRE(begun.has_value());
        ends.push_back(one_end(uid_of(0), n, message.c_str())[0]);
    }
    const auto ended = blocking(r->finish_runs(ends));
    REQUIRE(ended.has_value());
    CHECK(ended.value() == std::vector<finish_state>(runs, finish_state::recorded));
    history_filter all;
    all.limit = 1000;
    const auto page = blocking(r->history(all));
    REQUIRE(page.has_value());
    REQUIRE(page.value().runs.size() == runs);
    for (const run& each : page.value().runs) CHECK(each.message == message);

    server.stop_at_once();
    CHECK_FALSE(blocking(r->users()).has_value());
    server.start();
    bool again = false;
    for (int tries = 0; tries != 1000 && !again; ++tries) again = blocking(r->users()).has_value();
    CHECK(again);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::testing
