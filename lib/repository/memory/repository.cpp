// SPDX-License-Identifier: BSL-1.0
#include <rondo/memory.hpp>

#include <repository/memory/store.hpp>
#include <repository/user_ids.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

namespace rondo::memory {
namespace {

/// Locks, asks the store, answers. Nothing suspends with the lock, and but for a long summary nothing at all.
class memory_repository final : public repository, public std::enable_shared_from_this<memory_repository> {
public:
    explicit memory_repository(options opt) : store_(opt) {}

    [[nodiscard]] bool serves_many_strands() const noexcept override { return true; }

    awaitable<std::uint64_t> start(wall_time now) override {
        const std::lock_guard lock(mutex_);
        co_return store_.start(now);
    }

    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) override {
        std::vector<task_state> states;
        states.reserve(tasks.size());
        const std::lock_guard lock(mutex_);
        for (const task_definition& t : tasks) states.push_back(store_.register_task(t));
        co_return states;
    }

    awaitable<void> update_tasks(std::vector<task_update> updates) override {
        const std::lock_guard lock(mutex_);
        for (const task_update& u : updates) store_.update(u);
        co_return boost::outcome_v2::success();
    }

    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        const std::lock_guard lock(mutex_);
        co_return store_.begin(requests);
    }

    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        if (!std::ranges::all_of(requests, is_whole)) co_return errc::invalid_option;
        const std::lock_guard lock(mutex_);
        co_return store_.finish(requests);
    }

    std::optional<recorded_runs> record_at_once(std::span<const finish_request* const> ended,
                                                std::span<const begin_request* const> begun) override {
        const std::lock_guard lock(mutex_);
        auto answers = begin_now(begun);
        return recorded_runs{finish_now(ended), std::move(answers)};
    }

    awaitable<history_page> history(history_filter filter) override {
        const std::lock_guard lock(mutex_);
        co_return store_.history(filter);
    }

    awaitable<std::optional<run>> find_run(run_id id) override {
        const std::lock_guard lock(mutex_);
        co_return store_.find_run(id);
    }

    awaitable<std::vector<run>> last_runs(std::optional<std::string> user) override {
        const std::lock_guard lock(mutex_);
        co_return store_.last_runs(user);
    }

    awaitable<std::vector<task_summary>> summary(summary_filter filter) override {
        const auto self = shared_from_this(); // its last owner may let go of it meanwhile
        std::vector<task_summary> all;
        std::uint32_t next = 0;
        while ((next = sum_up(filter, next, all)) != detail::none)
            co_await boost::asio::post(boost::asio::use_awaitable); // others on the loop have their turn
        std::sort(all.begin(), all.end(),
                  [](const task_summary& a, const task_summary& b) { return a.uid < b.uid; });
        co_return all;
    }

    awaitable<std::vector<skip_range>> skips(std::string uid, std::size_t limit) override {
        const std::lock_guard lock(mutex_);
        co_return store_.skips(uid, limit);
    }

    awaitable<std::vector<user>> users() override {
        const std::lock_guard lock(mutex_);
        co_return store_.users();
    }

    awaitable<void> add_users(std::vector<user> users) override {
        if (!repository_detail::all_valid(users)) co_return errc::invalid_option;
        const std::lock_guard lock(mutex_);
        for (user& u : users) store_.add_user(std::move(u));
        co_return boost::outcome_v2::success();
    }

    awaitable<void> remove_users(std::vector<user> users) override {
        if (!repository_detail::all_valid(users)) co_return errc::invalid_option;
        const std::lock_guard lock(mutex_);
        for (const user& u : users) store_.remove_user(u);
        co_return boost::outcome_v2::success();
    }

    awaitable<prune_progress> prune(prune_policy policy) override {
        const std::lock_guard lock(mutex_);
        co_return store_.prune(policy);
    }

private:
    // Each by itself: that there is no memory for these says nothing of the others.
    [[nodiscard]] result<std::vector<begin_answer>>
    begin_now(std::span<const begin_request* const> requests) noexcept {
        try {
            return store_.begin(requests);
        } catch (...) {
            return errc::store_failed;
        }
    }
    [[nodiscard]] result<std::vector<finish_state>>
    finish_now(std::span<const finish_request* const> requests) noexcept {
        if (!std::ranges::all_of(requests, [](const finish_request* r) { return is_whole(*r); }))
            return errc::invalid_option;
        try {
            return store_.finish(requests);
        } catch (...) {
            return errc::store_failed;
        }
    }
    [[nodiscard]] static bool is_whole(const finish_request& r) noexcept {
        return r.run.finished_at && r.run.outcome;
    }
    std::uint32_t sum_up(const summary_filter& filter, std::uint32_t task, std::vector<task_summary>& to) {
        const std::lock_guard lock(mutex_);
        return store_.sum_up(filter, task, to);
    }

    std::mutex mutex_; // managers on several threads may share us
    detail::store store_;
};

} // namespace

std::shared_ptr<repository> open(options opt) {
    opt.runs_per_task_max = std::max<std::size_t>(opt.runs_per_task_max, 1);
    opt.runs_max = std::max<std::size_t>(opt.runs_max, 1);
    return std::make_shared<memory_repository>(opt);
}

} // namespace rondo::memory
