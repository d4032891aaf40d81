// SPDX-License-Identifier: BSL-1.0
#include <loop.hpp>
#include <usage.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>
#include <tuple>

namespace rondo::bench {
namespace {

namespace asio = boost::asio;

constexpr std::size_t batch = 1000;

template <class Body>
asio::awaitable<void> run_task(hand_written_loop::loop_map& tasks, hand_written_loop::loop_task& task,
                               Body body) {
    for (;;) {
        auto waited = co_await task.timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (std::get<0>(waited)) break;
        body(task.timer.expiry());
        task.timer.expires_at(task.timer.expiry() + task.period);
    }
    // By value: erasing the task ends the key that it points to.
    std::string id = *task.id;
    tasks.erase(id);
}

} // namespace

hand_written_loop::hand_written_loop(std::chrono::nanoseconds /*resolution*/, std::size_t threads)
    : stage_(io_, threads), threads_(threads > 1), guard_(io_.get_executor()) {}

template <class Body>
void hand_written_loop::add(std::size_t i, std::chrono::microseconds period, steady_time first, Body body) {
    asio::any_io_executor executor = io_.get_executor();
    auto [place, is_new] = tasks_.try_emplace(task_id(i));
    if (!is_new) throw std::logic_error("a task is added twice");
    place->second = std::make_unique<loop_task>(executor, period);
    loop_task& task = *place->second;
    task.id = &place->first;
    task.timer.expires_at(first);
    asio::co_spawn(executor, run_task(tasks_, task, body), asio::detached);
    if ((i + 1) % batch == 0) io_.poll();
}

void hand_written_loop::add_idle(std::size_t n, std::uint64_t& runs) {
    auto period = std::chrono::hours(1);
    for (std::size_t i = 0; i != n; ++i)
        add(i, period, std::chrono::steady_clock::now() + period,
            [count = run_counter(runs, threads_)](steady_time) { count(); });
    io_.poll();
}

void hand_written_loop::add_counting(const plan& p, std::uint64_t& runs) {
    for (std::size_t i = 0; i != p.phases.size(); ++i)
        add(i, p.period, p.base.steady + p.phases[i],
            [count = run_counter(runs, threads_)](steady_time) { count(); });
    io_.poll();
}

void hand_written_loop::add_recording(const plan& p, recorder& r) {
    for (std::size_t i = 0; i != p.phases.size(); ++i)
        add(i, p.period, p.base.steady + p.phases[i],
            [&r](steady_time due) { r.take(due, std::chrono::steady_clock::now()); });
    io_.poll();
}

void hand_written_loop::remove(const std::vector<std::uint32_t>& order) {
    std::size_t under_way = 0;
    for (std::uint32_t i : order) {
        tasks_.at(task_id(i))->timer.cancel();
        if (++under_way % batch == 0) io_.poll();
    }
    while (!tasks_.empty()) io_.run_one();
}

} // namespace rondo::bench
