// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_OURS_HPP
#define RONDO_BENCH_OURS_HPP

#include <rondo/manager.hpp>

#include <plan.hpp>
#include <stage.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace rondo::bench {

/// A manager that records every run, in memory unless told otherwise, with default options.
class ours {
public:
    /// How tasks come and go.
    enum class steps { many, single };

    explicit ours(std::chrono::nanoseconds resolution, std::size_t threads = 1);
    ours(std::chrono::nanoseconds resolution, std::shared_ptr<repository> store, std::size_t threads = 1);

    void come_and_go_by(steps s) noexcept { steps_ = s; }
    /// Those that are added from now on may be so late.
    void tolerate(std::chrono::microseconds tolerance) noexcept { tolerance_ = tolerance; }
    /// Tasks that run in an hour.
    void add_idle(std::size_t n, std::uint64_t& runs);
    /// Tasks that count their runs.
    void add_counting(const plan& p, std::uint64_t& runs);
    /// Tasks that record how late they run.
    void add_recording(const plan& p, recorder& r);
    /// Tasks that count their runs, and have more slots to catch up on than there is time for.
    void add_late(std::size_t n, std::uint64_t& runs);
    /// The first `n`, once each, by hand, all together; until all runs are on record.
    void run_all(std::size_t n);
    /// All of them, by id, in this order.
    void remove(const std::vector<std::uint32_t>& order);

    [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }
    [[nodiscard]] bench::stage& stage() noexcept { return stage_; }

private:
    void add(std::size_t n, const std::function<task(std::size_t)>& make);
    void wait_for_all();
    template <class T>
    auto counted() {
        ++under_way_;
        return [this](const result<T>& r) { on_done(r ? error_code() : r.error()); };
    }
    [[nodiscard]] auto counted_many();
    void on_done(error_code e);

    boost::asio::io_context io_;
    asio_stage stage_;
    bool threads_; // more than one
    steps steps_ = steps::many;
    std::chrono::microseconds tolerance_{0};
    manager manager_;
    std::size_t under_way_ = 0;
    error_code error_; // the first
};

/// The same, and each task comes and goes by a call of its own.
class ours_one_by_one : public ours {
public:
    explicit ours_one_by_one(std::chrono::nanoseconds resolution) : ours(resolution) {
        come_and_go_by(steps::single);
    }
};

} // namespace rondo::bench

#endif // RONDO_BENCH_OURS_HPP
