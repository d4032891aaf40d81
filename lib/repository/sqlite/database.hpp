// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_DATABASE_HPP
#define RONDO_REPOSITORY_SQLITE_DATABASE_HPP

#include <rondo/repository.hpp>

#include <repository/sqlite/connection.hpp>
#include <repository/sqlite/cursor_pages.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rondo::sqlite::detail {

/// How far a summary is: the task under way, of which some runs may have been counted.
struct summary_place {
    std::string uid;                ///< the tasks before it are done
    std::optional<history_key> key; ///< of its last run that was counted
    run_tally tally;                ///< of those
};

struct summary_part {
    std::vector<task_summary> tasks;
    std::optional<summary_place> next; ///< nothing: this was the last
};

/// The calls of the repository as SQL, each within a transaction that somebody else opens and ends.
/// Throws `failure`. One thread at a time.
class database {
public:
    explicit database(connection db) : db_(std::move(db)) {}

    /// Of the process that had the file before; nothing: it is not known. And when this one opened it.
    void last_alive(moment when, wall_time opened) noexcept { last_alive_ = when, opened_ = opened; }
    /// Whether `start` was called: what is unfinished since is ours.
    [[nodiscard]] bool started() const noexcept { return started_; }
    std::uint64_t start(wall_time now);
    std::vector<task_state> register_tasks(const std::vector<task_definition>& tasks);
    void update_tasks(const std::vector<task_update>& updates);

    std::vector<begin_answer> begin_runs(std::span<const begin_request> requests);
    std::vector<finish_state> finish_runs(std::span<const finish_request> requests);

    history_page history(const history_filter& filter);
    std::optional<run> find_run(const run_id& id);
    std::vector<run> last_runs(const std::optional<std::string>& user);
    summary_part sum_up(const summary_filter& filter, const summary_place& from);
    std::vector<skip_range> skips(const std::string& uid, std::size_t limit);

    std::vector<user> users();
    void add_users(const std::vector<user>& users);
    void remove_users(const std::vector<user>& users);

    prune_progress prune(const prune_policy& policy);

    // Not within a transaction.
    void copy_to(const std::string& path);
    std::vector<std::string> damage(std::size_t limit);

    [[nodiscard]] connection& raw() noexcept { return db_; }

private:
    /// What each decision needs to know of its task.
    struct task_head {
        std::int64_t id = 0;
        std::optional<cursor> at;         // nothing: nobody asked
        bool has_cursor_schedule = false; // another than its own
    };
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
    };

    /// Null: there is no such task. Good until the next call; what is changed on record must be changed here, too.
    [[nodiscard]] task_head* find_task(std::string_view uid);
    [[nodiscard]] cursor cursor_of(std::int64_t task);
    [[nodiscard]] cursor cursor_of(task_head& task);
    void move_cursor(task_head& task, const cursor& to); // on record at the end of the call
    void take_over_cursor(task_head& task);              // by its schedule
    [[nodiscard]] task_state register_task(const task_definition& definition);
    void set_pause(const task_update& u);
    void tell_latest_runs(std::int64_t task, task_state& state);

    [[nodiscard]] begin_answer begin(const begin_request& request);
    void apply(task_head& task, const begin_request& request, begin_answer& answer);
    void add_skip(std::int64_t task, const skip_range& range);
    [[nodiscard]] bool slot_taken(std::int64_t task, rondo::trigger trigger, wall_time slot);
    [[nodiscard]] bool insert_run(std::int64_t task, std::uint64_t token, const run_begin& r);

    [[nodiscard]] finish_state finish(const finish_request& request);
    [[nodiscard]] bool end_as_begun(task_head& task, const finish_request& request);
    void go_on_after_end(task_head& task, const finish_request& request);
    void end_run(const run& r, wall_time started_at);
    void keep_output(const run_id& id, const run_output& output);

    [[nodiscard]] std::size_t count_runs(std::int64_t task, const summary_filter& filter,
                                         summary_place& place, std::size_t limit);
    [[nodiscard]] std::vector<run> last_runs_of_all();
    [[nodiscard]] std::vector<run> last_runs_of_user(const std::string& user);
    void load_details(std::vector<run>& runs);
    [[nodiscard]] prune_progress prune_old(wall_time ended_before, std::int64_t most);
    [[nodiscard]] prune_progress prune_surplus(std::int64_t after, std::size_t runs_per_task,
                                               std::int64_t most);
    [[nodiscard]] std::int64_t prune_surplus_of(std::int64_t task, std::size_t runs_per_task,
                                                std::int64_t most);
    [[nodiscard]] std::vector<std::int64_t> tasks_after(std::int64_t task, std::int64_t most);
    void give_room_back();
    void load_lines(run& r);

    template <std::size_t N, class... Args>
    void execute(const char (&sql)[N], const Args&... args) {
        query(db_.prepared(sql), args...).run();
    }

    connection db_;
    cursor_pages cursors_;
    std::unordered_map<std::string, task_head, text_hash, std::equal_to<>>
        heads_;                     // of tasks, as they are on record
    task_head latest_head_;         // when there are too many
    std::uint64_t heads_epoch_ = 0; // of the connection
    moment last_alive_;
    wall_time opened_{};
    bool started_ = false;
};

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_DATABASE_HPP
