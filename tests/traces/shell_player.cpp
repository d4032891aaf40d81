// SPDX-License-Identifier: BSL-1.0
#include <traces/recorder.hpp>
#include <traces/shell_player.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <vector>

namespace rondo::traces {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> play_act(context ctx, body_act act, gates& all) {
    if (act.goes_on) co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (bool in_time = co_await all.pass(ctx, act.length); !in_time) {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await all.pass(ctx, act.later);
        throw std::runtime_error("told to end");
    }
    if (act.fails) throw std::runtime_error("no luck");
}

struct planned_body {
    std::uint64_t seed;
    const body_plan* plan;
    gates* all;

    asio::awaitable<void> operator()(context ctx) const {
        body_act act = act_of(seed, *plan, ctx.uid(), ctx.scheduled_at(), ctx.attempt());
        return play_act(std::move(ctx), act, *all);
    }
};

asio::awaitable<void> read_history(std::shared_ptr<repository> store, std::vector<run>& all) {
    history_filter filter;
    for (;;) {
        history_page page = (co_await store->history(filter)).value();
        all.insert(all.end(), page.runs.begin(), page.runs.end());
        if (!page.next) co_return;
        filter.before = page.next;
    }
}

} // namespace

trace play_shell(const workload& w) {
    trace out;
    shell_player player(w, out);
    play(player, w);
    return out;
}

shell_player::shell_player(const workload& w, trace& out) : w_(w), out_(out) {
    memory::options all;
    all.runs_per_task_max = all.runs_max = 10'000'000;
    store_ = std::make_shared<recorder>(memory::open(all), out_, [this] { listen(); });
}

void shell_player::start() {
    manager_options o = time_.options();
    o.resolution = w_.resolution;
    o.runs_in_flight_max = w_.runs_in_flight_max;
    o.runs_waiting_max = w_.runs_waiting_max;
    o.cancel_grace = w_.cancel_grace;
    o.store_timeout = std::chrono::years(100);
    o.seed = ++lives_;
    o.log = nullptr;
    events_.reset();
    tasks_.emplace(time_.executor(), store_, o);
    events_ = tasks_->subscribe(1'000'000);
    out_.forget_runs();
    over_ = false;
    time_.complete(tasks_->async_start()).value();
    settle();
}

void shell_player::pass_to(std::chrono::nanoseconds t) {
    steady_time end = steady_time(std::chrono::hours(1)) + t;
    for (;;) {
        steady_time next =
            std::min(gates_.next(), time_.clock().next_deadline().value_or(steady_time::max()));
        if (next > end) break;
        time_.run_for(next - time_.now().steady);
        settle();
    }
    time_.run_for(end - time_.now().steady);
    listen();
}

// All that happens now: bodies are over one by one, when nothing else is left to do.
void shell_player::settle() {
    time_.run_ready();
    listen();
    while (gates_.next() <= time_.now().steady) {
        gates_.open_next();
        time_.run_ready();
        listen();
    }
}

void shell_player::listen() {
    out_.pass_to(time_.now().steady - steady_time(std::chrono::hours(1)));
    while (auto e = events_->try_next()) out_.tell(*e);
}

void shell_player::answer(std::size_t index, const std::string& text) {
    listen();
    out_.answer(index, text);
}

task shell_player::task_of(const task_plan& p) {
    task t(p.uid, p.uid, p.when, planned_body{w_.seed, &p.body, &gates_});
    const task_options& o = p.options;
    t.overlap(o.overlap).hidden(o.hidden).first_run(o.first_run).runs_in_flight_max(o.runs_in_flight_max);
    t.buffer_max(o.buffer_max)
        .catch_up(o.catch_up)
        .retry(o.retry)
        .pause_after_failures(o.pause_after_failures);
    if (o.timeout.count() > 0) t.timeout(o.timeout);
    if (o.slot_timeout.count() > 0) t.slot_timeout(o.slot_timeout);
    if (std::uint32_t last = p.body.last_attempt; last != 0)
        t.retry_if([last](const run_failure& f) { return f.attempt != last; });
    return t;
}

void shell_player::tell_history() {
    std::vector<run> all;
    asio::co_spawn(time_.context(), read_history(store_, all), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    });
    time_.run_ready();
    out_.say("on record:");
    for (const run& r : all) out_.tell(r);
}

void shell_player::look() {
    if (over_) return;
    listen();
    out_.tell(tasks_->state());
    for (const stat& s : tasks_->stats(true)) out_.tell(s);
}

} // namespace rondo::traces
