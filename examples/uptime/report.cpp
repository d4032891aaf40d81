// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include "table.hpp"

#include <rondo/format.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <utility>

namespace uptime {
namespace {

constexpr std::size_t runs_in_view = 200;
constexpr std::size_t runs_at_end = 10;

} // namespace

boost::asio::awaitable<void> show_start(rondo::manager& tasks, rondo::start_report found, screen& out) {
    std::size_t on_record = 0;
    rondo::history_filter filter;
    filter.limit = rondo::history_limit_max;
    do {
        rondo::history_page page = (co_await tasks.async_history(filter)).value();
        on_record += page.runs.size();
        filter.before = page.next;
    } while (filter.before);
    if (on_record == 0)
        out.say("a new history, 0 runs on record, 0 abandoned");
    else
        out.say(fmt::format(
            "continuing with history and phase: {} runs on record, {} abandoned by the last process",
            on_record, found.runs_abandoned));
}

boost::asio::awaitable<void> show_now(rondo::manager& tasks, std::span<const endpoint> endpoints,
                                      const std::string& machine, screen& out) {
    view v;
    v.machine = machine;
    rondo::history_filter filter;
    filter.limit = runs_in_view;
    rondo::result<rondo::history_page> page = co_await tasks.async_history(filter);
    if (page)
        v.runs = std::move(page.value().runs);
    else
        v.warning = "no history: " + page.error().message();
    if (rondo::manager_stat s = tasks.state(); s.store_down)
        v.warning = fmt::format("the database fails; the tasks go on, {} entries wait for it", s.outbox);
    v.tasks = tasks.stats();
    v.now = rondo::system_clock().now().wall;
    out.show_table(table(v, endpoints, out.has_colours()));
}

boost::asio::awaitable<void> show_end(const rondo::manager& tasks,
                                      std::shared_ptr<rondo::repository> repository,
                                      rondo::shutdown_report left, std::optional<rondo::run_id> by_hand,
                                      screen& out) {
    out.keep_table();
    // The manager is over, the repository is not.
    rondo::history_filter filter;
    filter.limit = runs_at_end;
    rondo::history_page page = (co_await repository->history(filter)).value();
    out.say(fmt::format("the latest {} runs on record:", page.runs.size()));
    for (const rondo::run& r : page.runs) out.say(history_lines(r, out.has_colours()));
    if (by_hand) {
        std::optional<rondo::run> r = (co_await repository->find_run(*by_hand)).value();
        out.say(r ? "probed by hand:" : "probed by hand: it is not on record");
        if (r) out.say(history_lines(*r, out.has_colours()));
    }
    out.say("in this life:");
    for (const rondo::stat& s : tasks.stats(true)) out.say(totals_line(s));
    for (const auto& s : left.still_running)
        out.say(fmt::format("still running: {} since {}", s.uid, rondo::to_string(s.started_at)));
}

} // namespace uptime
