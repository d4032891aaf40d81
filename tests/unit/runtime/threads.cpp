// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <future>
#include <thread>

// On the real clock, with eight threads: no test here asserts a duration. Each stops by counts.
namespace rondo::tests {
namespace {

struct pool {
    explicit pool(std::size_t n) : work(asio::make_work_guard(context)) {
        for (std::size_t i = 0; i != n; ++i) threads.emplace_back([this] { context.run(); });
    }
    ~pool() {
        work.reset();
        for (auto& t : threads) t.join();
    }
    asio::io_context context;
    asio::executor_work_guard<asio::io_context::executor_type> work;
    std::vector<std::thread> threads;
};

manager_options quiet() {
    manager_options o;
    o.resolution = 0ns;
    o.log = nullptr;
    shard_if_asked(o, *memory::open());
    return o;
}

template <class T>
void await_count(const std::atomic<T>& counter, T wanted) {
    for (T seen = counter; seen < wanted; seen = counter) counter.wait(seen);
}

struct counting {
    std::atomic<int>* running;
    std::atomic<int>* most;
    std::atomic<int>* done;
    asio::awaitable<void> operator()(context ctx) {
        int now = ++*running;
        for (int m = *most; now > m && !most->compare_exchange_weak(m, now);) {
        }
        auto r = co_await ctx.async_sleep_for(100us);
        --*running;
        ++*done;
        done->notify_all();
        r.value();
    }
};

} // namespace

TEST_SUITE_BEGIN("runtime/threads");

TEST_CASE("manual runs race with due slots and no two ever overlap") {
    pool p(8);
    manager tasks(p.context.get_executor(), memory::open(), quiet());
    tasks.async_start(asio::use_future).get().value();
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    std::atomic<int> done = 0;
    tasks.async_add(task("t", "", every(300us), counting{&running, &most, &done}), asio::use_future)
        .get()
        .value();
    std::vector<std::thread> people;
    std::atomic<int> accepted = 0;
    std::atomic<int> refused = 0;
    for (int i = 0; i != 4; ++i)
        people.emplace_back([&] {
            for (int n = 0; n != 250; ++n) {
                auto r = tasks.async_run("t", user("u"), asio::use_future).get();
                if (r)
                    ++accepted;
                else if (r.error() == errc::already_running)
                    ++refused;
            }
        });
    for (auto& t : people) t.join();
    await_count(done, accepted + 20);
    tasks.async_shutdown(10s, asio::use_future).get().value();
    CHECK(most == 1);
    CHECK(running == 0);
    CHECK(accepted + refused == 1000);
    stat s = tasks.find("t").value();
    CHECK(s.counters.runs == static_cast<std::uint64_t>(done));
    CHECK(s.runs_in_flight == 0);
}

TEST_CASE("add, remove, cancel and look from many threads, then shut down") {
    pool p(8);
    manager tasks(p.context.get_executor(), memory::open(), quiet());
    tasks.async_start(asio::use_future).get().value();
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    std::atomic<int> done = 0;
    auto events = tasks.subscribe(16);
    std::vector<std::thread> people;
    for (int i = 0; i != 4; ++i)
        people.emplace_back([&, i] {
            for (int n = 0; n != 60; ++n) {
                std::string uid = "task-" + std::to_string(i) + "-" + std::to_string(n % 7);
                auto added = tasks.async_add(task(uid, "", every(200us), counting{&running, &most, &done}),
                                             asio::use_future);
                CHECK(added.get().has_value());
                auto id = tasks.async_trigger(uid, asio::use_future).get();
                if (id) (void)tasks.async_cancel(id.value(), asio::use_future).get();
                (void)tasks.stats(true);
                (void)tasks.next_runs(uid, 3);
                (void)events.try_next();
                CHECK(tasks.async_remove(uid, asio::use_future).get().has_value());
                CHECK_FALSE(tasks.find(uid).has_value());
            }
        });
    for (auto& t : people) t.join();
    auto report = tasks.async_shutdown(10s, asio::use_future).get();
    CHECK(report.value().still_running.empty());
    CHECK(running == 0);
    CHECK(tasks.stats(true).empty());
}

TEST_CASE("a manager destroyed while eight threads run its tasks leaves nothing behind") {
    for (int round = 0; round != 20; ++round) {
        std::atomic<int> running = 0;
        std::atomic<int> most = 0;
        std::atomic<int> done = 0;
        {
            pool p(8);
            {
                manager tasks(p.context.get_executor(), memory::open(), quiet());
                tasks.async_start(asio::use_future).get().value();
                for (int i = 0; i != 10; ++i)
                    tasks
                        .async_add(
                            task(std::to_string(i), "", every(100us), counting{&running, &most, &done}),
                            asio::use_future)
                        .get()
                        .value();
                await_count(done, 20);
            }
        } // the threads end by themselves: nothing is left to run
        CHECK(running == 0);
    }
}

TEST_CASE("a body that computes for long keeps no other task from running") {
    pool p(2);
    manager tasks(p.context.get_executor(), memory::open(), quiet());
    tasks.async_start(asio::use_future).get().value();
    std::atomic<int> fast = 0;
    std::promise<void> others_ran;
    auto slow = [&]() -> asio::awaitable<void> {
        int before = fast;
        while (fast < before + 5) std::this_thread::yield(); // for ever, if it held the manager up
        others_ran.set_value();
        co_return;
    };
    auto quick = [&]() -> asio::awaitable<void> {
        ++fast;
        co_return;
    };
    tasks.async_add(task("fast", "", every(1ms), quick), asio::use_future).get().value();
    tasks.async_add(task("slow", "", once(), slow), asio::use_future).get().value();
    others_ran.get_future().get();
    CHECK(fast >= 5);
    tasks.async_shutdown(10s, asio::use_future).get().value();
}

TEST_CASE("whoever subscribes while another stops listening hears of what follows") {
    pool p(1);
    manager tasks(p.context.get_executor(), memory::open(), quiet());
    tasks.async_start(asio::use_future).get().value();
    tasks.async_add(task("t", "", every(50us), nothing), asio::use_future).get().value();
    for (int reader = 0; reader != 300; ++reader) {
        auto events = tasks.subscribe(4);
        CHECK(events.async_next(asio::use_future).get().has_value());
    }
    tasks.async_shutdown(10s, asio::use_future).get().value();
}

TEST_CASE("what threads tell of a run while it ends is kept or counted if it was taken, and else not") {
    pool p(2);
    manager tasks(p.context.get_executor(), memory::open(), quiet());
    tasks.async_start(asio::use_future).get().value();
    std::vector<std::thread> tellers;
    std::atomic<int> taken = 0;
    auto body = [&](context ctx) -> asio::awaitable<void> {
        for (int i = 0; i != 3; ++i)
            tellers.emplace_back([&taken, ctx] {
                for (; ctx.log("a line"); ctx.progress(0.5)) {
                    ++taken;
                    taken.notify_all();
                }
            });
        await_count(taken, 20);
        co_return;
    };
    task t("t", "", every(1000h), body);
    t.first_run(after_interval);
    tasks.async_add(std::move(t), asio::use_future).get().value();
    for (int i = 0; i != 50; ++i) {
        taken = 0;
        auto over = tasks.async_run("t", asio::use_future);
        while (over.wait_for(0s) != std::future_status::ready) (void)tasks.stats();
        const run ended = over.get().value();
        for (auto& teller : tellers) teller.join();
        tellers.clear();
        REQUIRE(ended.output != nullptr);
        const auto kept = ended.output->lines.size() + ended.output->lines_dropped;
        CHECK(kept == static_cast<std::uint64_t>(taken));
    }
    tasks.async_shutdown(10s, asio::use_future).get().value();
}

TEST_SUITE_END();

} // namespace rondo::tests
