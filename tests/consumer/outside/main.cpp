// SPDX-License-Identifier: BSL-1.0
#include <rondo/postgres.hpp>
#include <rondo/rondo.hpp>
#include <rondo/sqlite.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<rondo::result<std::string>> greet(rondo::context, rondo::user user) {
    co_return "hello " + user.id();
}

asio::awaitable<void> serve(asio::any_io_executor executor) {
    auto repository = rondo::sqlite::open("outside.db").value();
    rondo::manager tasks(executor, std::move(repository));
    (co_await tasks.async_start()).value();

    rondo::task task("greet", "Greet a user", rondo::every(6h), greet);
    task.first_run(rondo::after_interval).timeout(5min);
    (co_await tasks.async_add(std::move(task))).value();

    rondo::user user("ada");
    rondo::run run = (co_await tasks.async_run("greet", user)).value();
    for (const rondo::task_result& result : run.results) std::cout << result.message() << '\n';
    if (run.results.size() != 1 || run.results[0].message() != "hello ada") std::exit(1);
    (co_await tasks.async_shutdown(10s)).value();
}

int main() {
    if (rondo::postgres::open("host").has_value()) return 1; // no connection string
    asio::io_context io;
    asio::co_spawn(io, serve(io.get_executor()), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
}
