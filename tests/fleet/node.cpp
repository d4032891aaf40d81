// SPDX-License-Identifier: BSL-1.0
#include <fleet/node.hpp>

#include <fleet/effects.hpp>

#include <support/wrong_clock.hpp>

#include <rondo/manager.hpp>
#include <rondo/postgres.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace rondo::fleet {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::chrono::microseconds step_length = 100ms;

/// As long as its run id says, so that nobody knows beforehand.
std::chrono::microseconds length_of(const context& ctx, std::chrono::milliseconds longest) {
    const std::uint64_t dice = std::hash<run_id>()(ctx.id()) * 0x9e37'79b9'7f4a'7c15u >> 40;
    return std::chrono::microseconds(dice %
                                     static_cast<std::uint64_t>(std::chrono::microseconds(longest).count()));
}

[[noreturn]] void give_up(effects_log& log, const context& ctx) {
    log.add(effect::kind::stopped, ctx);
    throw std::runtime_error("cancelled");
}

task task_number(int n, const node_orders& o, const std::shared_ptr<effects_log>& log) {
    task t(uid_of(n), {}, every(n < o.changing ? o.changed : o.interval),
           [log, o, n](context ctx) -> asio::awaitable<void> {
               log->add(effect::kind::begin, ctx);
               const bool goes_on = is_long(n) && ctx.fencing_token() % 8 == 0;
               std::chrono::microseconds left = length_of(ctx, goes_on ? o.lease * 5 / 2 : o.body_max);
               for (; left > step_length; left -= step_length) {
                   const auto slept = co_await ctx.async_sleep_for(step_length, asio::use_awaitable);
                   if (!slept) give_up(*log, ctx);
                   log->add(effect::kind::step, ctx);
               }
               const auto slept = co_await ctx.async_sleep_for(left, asio::use_awaitable);
               if (!slept) give_up(*log, ctx);
               log->add(effect::kind::end, ctx);
           });
    t.on_abandoned(runs_again(n) ? on_abandoned::rerun : on_abandoned::record_only);
    t.overlap(is_exclusive(n) ? overlap::skip : overlap::allow_all);
    return t;
}

// Until it is on record: a task that stays paused would look as if nobody could run it.
asio::awaitable<void> resume(manager& tasks, const std::string& uid) {
    for (;;) {
        const auto done = co_await tasks.async_resume(uid, asio::use_awaitable);
        if (done || done.error() == errc::task_not_exists) co_return;
        asio::steady_timer pause(co_await asio::this_coro::executor, 50ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<void> obey(manager& tasks, testing::wrong_clock& clock, const std::string& line) {
    std::istringstream words(line);
    std::string what;
    std::string uid;
    words >> what >> uid;
    if (what == "block") {
        asio::steady_timer pause(co_await asio::this_coro::executor,
                                 std::chrono::milliseconds(std::stoll(uid)));
        pause.wait(); // which blocks the loop
    }
    if (what == "set") clock.set(std::chrono::milliseconds(std::stoll(uid)));
    // What comes of it is in the history; that a task is running already, say, is no matter here.
    if (what == "pause") (void)co_await tasks.async_pause(uid, asio::use_awaitable);
    if (what == "resume") co_await resume(tasks, uid);
    if (what == "run") (void)co_await tasks.async_trigger(uid, asio::use_awaitable);
    if (what == "cancel") (void)co_await tasks.async_cancel(uid, "a storm", asio::use_awaitable);
}

asio::awaitable<void> serve(node_orders o, std::shared_ptr<testing::wrong_clock> clock) {
    postgres::options where;
    where.schema = o.schema;
    where.migrate = true;
    where.unsafe_server = true; // the machine goes on, whatever the server does
    where.lease = o.lease;
    where.operation_timeout = std::min<std::chrono::milliseconds>(o.lease * 3 / 10, 5s);
    where.connect_timeout = where.operation_timeout;
    where.reconnect_max = o.lease / 4;
    manager_options how;
    how.on_store_failure = on_store_failure::stop;
    how.clock = clock.get();
    how.log_level_min = log_level::warning;
    manager tasks(co_await asio::this_coro::executor, postgres::open(o.server, where).value(), how);
    for (;;) { // the server may be down at this moment
        const auto started = co_await tasks.async_start(asio::use_awaitable);
        if (started) break;
        asio::steady_timer pause(co_await asio::this_coro::executor, 50ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
    const auto log = std::make_shared<effects_log>(o.effects, o.name);
    for (bool all = false; !all;) {
        std::vector<task> some;
        for (int n = 0; n != o.tasks; ++n) some.push_back(task_number(n, o, log));
        const auto added = co_await tasks.async_add(std::move(some), if_exists::keep, asio::use_awaitable);
        all = added && added.value().failures.empty();
    }
    asio::posix::stream_descriptor in(co_await asio::this_coro::executor, ::dup(STDIN_FILENO));
    std::string heard;
    for (;;) {
        const auto read = co_await asio::async_read_until(in, asio::dynamic_buffer(heard), '\n',
                                                          asio::as_tuple(asio::use_awaitable));
        const auto& [failed, n] = read;
        if (failed) break;
        const std::string line = heard.substr(0, n);
        heard.erase(0, n);
        co_await obey(tasks, *clock, line);
    }
    (void)co_await tasks.async_shutdown(o.lease, asio::use_awaitable);
}

} // namespace

std::string uid_of(int n) {
    return fmt::format("task-{:04}", n);
}
bool runs_again(int n) noexcept {
    return n % 5 != 4;
}
bool is_exclusive(int n) noexcept {
    return n % 10 != 7;
}
bool is_long(int n) noexcept {
    return n % 20 == 3;
}

std::vector<std::string> words_of(const node_orders& o) {
    return {o.server,
            o.schema,
            o.effects,
            o.name,
            std::to_string(o.tasks),
            std::to_string(o.changing),
            std::to_string(o.interval.count()),
            std::to_string(o.changed.count()),
            std::to_string(o.body_max.count()),
            std::to_string(o.lease.count()),
            std::to_string(o.skew.count())};
}

node_orders orders_of(const std::vector<std::string>& words) {
    constexpr std::size_t count = 11;
    if (words.size() != count) throw std::invalid_argument("a node is not started by hand");
    const auto ms = [&](std::size_t i) { return std::chrono::milliseconds(std::stoll(words[i])); };
    node_orders o;
    o.server = words[0];
    o.schema = words[1];
    o.effects = words[2];
    o.name = words[3];
    o.tasks = std::stoi(words[4]);
    o.changing = std::stoi(words[5]);
    o.interval = ms(6);
    o.changed = ms(7);
    o.body_max = ms(8);
    o.lease = ms(9);
    o.skew = ms(10);
    return o;
}

int be_a_node(const node_orders& o) {
    const auto clock = std::make_shared<testing::wrong_clock>(o.skew);
    asio::io_context io(1);
    std::exception_ptr failed;
    asio::co_spawn(io, serve(o, clock), [&](std::exception_ptr e) { failed = std::move(e); });
    io.run();
    if (!failed) return 0;
    try {
        std::rethrow_exception(failed);
    } catch (const std::exception& e) {
        fmt::print(stderr, "node {}: {}\n", o.name, e.what());
    }
    return 1;
}

} // namespace rondo::fleet
