// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_LOOP_HPP
#define RONDO_BENCH_LOOP_HPP

#include <plan.hpp>
#include <stage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace rondo::bench {

/// What people write by hand on Asio: one coroutine with a timer of its own for each task, on a fixed
/// grid, and a map to find it by its id. It has no name, keeps no record, and knows no overlap.
class hand_written_loop {
public:
    struct loop_task {
        loop_task(const boost::asio::any_io_executor& executor, std::chrono::microseconds p)
            : timer(executor), period(p) {}

        boost::asio::steady_timer timer;
        std::chrono::microseconds period;
        const std::string* id = nullptr; // the key in the map
    };
    using loop_map = std::unordered_map<std::string, std::unique_ptr<loop_task>>;

    explicit hand_written_loop(std::chrono::nanoseconds resolution, std::size_t threads = 1);

    // As in `ours`.
    void add_idle(std::size_t n, std::uint64_t& runs);
    void add_counting(const plan& p, std::uint64_t& runs);
    void add_recording(const plan& p, recorder& r);
    void remove(const std::vector<std::uint32_t>& order);

    [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }
    [[nodiscard]] bench::stage& stage() noexcept { return stage_; }

private:
    template <class Body>
    void add(std::size_t i, std::chrono::microseconds period, steady_time first, Body body);

    boost::asio::io_context io_;
    asio_stage stage_;
    bool threads_; // more than one
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    loop_map tasks_; // goes before what its timers belong to
};

} // namespace rondo::bench

#endif // RONDO_BENCH_LOOP_HPP
