// SPDX-License-Identifier: BSL-1.0
// Runs on record in PostgreSQL, beside PostgreSQL by hand, on a server of our own that syncs each commit.
#include <delay.hpp>
#include <ours.hpp>
#include <plain_server.hpp>
#include <usage.hpp>
#include <work.hpp>

#include <repository/blocking.hpp>
#include <support/postgres_server.hpp>

#include <rondo/memory.hpp>
#include <rondo/postgres.hpp>

#include <boost/asio/co_spawn.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace rondo::bench {
namespace {

using steady = std::chrono::steady_clock;
using testing::postgres_server;

/// As one of a fleet, or by itself.
std::shared_ptr<repository> open(const postgres_server& server, bool shared = false) {
    postgres::options o;
    o.migrate = true;
    if (shared) o.lease = std::chrono::seconds(30);
    return postgres::open(server.connection_string(), o).value();
}

double us_since(steady::time_point start) {
    return std::chrono::duration<double, std::micro>(steady::now() - start).count();
}

std::vector<task_definition> definitions(std::size_t tasks) {
    std::vector<task_definition> all(tasks);
    for (std::size_t i = 0; i != tasks; ++i) {
        all[i].uid = shared_string(fmt::format("task-{}", i));
        all[i].schedule = "every 1s";
        all[i].first_slot = wall_time();
    }
    return all;
}

/// The slot `n` of each of them.
std::vector<begin_request> claims(const std::vector<task_definition>& tasks, std::int64_t n,
                                  std::uint64_t no) {
    std::vector<begin_request> all(tasks.size());
    for (std::size_t i = 0; i != tasks.size(); ++i) {
        begin_request& r = all[i];
        r.uid = tasks[i].uid;
        r.expected = wall_time(std::chrono::seconds(n));
        r.next = wall_time(std::chrono::seconds(n + 1));
        r.started.emplace();
        r.started->id = {no << 32, static_cast<std::uint64_t>(n) * tasks.size() + i};
        r.started->scheduled_at = *r.expected;
        r.started->started_at = *r.expected;
    }
    return all;
}

std::size_t given(const result<std::vector<begin_answer>>& answers) {
    return static_cast<std::size_t>(
        std::ranges::count(answers.value(), begin_state::recorded, &begin_answer::state));
}

/// One after the other, by the calls of a repository alone: us for each claim.
boost::asio::awaitable<double> claim_on(std::shared_ptr<repository> store, std::size_t tasks,
                                        steady::duration length) {
    const auto all = definitions(tasks);
    (void)(co_await store->register_tasks(all)).value();
    std::int64_t n = 0;
    auto start = steady::now();
    for (; n < 1 || steady::now() - start < length; ++n) {
        if (n == 1) start = steady::now(); // the first has it prepared
        const auto answers = co_await store->begin_runs(claims(all, n, 1));
        if (given(answers) != tasks) throw std::runtime_error("a slot was not given");
    }
    co_return us_since(start) / static_cast<double>(n - 1) / static_cast<double>(tasks);
}

values measure_claims(std::size_t tasks, std::chrono::nanoseconds length, bool shared) {
    const postgres_server server(postgres_server::sync::on);
    boost::asio::io_context io{1};
    values v;
    boost::asio::co_spawn(io, claim_on(open(server, shared), tasks, length),
                          [&](std::exception_ptr e, double us) {
                              if (e) std::rethrow_exception(e);
                              v = {us};
                          });
    io.run();
    return v;
}

/// By hand, with ends or without, and with leases or without.
values measure_plain(std::size_t tasks, std::chrono::nanoseconds length, bool ends, bool leases = false) {
    const postgres_server server(postgres_server::sync::on);
    (void)testing::blocking(open(server)->users()).value(); // makes the tables
    plain_server plain(server.connection_string(), 1, leases);
    plain.add(tasks);
    plain.begin(tasks, 0);
    const auto start = steady::now();
    std::int64_t n = 1;
    for (; steady::now() - start < length; ++n) {
        if (plain.begin(tasks, n) != tasks) throw std::runtime_error("a slot was not given");
        if (ends) plain.end();
    }
    return {us_since(start) / static_cast<double>(n - 1) / static_cast<double>(tasks)};
}

/// Tasks that are all due, again and again, with a manager.
values measure_runs(std::size_t tasks, std::chrono::nanoseconds length) {
    const postgres_server server(postgres_server::sync::on);
    ours subject(std::chrono::milliseconds(0), open(server));
    std::uint64_t runs = 0;
    subject.add_late(tasks, runs);
    while (runs < tasks) subject.io().run_one();
    const std::uint64_t before = runs;
    const auto start = steady::now();
    while (steady::now() < start + length) subject.io().run_one_until(start + length);
    for (const std::uint64_t round = runs + tasks; runs < round;) subject.io().run_one();
    return {us_since(start) / static_cast<double>(runs - before)};
}

constexpr std::uint64_t nodes = 8;

/// All of them want the same slots: `race(no)` gives a function that tries for slot `n` of each task. Slots that were
/// given, in a second.
values measure_contended(std::chrono::nanoseconds length,
                         const std::function<std::function<std::size_t(std::int64_t)>(std::uint64_t)>& race) {
    std::atomic<std::uint64_t> given = 0;
    std::atomic<std::int64_t> furthest = 1;
    const auto start = steady::now();
    std::vector<std::thread> threads;
    for (std::uint64_t no = 1; no <= nodes; ++no)
        threads.emplace_back([&, no] {
            const auto try_for = race(no);
            while (steady::now() - start < length) {
                const std::int64_t n = furthest;
                given += try_for(n);
                std::int64_t expected = n;
                furthest.compare_exchange_strong(expected, n + 1);
            }
        });
    for (std::thread& t : threads) t.join();
    return {static_cast<double>(given) * 1e6 / us_since(start)};
}

values contend(std::size_t tasks, std::chrono::nanoseconds length) {
    const postgres_server server(postgres_server::sync::on);
    const auto all = definitions(tasks);
    (void)testing::blocking(open(server)->register_tasks(all)).value();
    (void)testing::blocking(open(server)->begin_runs(claims(all, 0, 99))).value();
    return measure_contended(length, [&](std::uint64_t no) {
        const auto store = open(server, true);
        (void)testing::blocking(store->register_tasks(all)).value(); // as each of a fleet does
        return [&, no, store](std::int64_t n) {
            return given(testing::blocking(store->begin_runs(claims(all, n, no))));
        };
    });
}

values contend_plainly(std::size_t tasks, std::chrono::nanoseconds length) {
    const postgres_server server(postgres_server::sync::on);
    (void)testing::blocking(open(server)->users()).value();
    plain_server first(server.connection_string(), 99, true);
    first.add(tasks);
    first.begin(tasks, 0);
    return measure_contended(length, [&](std::uint64_t no) {
        auto plain = std::make_shared<plain_server>(server.connection_string(), no, true);
        return [=](std::int64_t n) { return plain->begin(tasks, n); };
    });
}

/// By hand, tasks that are all due every 100 ms: how late each is when its slot is given to it.
values measure_plain_delay(std::size_t tasks, std::chrono::nanoseconds length) {
    const postgres_server server(postgres_server::sync::on);
    (void)testing::blocking(open(server)->users()).value();
    plain_server plain(server.connection_string(), 1, true);
    plain.add(tasks);
    plain.begin(tasks, 0);
    plain.end();
    std::vector<std::chrono::nanoseconds> late;
    auto due = steady::now() + std::chrono::milliseconds(100);
    const auto until = due + length;
    for (std::int64_t n = 1; due < until; ++n, due += std::chrono::milliseconds(100)) {
        std::this_thread::sleep_until(due);
        if (plain.begin(tasks, n) != tasks) throw std::runtime_error("a slot was not given");
        late.insert(late.end(), tasks, steady::now() - due);
        plain.end();
    }
    std::ranges::sort(late);
    return {percentile_us(late, 0.5), percentile_us(late, 0.99), 0};
}

} // namespace

std::vector<work> postgres_works(const extent& e) {
    std::vector<work> works;
    const auto half = e.window / 2;
    for (std::size_t tasks : {1, 10, 100, 1000})
        works.push_back({fmt::format("postgres-claims-{}", tasks),
                         {{"us_per_claim", "us"}},
                         [=] { return measure_claims(tasks, half, false); },
                         [=] { return measure_plain(tasks, half, false); }});
    for (std::size_t tasks : {1, 10, 100, 1000})
        works.push_back({fmt::format("postgres-fleet-claims-{}", tasks),
                         {{"us_per_claim", "us"}},
                         [=] { return measure_claims(tasks, half, true); },
                         [=] { return measure_plain(tasks, half, false, true); }});
    for (std::size_t tasks : {1, 10, 1000})
        works.push_back({fmt::format("postgres-{}", tasks),
                         {{"us_per_run", "us"}},
                         [=] { return measure_runs(tasks, half); },
                         [=] { return measure_plain(tasks, half, true); }});
    for (std::size_t tasks : {1, 50})
        works.push_back({fmt::format("postgres-contended-{}", tasks),
                         {{"slots_per_second", "1/s"}},
                         [=] { return contend(tasks, half); },
                         [=] { return contend_plainly(tasks, half); }});
    for (std::size_t tasks : {1, 100})
        works.push_back(
            {fmt::format("postgres-delay-{}", tasks),
             {{"p50_us", "us"}, {"p99_us", "us"}, {early_figure, "runs", figure::over_rounds::max}},
             [=, length = e.window] {
                 const postgres_server server(postgres_server::sync::on);
                 ours subject(std::chrono::milliseconds(0), open(server));
                 return measure_delay(subject, tasks, length);
             },
             [=, length = e.window] {
                 ours subject(std::chrono::milliseconds(0), memory::open());
                 return measure_delay(subject, tasks, length);
             }});
    for (std::size_t tasks : {1, 100})
        works.push_back(
            {fmt::format("postgres-fleet-delay-{}", tasks),
             {{"p50_us", "us"}, {"p99_us", "us"}, {early_figure, "runs", figure::over_rounds::max}},
             [=, length = e.window] {
                 const postgres_server server(postgres_server::sync::on);
                 ours subject(std::chrono::milliseconds(0), open(server, true));
                 return measure_delay(subject, tasks, length);
             },
             [=, length = e.window] { return measure_plain_delay(tasks, length); }});
    return works;
}

} // namespace rondo::bench
