// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_SQLITE_REPOSITORY_HPP
#define RONDO_REPOSITORY_SQLITE_SQLITE_REPOSITORY_HPP

#include <rondo/sqlite.hpp>

#include <repository/sqlite/lock_file.hpp>
#include <repository/sqlite/side_reader.hpp>
#include <repository/sqlite/writer.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

namespace rondo::sqlite::detail {

/// Sends each call to the database thread, which it owns.
class sqlite_repository final : public sqlite::database {
public:
    /// `reader` may be null: a database in memory.
    sqlite_repository(std::shared_ptr<writer> w, std::shared_ptr<side_reader> reader,
                      std::unique_ptr<lock_file> lock);
    ~sqlite_repository() override;

    [[nodiscard]] bool calls_are_costly() const noexcept override { return true; }
    [[nodiscard]] bool records_together() const noexcept override { return true; }
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
    awaitable<std::vector<task_summary>> summary(summary_filter filter) override;
    awaitable<std::vector<skip_range>> skips(std::string uid, std::size_t limit) override;
    awaitable<std::vector<user>> users() override;
    awaitable<void> add_users(std::vector<user> users) override;
    awaitable<void> remove_users(std::vector<user> users) override;
    awaitable<prune_progress> prune(prune_policy policy) override;
    awaitable<void> back_up(std::string path) override;
    awaitable<std::vector<std::string>> find_damage(std::size_t limit) override;

private:
    [[nodiscard]] bool start_reader() noexcept;

    std::unique_ptr<lock_file> lock_; // null: in memory; let go after the database is closed
    std::shared_ptr<writer> writer_;
    std::shared_ptr<side_reader> reader_;
    std::mutex reader_mutex_; // guards the next
    std::thread reader_thread_;
    std::thread thread_;
};

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_SQLITE_REPOSITORY_HPP
