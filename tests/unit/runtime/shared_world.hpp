// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_RUNTIME_SHARED_WORLD_HPP
#define RONDO_TESTS_UNIT_RUNTIME_SHARED_WORLD_HPP

#include "world.hpp"

#include <repository/forwarding_repository.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace rondo::tests {

/// Memory, with the answers and the news that a test wants.
class played final : public testing::forwarding_repository {
public:
    explicit played(asio::io_context& io, bool together = false)
        : forwarding_repository(memory::open()), told_(io), together_(together) {
        told_.expires_at(asio::steady_timer::time_point::max());
    }

    [[nodiscard]] bool is_shared() const noexcept override { return true; }
    [[nodiscard]] bool records_together() const noexcept override { return together_; }

    awaitable<repository_news> watch() override {
        while (!any_) {
            auto waited = co_await told_.async_wait(asio::as_tuple(asio::deferred));
            if (std::get<0>(waited) && !any_) co_return asio::error::operation_aborted;
        }
        any_ = false;
        co_return std::exchange(news_, {});
    }

    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        for (const begin_request& r : requests) asked.push_back(r);
        if (answer) {
            std::vector<begin_answer> all;
            for (const begin_request& r : requests) all.push_back(answer(r));
            co_return all;
        }
        co_return co_await inner_->begin_runs(std::move(requests));
    }

    awaitable<std::uint64_t> ask_to_cancel(cancel_request r) override {
        unwanted.push_back(std::move(r));
        co_return held_elsewhere;
    }

    void tell(repository_news n) {
        news_ = std::move(n);
        any_ = true;
        told_.cancel();
    }

    std::function<begin_answer(const begin_request&)> answer; ///< none: those of memory
    std::vector<begin_request> asked;
    std::vector<cancel_request> unwanted;
    result<std::uint64_t> held_elsewhere = 0;

private:
    asio::steady_timer told_; // cancelled when there is something
    repository_news news_;
    const bool together_;
    bool any_ = false;
};

/// How long before it is due a slot is asked for, as long as nobody knows how long that takes: 5 ms, and the resolution,
/// twice.
inline constexpr std::chrono::milliseconds lead{12};

inline manager_options waiting_for_the_store() {
    manager_options o;
    o.on_store_failure = on_store_failure::stop;
    return o;
}

struct fleet_world : world {
    explicit fleet_world(bool together = false)
        : world(nullptr, waiting_for_the_store()), others(std::make_shared<played>(context, together)) {
        store = others;
        tasks.emplace(context.get_executor(), store, options);
    }
    /// Their clock is `ahead` of ours.
    void start(std::chrono::nanoseconds ahead = 0s) {
        tell_clock(ahead);
        world::start();
    }
    void tell_clock(std::chrono::nanoseconds ahead) {
        repository_news n;
        const instant now = clock.now();
        n.clock = clock_reading{now.wall + std::chrono::floor<wall_time::duration>(ahead), now.steady};
        others->tell(std::move(n));
    }
    void tell_lost(run_id id) {
        repository_news n;
        n.lost.push_back(id);
        others->tell(std::move(n));
        pass(0s);
    }
    void tell_pause(bool paused) {
        repository_news n;
        n.tasks.push_back({shared_string("t"), false, paused, paused ? "by hand" : "", {}});
        others->tell(std::move(n));
        pass(0s);
    }

    void tell_asked(run_id id, std::vector<user> users = {}) {
        repository_news n;
        n.asked.push_back({id, shared_string("t"), std::move(users)});
        others->tell(std::move(n));
        pass(0s);
    }

    std::shared_ptr<played> others;
};

inline task counted(int& runs) {
    return task("t", "", every(10s), [&runs]() -> asio::awaitable<void> {
        ++runs;
        co_return;
    });
}

inline run_id run_in_flight(world& w) {
    for (const run& r : w.history())
        if (!r.outcome) return r.id;
    FAIL("nothing is in flight");
    return {};
}

} // namespace rondo::tests

#endif // RONDO_TESTS_UNIT_RUNTIME_SHARED_WORLD_HPP
