// SPDX-License-Identifier: BSL-1.0
// A connection that hears what other sessions tell.
#include <repository/postgres/batch.hpp>
#include <repository/postgres/connection.hpp>
#include <repository/postgres/leases.hpp>

#include <repository/postgres_place.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>

#include <doctest/doctest.h>

namespace rondo::testing {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace postgres::detail;

batch telling(const std::string& schema) {
    parameters p;
    p.add(plain_text{schema});
    batch b;
    b.add_once("select pg_notify('rondo', $1)", std::move(p));
    return b;
}

batch listening() {
    batch b;
    b.add_once("listen rondo");
    return b;
}

/// A connection that listens, with which `work` does something.
void with_listener(const postgres_place& place,
                   const std::function<asio::awaitable<void>(connection&)>& work) {
    const settings s{parse_connection_string(place.server()), place.options};
    asio::io_context io(1);
    connection c(io, s);
    const auto all = [&]() -> asio::awaitable<void> {
        co_await c.open();
        const batch b = listening();
        co_await c.exchange(b);
        co_await work(c);
    };
    asio::co_spawn(io, all, [](const std::exception_ptr& e) {
        if (e) std::rethrow_exception(e);
    });
    io.run();
}

TEST_SUITE_BEGIN("repository/postgres_notices");

TEST_CASE("a notice that comes with an answer is noticed, once") {
    const postgres_place place;
    with_listener(place, [&](connection& c) -> asio::awaitable<void> {
        CHECK_FALSE(c.take_notice());
        const batch ours = telling(place.options.schema); // which comes back to us
        co_await c.exchange(ours);
        CHECK(c.take_notice());
        CHECK_FALSE(c.take_notice());
        const batch others = telling("another");
        co_await c.exchange(others);
        CHECK_FALSE(c.take_notice());
    });
}

TEST_CASE("a notice ends the wait for something to do, also one that is there already") {
    const postgres_place place;
    with_listener(place, [&](connection& c) -> asio::awaitable<void> {
        const batch ours = telling(place.options.schema);
        co_await c.exchange(ours);
        co_await c.idle();
        CHECK(c.take_notice());
        place.sql("select pg_notify('rondo', " + ("E'" + place.options.schema.substr(0, 7)) + "')");
        co_await c.idle();
        CHECK_FALSE(c.take_notice()); // of another schema
        std::string quoted = "'";
        for (const char letter : place.options.schema)
            quoted += letter == '\'' ? std::string("''") : std::string(1, letter);
        place.sql("select pg_notify('rondo', " + quoted + "')");
        co_await c.idle();
        CHECK(c.take_notice());
        CHECK(c.is_open());
    });
}

TEST_CASE("who is told looks soon, and however often he is told, not all the time") {
    leases l(30s, std::make_shared<news_desk>());
    l.looked_at = steady_time(1h);
    l.look_at = l.looked_at + l.look_every();
    l.look_soon();
    CHECK(l.next() == l.looked_at + 100ms);
    l.look_soon();
    CHECK(l.next() == l.looked_at + 100ms);
    l.look_at = steady_time(1h);
    l.look_soon();
    CHECK(l.next() == steady_time(1h));
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::testing
