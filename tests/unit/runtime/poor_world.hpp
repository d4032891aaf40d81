// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_RUNTIME_POOR_WORLD_HPP
#define RONDO_TESTS_UNIT_RUNTIME_POOR_WORLD_HPP

#include "allocations.hpp"
#include "world.hpp"

#include <repository/forwarding_repository.hpp>

#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace rondo::tests {

/// After each of its answers, once it is told to, the allocation of that number fails.
class short_of_memory final : public testing::forwarding_repository {
public:
    using forwarding_repository::forwarding_repository;

    awaitable<std::uint64_t> start(wall_time now) override { return after(inner_->start(now)); }
    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) override {
        return after(inner_->register_tasks(std::move(tasks)));
    }
    awaitable<void> update_tasks(std::vector<task_update> updates) override {
        return after(inner_->update_tasks(std::move(updates)));
    }
    awaitable<history_page> history(history_filter filter) override {
        return after(inner_->history(std::move(filter)));
    }
    awaitable<std::optional<run>> find_run(run_id id) override { return after(inner_->find_run(id)); }
    awaitable<std::vector<user>> users() override { return after(inner_->users()); }

    [[nodiscard]] bool calls_are_costly() const noexcept override { return together; }
    [[nodiscard]] bool records_together() const noexcept override { return together; }
    asio::awaitable<recorded_runs> record_runs(std::vector<finish_request> ended,
                                               std::vector<begin_request> begun,
                                               std::shared_ptr<joining_runs> more) override {
        take_number();
        return after(repository::record_runs(std::move(ended), std::move(begun), std::move(more)));
    }
    std::int64_t fails_at = -1;
    std::int64_t fails_recording_at = -1; ///< after a call that records
    bool together = false;

private:
    void take_number() {
        if (fails_recording_at >= 0) fails_at = std::exchange(fails_recording_at, -1);
    }

    template <class T>
    asio::awaitable<T> after(asio::awaitable<T> inner) {
        T answer = co_await std::move(inner);
        allocations_left = std::exchange(fails_at, -1);
        co_return answer;
    }
};

/// Runs what there is to do now. False: the failure came back from the loop, so it was not in the engine, but in what
/// Asio does after it.
inline bool poll_inside(asio::io_context& context) {
    bool inside = true;
    context.restart();
    try {
        context.poll();
    } catch (const std::bad_alloc&) {
        inside = false;
    }
    allocations_left = -1;
    return inside;
}

struct poor_world {
    std::shared_ptr<short_of_memory> store = std::make_shared<short_of_memory>(memory::open());
    world w{store};

    bool poll() { return poll_inside(w.context); }
};

} // namespace rondo::tests

#endif // RONDO_TESTS_UNIT_RUNTIME_POOR_WORLD_HPP
