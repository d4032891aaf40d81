// SPDX-License-Identifier: BSL-1.0
// Runs on record in SQLite, beside SQLite by hand, and what waiting for the record costs a run.
#include <delay.hpp>
#include <ours.hpp>
#include <plain_file.hpp>
#include <usage.hpp>
#include <work.hpp>

#include <repository/scratch_folder.hpp>

#include <rondo/memory.hpp>
#include <rondo/sqlite.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace rondo::bench {
namespace {

using steady = std::chrono::steady_clock;
using sqlite::durability;

double us_since(steady::time_point start) {
    return std::chrono::duration<double, std::micro>(steady::now() - start).count();
}

/// What was spent since it was made, by the clock and of processors.
class spent {
public:
    [[nodiscard]] steady::time_point start() const noexcept { return start_; }
    [[nodiscard]] values per_run(std::uint64_t runs) const {
        const double cpu = std::chrono::duration<double, std::micro>(cpu_time() - cpu_).count();
        return {us_since(start_) / static_cast<double>(runs), cpu / static_cast<double>(runs)};
    }

private:
    std::chrono::nanoseconds cpu_ = cpu_time();
    steady::time_point start_ = steady::now();
};

std::shared_ptr<repository> open_fresh(const testing::scratch_folder& folder, durability how,
                                       std::optional<std::chrono::microseconds> busy_poll = {}) {
    sqlite::options o;
    o.durability = how;
    o.busy_poll = busy_poll;
    return sqlite::open(folder.path("ours.db"), o).value();
}

/// Tasks that are all due, again and again: each catches up on slots that it missed, one run after the other.
template <int BusyPollUs = -1> // negative: as it comes
values measure_ours(durability how, std::size_t tasks, std::chrono::nanoseconds length) {
    testing::scratch_folder folder;
    std::optional<std::chrono::microseconds> busy_poll;
    if constexpr (BusyPollUs >= 0) busy_poll = std::chrono::microseconds(BusyPollUs);
    ours subject(std::chrono::milliseconds(0), open_fresh(folder, how, busy_poll));
    std::uint64_t runs = 0;
    subject.add_late(tasks, runs);
    while (runs < tasks) subject.io().run_one();
    const std::uint64_t before = runs;
    const spent since;
    const auto until = since.start() + length;
    while (steady::now() < until) subject.io().run_one_until(until);
    // What is under way counts when it is done: whole rounds, as of the loop.
    for (const std::uint64_t round = runs + tasks; runs < round;) subject.io().run_one();
    return since.per_run(runs - before);
}

/// Tasks of which all run once, together, again and again: somebody asks for it, and waits until it is on record.
values measure_asked(durability how, std::size_t tasks, std::chrono::nanoseconds length) {
    testing::scratch_folder folder;
    ours subject(std::chrono::milliseconds(0), open_fresh(folder, how));
    std::uint64_t runs = 0;
    subject.add_idle(tasks, runs);
    const spent since;
    std::size_t rounds = 0;
    for (; steady::now() - since.start() < length; ++rounds) subject.run_all(tasks);
    return since.per_run(rounds * tasks);
}

template <trigger Trigger>
values measure_plain(durability how, std::size_t tasks, std::chrono::nanoseconds length) {
    testing::scratch_folder folder;
    plain_file file(folder.path("plain.db"), how, tasks, Trigger);
    const spent since;
    std::size_t rounds = 0;
    for (; steady::now() - since.start() < length; ++rounds) {
        file.begin(tasks);
        file.end(tasks);
    }
    return since.per_run(rounds * tasks);
}

/// The ends of one turn with the begins of the next.
values measure_plain_turns(durability how, std::size_t tasks, std::chrono::nanoseconds length) {
    testing::scratch_folder folder;
    plain_file file(folder.path("plain.db"), how, tasks, trigger::catch_up);
    file.begin(tasks);
    const spent since;
    std::size_t rounds = 0;
    for (; steady::now() - since.start() < length; ++rounds) file.turn(tasks);
    return since.per_run(rounds * tasks);
}

/// In two transactions, from a coroutine, which does not hold its thread while the disk works.
values measure_plain_beside(durability how, std::size_t tasks, std::chrono::nanoseconds length) {
    namespace asio = boost::asio;
    testing::scratch_folder folder;
    plain_file file(folder.path("plain.db"), how, tasks, trigger::catch_up);
    asio::io_context io;
    asio::thread_pool database(1);
    std::size_t rounds = 0;
    const spent since;
    auto record = [&]() -> asio::awaitable<void> {
        for (; steady::now() - since.start() < length; ++rounds) {
            co_await asio::post(database, asio::use_awaitable);
            file.begin(tasks);
            co_await asio::post(io, asio::use_awaitable);
            // Here the bodies would run.
            co_await asio::post(database, asio::use_awaitable);
            file.end(tasks);
            co_await asio::post(io, asio::use_awaitable);
        }
    };
    auto busy = asio::make_work_guard(io);
    asio::co_spawn(io, record(), [&](std::exception_ptr e) {
        busy.reset();
        if (e) std::rethrow_exception(e);
    });
    io.run();
    database.join();
    return since.per_run(rounds * tasks);
}

values measure_delay_on_record(durability how, std::size_t tasks, std::chrono::nanoseconds length) {
    testing::scratch_folder folder;
    ours subject(std::chrono::milliseconds(0), open_fresh(folder, how));
    return measure_delay(subject, tasks, length);
}

values measure_delay_in_memory(std::size_t tasks, std::chrono::nanoseconds length) {
    ours subject(std::chrono::milliseconds(0), memory::open());
    return measure_delay(subject, tasks, length);
}

/// Pages of 50 out of a long history, from all over it; the longest that one took.
double longest_page_ms(repository& store, const history_filter& filter, std::size_t pages) {
    boost::asio::io_context io;
    double longest = 0;
    auto turn_pages = [&]() -> boost::asio::awaitable<void> {
        history_filter f = filter;
        for (std::size_t i = 0; i != pages; ++i) {
            auto start = steady::now();
            auto page = co_await store.history(f);
            longest = std::max(longest, us_since(start) / 1000);
            if (!page.value().next) break;
            f.before = page.value().next;
        }
    };
    boost::asio::co_spawn(io, turn_pages(), boost::asio::detached);
    io.run();
    return longest;
}

values measure_history(const std::string& path, std::uint64_t runs) {
    constexpr std::size_t tasks = 100;
    if (!std::filesystem::exists(path)) {
        plain_file file(path + ".new", durability::normal, tasks, trigger::manual);
        file.fill(runs);
        std::filesystem::rename(path + ".new", path);
    }
    auto store = sqlite::open(path).value();
    history_filter all;
    history_filter deep = all;
    deep.to =
        wall_time(std::chrono::microseconds(1'700'000'000'000'000 + static_cast<std::int64_t>(runs) * 5000));
    history_filter of_task = deep;
    of_task.uid = "task-7";
    history_filter failed = deep;
    failed.outcome = outcome::failed;
    return {longest_page_ms(*store, all, 100), longest_page_ms(*store, deep, 100),
            longest_page_ms(*store, of_task, 100), longest_page_ms(*store, failed, 10)};
}

} // namespace

std::vector<work> recorded_works(const extent& e) {
    std::vector<work> works;
    for (durability how : {durability::full, durability::normal}) {
        const char* name = how == durability::full ? "full" : "normal";
        for (std::size_t tasks : {1, 10, 1000}) {
            auto add = [&](const char* kind, auto subject, auto loop) {
                works.push_back({fmt::format("sqlite{}-{}-{}", kind, name, tasks),
                                 {{"us_per_run", "us"}, {"cpu_us_per_run", "us"}},
                                 [=, length = e.window / 2] { return subject(how, tasks, length); },
                                 [=, length = e.window / 2] { return loop(how, tasks, length); }});
            };
            add("", measure_ours<>, measure_plain<trigger::catch_up>);
            add("-sleeping", measure_ours<0>, measure_plain<trigger::catch_up>);
            add("-polling", measure_ours<1000>, measure_plain<trigger::catch_up>);
            add("-turns", measure_ours<>, measure_plain_turns);
            add("-beside", measure_ours<>, measure_plain_beside);
            add("-asked", measure_asked, measure_plain<trigger::manual>);
        }
        for (std::size_t tasks : {1, 10, 1000}) {
            works.push_back(
                {fmt::format("sqlite-delay-{}-{}", name, tasks),
                 {{"p50_us", "us"}, {"p99_us", "us"}, {early_figure, "runs", figure::over_rounds::max}},
                 [=, length = e.window] { return measure_delay_on_record(how, tasks, length); },
                 [=, length = e.window] { return measure_delay_in_memory(tasks, length); }});
        }
    }
    static const testing::scratch_folder folder; // one history for all rounds, which goes with the process
    auto pages = [path = folder.path("history.db"), n = e.history_runs] { return measure_history(path, n); };
    works.push_back({"sqlite-history",
                     {{"latest_page_ms", "ms", figure::over_rounds::median, 5},
                      {"deep_page_ms", "ms", figure::over_rounds::median, 5},
                      {"page_of_task_ms", "ms", figure::over_rounds::median, 5},
                      {"page_of_failed_ms", "ms"}},
                     pages,
                     [] { return values(4, 0); }});
    return works;
}

} // namespace rondo::bench
