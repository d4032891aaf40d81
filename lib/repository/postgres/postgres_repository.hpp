// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_POSTGRES_REPOSITORY_HPP
#define RONDO_REPOSITORY_POSTGRES_POSTGRES_REPOSITORY_HPP

#include <rondo/postgres.hpp>

#include <repository/postgres/session.hpp>

#include <cstdint>
#include <memory>
#include <thread>

namespace rondo::postgres::detail {

/// Sends each call to the thread of the connection, which it owns.
class postgres_repository final : public repository {
public:
    explicit postgres_repository(std::shared_ptr<session> s);
    ~postgres_repository() override;

    [[nodiscard]] bool calls_are_costly() const noexcept override { return true; }
    [[nodiscard]] bool records_together() const noexcept override { return true; }
    [[nodiscard]] bool is_shared() const noexcept override { return session_->is_shared(); }
    awaitable<repository_news> watch() override;
    awaitable<void> ask_for_run(run_request wanted) override;
    awaitable<std::uint64_t> ask_to_cancel(cancel_request unwanted) override;
    awaitable<std::uint64_t> start(wall_time now) override;
    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) override;
    awaitable<void> update_tasks(std::vector<task_update> updates) override;
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override;
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override;
    boost::asio::awaitable<recorded_runs> record_runs(std::vector<finish_request> ended,
                                                      std::vector<begin_request> begun,
                                                      std::shared_ptr<joining_runs> more) override;
    awaitable<history_page> history(history_filter filter) override;
    awaitable<std::optional<run>> find_run(run_id id) override;
    awaitable<std::vector<run>> last_runs(std::optional<std::string> user) override;
    awaitable<std::vector<skip_range>> skips(std::string uid, std::size_t limit) override;
    awaitable<std::vector<user>> users() override;
    awaitable<void> add_users(std::vector<user> users) override;
    awaitable<void> remove_users(std::vector<user> users) override;
    awaitable<prune_progress> prune(prune_policy policy) override;

private:
    std::shared_ptr<session> session_;
    std::thread thread_;
};

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_POSTGRES_REPOSITORY_HPP
