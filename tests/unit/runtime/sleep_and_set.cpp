// SPDX-License-Identifier: BSL-1.0
#include <runtime/on_shards.hpp>

#include <rondo/rondo.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <array>
#include <ostream>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

// A machine sleeps and has its wall clock set as far as its clocks and a pipe in the place of the kernel's
// notice can tell; what is waited for comes by that notice, never by real time.
namespace rondo::tests {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// This machine's clocks, set ahead.
struct ahead final : runtime::os_clocks {
    wall_time wall() const noexcept override {
        return runtime::this_machine().wall() + std::chrono::floor<std::chrono::microseconds>(slept + step);
    }
    // A day ahead of what timers follow: one that must expire for a test to go on hangs it.
    steady_time awake() const noexcept override { return runtime::this_machine().awake() + 24h; }
    steady_time elapsed() const noexcept override { return awake() + slept; }

    std::chrono::nanoseconds slept{0};
    std::chrono::nanoseconds step{0};
};

struct sleeper {
    ahead clocks;
    std::array<int, 2> pipe{-1, -1};
    asio::io_context context{1};
    std::shared_ptr<runtime::engine> engine;

    sleeper() {
        REQUIRE(::pipe(pipe.data()) == 0);
        manager_options options;
        options.log = nullptr;
        engine = std::make_shared<runtime::engine>(context.get_executor(), memory::open(), options,
                                                   runtime::host{clocks, [this] { return pipe[0]; }});
        engine->enlist();
        get<start_report>([&](auto done) { runtime::start(*engine, done); });
    }
    ~sleeper() {
        if (engine != nullptr) engine->leave();
        context.restart();
        context.run(); // to its end: nothing of the watch is left waiting
        if (pipe[1] >= 0) ::close(pipe[1]);
    }
    template <class T, class F>
    T get(F operation) {
        std::optional<result<T>> got;
        engine->post([&] {
            operation(
                engine->wait_for<T>(detail::completion<T>([&](result<T> r) { got.emplace(std::move(r)); })));
        });
        run_until([&] { return got.has_value(); });
        if constexpr (std::is_void_v<T>)
            got->value();
        else
            return std::move(*got).value();
    }
    void add(task t) {
        get<void>([&](auto done) { engine->add(std::move(done), std::move(t)); });
        context.restart();
        while (context.poll() > 0) context.restart(); // what is to wait, waits
    }
    template <class F>
    void run_until(F wanted) {
        context.restart();
        while (!wanted()) REQUIRE(context.run_one() > 0);
    }
    void notice() { REQUIRE(::write(pipe[1], "!", 1) == 1); }
};

struct counted {
    int* runs;
    asio::awaitable<void> operator()() {
        ++*runs;
        co_return;
    }
};

} // namespace

TEST_SUITE_BEGIN("runtime/sleep_and_set");

TEST_CASE("an interval that ended while the machine slept ends when it wakes") {
    sleeper s;
    int runs = 0;
    task t("t", "", every(6h), counted{&runs});
    t.first_run(after_interval);
    s.add(std::move(t));
    s.clocks.slept = 5h;
    s.notice();
    s.context.run_one();
    while (s.context.poll() > 0) {
    }
    CHECK(runs == 0);
    s.clocks.slept = 7h;
    s.notice();
    s.run_until([&] { return runs == 1; });
    CHECK(s.engine->find("t").value().counters.runs == 1);
}

TEST_CASE("an instant of the wall clock that is jumped over comes at once") {
    sleeper s;
    int runs = 0;
    s.add(task("t", "", at(s.clocks.wall() + 48h), counted{&runs}));
    CHECK(runs == 0);
    s.clocks.step = 72h;
    s.notice();
    s.run_until([&] { return runs == 1; });
}

TEST_CASE("a body's sleep counts that of the machine") {
    sleeper s;
    bool over = false;
    auto body = [&over](context ctx) -> asio::awaitable<void> {
        (co_await ctx.async_sleep_for(6h)).value();
        over = true;
    };
    s.add(task("t", "", every(24h), body));
    CHECK_FALSE(over);
    s.clocks.slept = 7h;
    s.notice();
    s.run_until([&] { return over; });
}

TEST_CASE("a watch that breaks leaves a manager that looks for itself") {
    sleeper s;
    int runs = 0;
    task t("t", "", every(6h), counted{&runs});
    t.first_run(after_interval);
    s.add(std::move(t));
    ::close(s.pipe[1]); // the end of the stream
    s.pipe[1] = -1;
    s.clocks.slept = 7h;
    s.run_until([&] { return runs == 1; });
}

TEST_CASE("a context may end while its manager watches") {
    auto context = std::make_unique<asio::io_context>(1);
    auto engine =
        std::make_shared<runtime::engine>(context->get_executor(), memory::open(), manager_options());
    engine->enlist();
    engine->post([engine] {
        runtime::start(*engine,
                       engine->wait_for<start_report>(detail::completion<start_report>([](auto) {})));
    });
    while (context->poll() > 0) {
    }
    context.reset();
    CHECK(engine.use_count() == 1);
}

#if defined(__linux__)
TEST_CASE("the kernel can be asked to tell, and is silent while nothing happens") {
    int descriptor = runtime::open_clock_watch();
    REQUIRE(descriptor >= 0);
    char byte = 0;
    CHECK(::read(descriptor, &byte, 1) == -1);
    ::close(descriptor);
}
#endif

TEST_SUITE_END();

} // namespace rondo::tests
