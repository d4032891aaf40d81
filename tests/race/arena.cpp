// SPDX-License-Identifier: BSL-1.0
#include <race/arena.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace rondo::race {
namespace {

// Nothing here takes half as long, even under a sanitizer on a busy machine.
constexpr auto patience = 2min;

manager_options options_for(std::uint64_t seed) {
    manager_options o;
    o.resolution = 0ns;
    o.cancel_grace = patience;
    o.store_timeout = patience;
    o.blocking_warn_after = 0ns;
    o.log = nullptr;
    o.seed = seed;
    o.shards = 1 + seed % 3;
    return o;
}

std::shared_ptr<repository> open_store() {
    memory::options all;
    all.runs_per_task_max = std::numeric_limits<std::size_t>::max();
    all.runs_max = std::numeric_limits<std::size_t>::max();
    return memory::open(all);
}

template <class T>
T wait_for(std::future<T> f, const char* what) {
    if (f.wait_for(patience) == std::future_status::ready) return f.get();
    // The threads cannot be joined any more.
    fmt::print("race: FAILED hangs in {}\n", what);
    std::fflush(stdout);
    std::_Exit(1);
}

struct presence {
    explicit presence(gauge& g) : seen(g) {
        ++seen.begun;
        std::uint32_t now = ++seen.running;
        for (std::uint32_t m = seen.most; now > m && !seen.most.compare_exchange_weak(m, now);) {
        }
    }
    ~presence() { --seen.running; }
    presence(const presence&) = delete;
    presence& operator=(const presence&) = delete;

    gauge& seen;
};

} // namespace

asio::awaitable<void> give_way(std::uint64_t n) {
    auto executor = co_await asio::this_coro::executor;
    for (std::uint64_t i = 0; i != n; ++i) co_await asio::post(executor, asio::deferred);
}

asio::awaitable<void> body::operator()(context ctx) const {
    presence here(*seen);
    dice d(ctx.id().low);
    switch (d.below(may_hang ? 4 : 3)) {
    case 0: break;
    case 1: co_await give_way(1 + d.below(4)); break;
    case 2: (co_await ctx.async_sleep_for(std::chrono::microseconds(d.below(50)))).value(); break;
    default: (co_await ctx.async_sleep_for(1h)).value(); break;
    }
    ++seen->done;
}

asio::awaitable<void> rough_body::operator()(context ctx) const {
    presence here(*seen);
    dice d(ctx.id().low);
    switch (d.below(8)) {
    case 0: throw std::runtime_error("it fails");
    case 1: (co_await ctx.async_sleep_for(1h)).value(); break;
    case 2:
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await give_way(1 + d.below(30));
        break;
    case 3: co_await give_way(1 + d.below(4)); break;
    case 4: (co_await ctx.async_sleep_for(std::chrono::microseconds(d.below(50)))).value(); break;
    default: break;
    }
    ++seen->done;
}

arena::arena(std::uint64_t seed, bool rough)
    : seed_(seed), rough_(rough), store_(open_store()),
      tasks_(context_.get_executor(), store_, options_for(seed)),
      events_(tasks_.subscribe(std::numeric_limits<std::size_t>::max())) {
    for (int i = 0; i != 4; ++i) threads_.emplace_back([this] { context_.run(); });
    wait_for(tasks_.async_start(asio::use_future), "start").value();
}

arena::~arena() {
    work_.reset();
    for (std::thread& t : threads_) t.join();
}

gauge& arena::watch(std::uint32_t most) {
    watched& w = watched_.emplace_back();
    w.most = most;
    return w.seen;
}

void arena::add(task t) {
    wait_for(tasks_.async_add(std::move(t), asio::use_future), "an addition").value();
}

void arena::join(asio::awaitable<void> person) {
    people_.push_back(asio::co_spawn(context_, std::move(person), asio::use_future));
}

void arena::note(run r) {
    std::lock_guard lock(mutex_);
    given_.push_back(std::move(r));
}

void arena::complain(std::string what) {
    std::lock_guard lock(mutex_);
    complaints_.push_back(std::move(what));
}

void arena::wait_for_people() {
    for (auto& person : people_) wait_for(std::move(person), "the use of tasks");
    people_.clear();
}

asio::awaitable<std::vector<run>> arena::read_history() {
    std::vector<run> all;
    history_filter filter;
    filter.limit = history_limit_max;
    do {
        history_page page = (co_await store_->history(filter)).value();
        filter.before = page.next;
        std::ranges::move(page.runs, std::back_inserter(all));
    } while (filter.before);
    co_return all;
}

std::vector<run> arena::whole_history() {
    return wait_for(asio::co_spawn(context_, read_history(), asio::use_future), "the history");
}

void arena::close(std::chrono::nanoseconds grace, tally& sums) {
    wait_for_people();
    auto report = wait_for(tasks_.async_shutdown(grace, asio::use_future), "the shutdown").value();
    if (!report.still_running.empty() || report.unrecorded != 0)
        sums.complain(fmt::format("{} runs are left and {} unrecorded", report.still_running.size(),
                                  report.unrecorded));
    books seen(sums, rough_);
    while (auto e = events_.try_next()) seen.take(*e);
    seen.close();
    seen.compare(whole_history());
    for (const run& r : given_) seen.compare(r);
    for (const stat& s : tasks_.stats(true)) seen.compare(s);
    for (const std::string& what : complaints_) sums.complain(what);
    check_bodies(seen, sums);
}

void arena::check_bodies(const books& seen, tally& sums) const {
    std::uint64_t begun = 0;
    std::uint64_t done = 0;
    for (const watched& w : watched_) {
        begun += w.seen.begun;
        done += w.seen.done;
        if (w.seen.running != 0) sums.complain("a body is left");
        if (w.most != 0 && w.seen.most > w.most)
            sums.complain(fmt::format("{} bodies at once, not {}", w.seen.most.load(), w.most));
    }
    bool as_many = rough_ ? done >= seen.successes() : done == seen.successes(); // or one too late
    if (!as_many || begun > seen.started())
        sums.complain(fmt::format("{} bodies begun of {}, {} done of {}", begun, seen.started(), done,
                                  seen.successes()));
}

} // namespace rondo::race
