// SPDX-License-Identifier: BSL-1.0
// Servers that are not there, say nothing, go away, and come back.
#include <rondo/postgres.hpp>

#include <repository/blocking.hpp>
#include <repository/postgres_place.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <ostream>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

namespace rondo::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* nowhere = "host=/no/such/folder dbname=nothing";

/// Until it works; it must not take for ever.
template <class F>
bool works_at_last(F f) {
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < give_up)
        if (f()) return true;
    return false;
}

/// It listens, and never says a word.
class silent_server {
public:
    silent_server() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        auto* const any = reinterpret_cast<sockaddr*>(&address_);
        if (::bind(fd_, any, size) != 0 || ::listen(fd_, 5) != 0 || ::getsockname(fd_, any, &size) != 0)
            throw std::runtime_error("nobody can listen");
    }
    silent_server(const silent_server&) = delete;
    silent_server& operator=(const silent_server&) = delete;
    ~silent_server() { ::close(fd_); }

    [[nodiscard]] std::string port() const { return std::to_string(ntohs(address_.sin_port)); }

private:
    int fd_;
    sockaddr_in address_{};
};

TEST_SUITE_BEGIN("repository/postgres_servers");

TEST_CASE("options and connection strings that make no sense are refused at once") {
    const auto refused = [](const std::string& server, const postgres::options& o) {
        const auto r = postgres::open(server, o);
        return r.has_error() ? r.error() : error_code();
    };
    CHECK(refused("no_such_thing=1", {}) == errc::invalid_option);
    CHECK(refused("host=a,b port=1,2,3", {}) == errc::invalid_option);
    for (const std::string& schema : {std::string(), std::string(64, 's'), std::string("a\0b", 3)}) {
        postgres::options o;
        o.schema = schema;
        CHECK(refused(nowhere, o) == errc::invalid_option);
    }
    for (const auto wrong : {0ms, -1ms, 3'600'001ms}) {
        postgres::options o;
        o.operation_timeout = wrong;
        CHECK(refused(nowhere, o) == errc::invalid_option);
        o = {};
        o.connect_timeout = wrong;
        CHECK(refused(nowhere, o) == errc::invalid_option);
        o = {};
        o.reconnect_max = wrong;
        CHECK(refused(nowhere, o) == errc::invalid_option);
    }
}

TEST_CASE("where there is no server, calls say so, and the log says why") {
    postgres::options o;
    std::mutex mutex;
    std::vector<std::string> lines;
    o.log = [&](log_level level, std::string_view line) {
        const std::lock_guard lock(mutex);
        CHECK(level == log_level::warning);
        lines.emplace_back(line);
    };
    const auto r = postgres::open(nowhere, o).value();
    CHECK(error_of(r->users()) == errc::store_cannot_open);
    CHECK(error_of(r->start(at(0))) == errc::store_cannot_open);
    const std::lock_guard lock(mutex);
    REQUIRE(lines.size() == 1); // once, however often it tries
    CHECK(lines[0].find("/no/such/folder") != std::string::npos);
}

TEST_CASE("a host that nobody knows is told of") {
    postgres::options o;
    o.log = {};
    const auto r = postgres::open("host=nobody.invalid dbname=x", o).value();
    CHECK(error_of(r->users()) == errc::store_cannot_open);
}

TEST_CASE("a server that does not answer is given up in time") {
    const silent_server nobody;
    postgres::options o;
    o.log = {};
    o.connect_timeout = 50ms;
    const auto r = postgres::open("host=localhost dbname=x port=" + nobody.port(), o).value();
    CHECK(error_of(r->users()) == errc::store_timeout);
}

TEST_CASE("behind a server that does not answer the next is tried") {
    const silent_server nobody;
    postgres_place place;
    place.options.connect_timeout = 200ms;
    const auto r =
        postgres::open("host=127.0.0.1," + place.server().substr(5) + " port=" + nobody.port() + ",5432",
                       place.options)
            .value();
    CHECK_FALSE(error_of(r->users()));
}

TEST_CASE("a session that the server ends is made anew before anybody notices") {
    const postgres_place place;
    const auto r = place.open();
    blocking(r->register_tasks(one_task("t"))).value();
    const std::string pid = "select pid from pg_stat_activity where application_name = 'rondo'";
    for (std::uint64_t n = 1; n <= 3; ++n) {
        const auto before = place.sql(pid);
        REQUIRE(before);
        place.sql("select pg_terminate_backend(" + *before + ")");
        REQUIRE(works_at_last([&] {
            const auto now = place.sql(pid + " and state = 'idle'");
            return now && now != before;
        }));
        CHECK_FALSE(error_of(r->begin_runs(one_begin("t", n))));
    }
    CHECK(blocking(r->history({})).value().runs.size() == 3);
}

TEST_CASE("of several servers that are named one that answers is found") {
    const postgres_place place;
    const auto r =
        postgres::open("host=/no/such/folder,/nor/this," + place.server().substr(5), place.options).value();
    CHECK_FALSE(error_of(r->users()));
}

TEST_CASE("a server that falls silent in the midst of a call is given up in time, and the next call works") {
    postgres_place place;
    const auto r = [&] {
        place.options.operation_timeout = 300ms;
        return place.open();
    }();
    blocking(r->register_tasks(one_task("t"))).value();
    std::optional<std::string> pid; // when all is planned, the statement for begins last
    REQUIRE(works_at_last([&] {
        pid = place.sql(
            "select pid from pg_stat_activity where application_name = 'rondo' and state = 'idle' and "
            "query like '%$5, $11%'");
        return pid.has_value();
    }));
    const auto backend = static_cast<pid_t>(std::stol(*pid)); // a child of the server that we started
    REQUIRE(::kill(backend, SIGSTOP) == 0);
    CHECK(error_of(r->begin_runs(one_begin("t", 1))) == errc::store_timeout);
    CHECK_FALSE(error_of(r->begin_runs(one_begin("t", 2)))); // by another session
    ::kill(backend, SIGCONT);
    CHECK_FALSE(error_of(r->begin_runs(one_begin("t", 1)))); // whether that went on or not
    CHECK(blocking(r->history({})).value().runs.size() == 2);
}

TEST_CASE("what was acknowledged before a crash of the server is there after it") {
    const postgres_place place;
    const auto r = place.open();
    blocking(r->register_tasks(one_task("t"))).value();
    for (std::uint64_t n = 1; n <= 20; ++n) blocking(r->begin_runs(one_begin("t", n))).value();
    shared_server().stop_at_once();
    CHECK(bool(error_of(r->begin_runs(one_begin("t", 21)))));
    shared_server().start();
    REQUIRE(works_at_last([&] { return !error_of(r->begin_runs(one_begin("t", 21))); }));
    CHECK(blocking(r->history({})).value().runs.size() == 21);
}

TEST_CASE("a call that the server holds up is given up in time, and the next works, on the same connection") {
    postgres_place place;
    place.options.operation_timeout = 2s;
    const auto r = place.open();
    blocking(r->register_tasks(one_task("t"))).value();
    const std::string sessions =
        "select min(pid) || ' ' || count(*) from pg_stat_activity where application_name = 'rondo'";
    const auto before = place.sql(sessions);
    {
        const std::unique_ptr<PGconn, void (*)(PGconn*)> other(PQconnectdb(place.server().c_str()), PQfinish);
        const auto say = [&](const std::string& sql) {
            const std::unique_ptr<PGresult, void (*)(PGresult*)> done(PQexec(other.get(), sql.c_str()),
                                                                      PQclear);
            REQUIRE(PQresultStatus(done.get()) == PGRES_COMMAND_OK);
        };
        say("begin");
        say("lock table " + place.schema() + ".task in access exclusive mode");
        CHECK(error_of(r->begin_runs(one_begin("t", 1))) == errc::store_locked);
        say("rollback");
    }
    CHECK_FALSE(error_of(r->begin_runs(one_begin("t", 1))));
    CHECK(blocking(r->history({})).value().runs.size() == 1);
    CHECK(place.sql(sessions) == before);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::testing
