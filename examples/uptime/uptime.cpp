// SPDX-License-Identifier: BSL-1.0
// An uptime monitor with a memory. Three tasks on the io_context that also serves the built-in
// endpoints: `probe` asks all endpoints, `machine` looks at this computer, `prune` (hidden) forgets
// old runs. A user, in rondo's sense, is an endpoint.
#include "http_get.hpp"
#include "local_endpoints.hpp"
#include "machine.hpp"
#include "options.hpp"
#include "report.hpp"
#include "screen.hpp"

#include <rondo/rondo.hpp>
#include <rondo/sqlite.hpp>
#ifdef UPTIME_WITH_POSTGRES
#include <rondo/postgres.hpp>
#endif

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace uptime {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using endpoints = std::vector<endpoint>;
using clock = std::chrono::steady_clock;

constexpr std::size_t runs_kept_per_task = 500;

// --- the tasks ---

rondo::task probe_task(const endpoints& all) {
    // Called for each endpoint in turn; what one of them throws does not stop the next.
    auto body = [&all](rondo::context, rondo::user who) -> asio::awaitable<rondo::result<std::string>> {
        auto to = std::ranges::find(all, who.id(), &endpoint::name);
        if (to == all.end()) throw std::runtime_error("no such endpoint");
        answer a = co_await http_get(*to);
        if (!a.error.empty()) throw std::runtime_error(a.error);
        auto text = fmt::format("{}{} in {:.1f} ms", a.status, a.reason,
                                static_cast<double>(a.latency.count()) / 1000);
        if (a.status >= 400) throw std::runtime_error(text);
        co_return text;
    };
    rondo::task t("probe", "Probe all endpoints", rondo::every(2s), std::move(body));
    t.timeout(1min);
    return t;
}

rondo::task machine_task(std::string& latest) {
    auto body = [&latest](rondo::context) -> asio::awaitable<void> {
        latest = machine_now(".");
        co_return;
    };
    return {"machine", "Look at load, memory and disk", rondo::every(5s), std::move(body)};
}

rondo::task prune_task(rondo::manager& tasks) {
    auto body = [&tasks](rondo::context) -> asio::awaitable<rondo::result<void>> {
        rondo::prune_policy policy;
        policy.runs_per_task = runs_kept_per_task;
        BOOST_OUTCOME_CO_TRY(co_await tasks.async_prune(policy));
        co_return rondo::result<void>(boost::outcome_v2::success());
    };
    rondo::task t("prune", "Forget old runs", rondo::every(1min), std::move(body));
    t.hidden();
    return t;
}

// --- the program ---

/// Makes the endpoints the users, and forgets those of an earlier life.
asio::awaitable<void> set_users(rondo::manager& tasks, const endpoints& all) {
    std::vector<rondo::user> wanted;
    for (const endpoint& e : all) wanted.emplace_back(e.name);
    std::vector<rondo::user> stale = (co_await tasks.async_users()).value();
    std::erase_if(stale, [&](const rondo::user& u) { return std::ranges::count(wanted, u) != 0; });
    (co_await tasks.async_remove_users(std::move(stale))).value();
    (co_await tasks.async_add_users(std::move(wanted))).value();
}

/// Shows the table until the time is up or a signal comes. In the middle, probes one endpoint by hand.
asio::awaitable<std::optional<rondo::run_id>> watch(rondo::manager& tasks, const endpoints& all,
                                                    const options& opt, const std::string& machine,
                                                    screen& out) {
    asio::steady_timer tick(co_await asio::this_coro::executor);
    asio::signal_set signals(tick.get_executor(), SIGINT, SIGTERM);
    auto stop = std::make_shared<bool>(false); // the handler may outlast this frame
    signals.async_wait([stop](boost::system::error_code ec, int) { *stop = !ec; });
    const clock::time_point start = clock::now();
    const auto middle = start + opt.for_how_long.value_or(20s) / 2;
    const auto end = opt.for_how_long ? start + *opt.for_how_long : clock::time_point::max();
    std::optional<rondo::run_id> by_hand;
    while (!*stop && clock::now() < end) {
        tick.expires_at(std::min(clock::now() + 200ms, end));
        co_await tick.async_wait(asio::as_tuple(asio::use_awaitable));
        if (!by_hand && clock::now() >= middle) {
            rondo::result<rondo::run_id> id =
                co_await tasks.async_trigger("probe", rondo::user(all.front().name));
            if (id)
                by_hand = id.value();
            else if (id.error() != rondo::errc::already_running) // its turn comes: we ask again
                out.log("cannot probe by hand: " + id.error().message());
        }
        if (out.wants_table()) co_await show_now(tasks, all, machine, out);
    }
    co_await show_now(tasks, all, machine, out);
    co_return by_hand;
}

#ifdef UPTIME_WITH_POSTGRES
/// For a fleet: whoever is not heard of for ten seconds is taken for dead.
rondo::result<std::shared_ptr<rondo::repository>> open_postgres(const std::string& server) {
    rondo::postgres::options how;
    how.schema = "uptime";
    how.migrate = true;
    how.lease = 10s;
    how.operation_timeout = 3s;
    return rondo::postgres::open(server, how);
}
#else
rondo::result<std::shared_ptr<rondo::repository>> open_postgres(const std::string&) {
    throw usage_error("built without PostgreSQL");
}
#endif

rondo::result<std::shared_ptr<rondo::repository>> open(const std::string& database) {
    if (database.starts_with("postgresql://") || database.starts_with("postgres://"))
        return open_postgres(database);
    BOOST_OUTCOME_TRY(auto file, rondo::sqlite::open(database));
    return file;
}

asio::awaitable<void> serve(const options& opt, std::shared_ptr<rondo::repository> repository) {
    asio::any_io_executor executor = co_await asio::this_coro::executor;
    screen out;
    local_endpoints local(executor);
    const endpoints& all = opt.endpoints.empty() ? local.list() : opt.endpoints;
    std::string machine = "not looked at yet";

    rondo::manager_options how;
    how.log = [&out](rondo::log_level, std::string_view line) { out.log(line); };
    if (repository->is_shared()) how.on_store_failure = rondo::on_store_failure::stop;
    rondo::manager tasks(executor, repository, std::move(how));
    rondo::start_report found = (co_await tasks.async_start()).value();
    out.say(fmt::format("watching {} endpoints, history in {}", all.size(), opt.database));
    co_await show_start(tasks, found, out);
    co_await set_users(tasks, all);
    (co_await tasks.async_add(probe_task(all))).value();
    (co_await tasks.async_add(machine_task(machine))).value();
    (co_await tasks.async_add(prune_task(tasks))).value();

    std::optional<rondo::run_id> by_hand = co_await watch(tasks, all, opt, machine, out);
    rondo::shutdown_report left = (co_await tasks.async_shutdown(5s)).value();
    const std::size_t unrecorded = left.unrecorded;
    co_await show_end(tasks, std::move(repository), std::move(left), by_hand, out);
    if (unrecorded != 0) throw std::runtime_error(fmt::format("{} entries are not on record", unrecorded));
}

} // namespace
} // namespace uptime

int main(int argc, char** argv) {
    try {
        const uptime::options opt = uptime::parse({argv + 1, argv + std::max(argc, 1)});
        if (opt.help) return std::fputs(uptime::usage.data(), stdout) < 0 || std::fflush(stdout) != 0;
        auto repository = uptime::open(opt.database);
        if (!repository)
            throw uptime::usage_error(
                fmt::format("--database '{}': {}", opt.database, repository.error().message()));

        boost::asio::io_context io(1);
        std::exception_ptr failure;
        auto over = [&](std::exception_ptr e) {
            failure = std::move(e);
            io.stop(); // the built-in endpoints would go on
        };
        boost::asio::co_spawn(io, uptime::serve(opt, std::move(repository).value()), over);
        io.run();
        if (failure) std::rethrow_exception(failure);
        return 0;
    } catch (const uptime::usage_error& e) {
        fmt::print(stderr, "rondo-uptime: {}\n", e.what());
        return 2;
    } catch (const std::exception& e) {
        fmt::print(stderr, "rondo-uptime: {}\n", e.what());
        return 1;
    }
}
