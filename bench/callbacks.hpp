// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_CALLBACKS_HPP
#define RONDO_BENCH_CALLBACKS_HPP

#include <plan.hpp>
#include <stage.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace rondo::bench {

/// The least that Asio can do: a timer and a function for each task, which waits again when it was called; no
/// coroutine, no type erasure, a context for one thread.
class callback_chain {
public:
    explicit callback_chain(std::chrono::nanoseconds resolution);

    // As in `ours`.
    void add_idle(std::size_t n, std::uint64_t& runs);
    void add_counting(const plan& p, std::uint64_t& runs);
    void add_recording(const plan& p, recorder& r);
    void remove(const std::vector<std::uint32_t>& order);

    [[nodiscard]] bench::stage& stage() noexcept { return stage_; }

private:
    using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                                    boost::asio::io_context::executor_type>;
    struct one {
        one(boost::asio::io_context& io, std::chrono::microseconds p) : wakes(io), period(p) {}

        timer wakes;
        std::chrono::microseconds period;
    };

    template <class Body>
    void add(std::size_t i, std::chrono::microseconds period, steady_time first, Body body);
    template <class Body>
    void wait(one& t, Body body);

    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::unordered_map<std::string, std::unique_ptr<one>> tasks_;
    asio_stage stage_{io_};
};

} // namespace rondo::bench

#endif // RONDO_BENCH_CALLBACKS_HPP
