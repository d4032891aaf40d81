// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_REPOSITORY_FORWARDING_REPOSITORY_HPP
#define RONDO_TESTS_REPOSITORY_FORWARDING_REPOSITORY_HPP

#include <rondo/repository.hpp>

#include <memory>
#include <utility>

namespace rondo::testing {

/// Hands each call on to another repository: a base for those that do one thing differently. It never records
/// together, so that those see all ends in `finish_runs`, and all begins in `begin_runs`.
class forwarding_repository : public repository {
public:
    explicit forwarding_repository(std::shared_ptr<repository> inner) : inner_(std::move(inner)) {}

    [[nodiscard]] bool calls_are_costly() const noexcept override { return inner_->calls_are_costly(); }
    awaitable<std::uint64_t> start(wall_time now) override { return inner_->start(now); }
    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) override {
        return inner_->register_tasks(std::move(tasks));
    }
    awaitable<void> update_tasks(std::vector<task_update> updates) override {
        return inner_->update_tasks(std::move(updates));
    }
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        return inner_->begin_runs(std::move(requests));
    }
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        return inner_->finish_runs(std::move(requests));
    }
    awaitable<history_page> history(history_filter filter) override {
        return inner_->history(std::move(filter));
    }
    awaitable<std::optional<run>> find_run(run_id id) override { return inner_->find_run(id); }
    awaitable<std::vector<run>> last_runs(std::optional<std::string> user) override {
        return inner_->last_runs(std::move(user));
    }
    awaitable<std::vector<task_summary>> summary(summary_filter filter) override {
        return inner_->summary(std::move(filter));
    }
    awaitable<std::vector<skip_range>> skips(std::string uid, std::size_t limit) override {
        return inner_->skips(std::move(uid), limit);
    }
    awaitable<std::vector<user>> users() override { return inner_->users(); }
    awaitable<void> add_users(std::vector<user> users) override {
        return inner_->add_users(std::move(users));
    }
    awaitable<void> remove_users(std::vector<user> users) override {
        return inner_->remove_users(std::move(users));
    }
    awaitable<prune_progress> prune(prune_policy policy) override { return inner_->prune(policy); }

protected:
    std::shared_ptr<repository> inner_;
};

} // namespace rondo::testing

#endif // RONDO_TESTS_REPOSITORY_FORWARDING_REPOSITORY_HPP
