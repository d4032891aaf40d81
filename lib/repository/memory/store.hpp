// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_MEMORY_STORE_HPP
#define RONDO_REPOSITORY_MEMORY_STORE_HPP

#include <rondo/memory.hpp>
#include <rondo/repository.hpp>

#include <repository/memory/run_table.hpp>
#include <repository/memory/task_table.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rondo::memory::detail {

/// All that the repository remembers, as plain functions. Not thread-safe: its owner locks.
class store {
public:
    explicit store(options opt) : runs_(opt, tasks_) {}

    std::uint64_t start(wall_time now);
    [[nodiscard]] task_state register_task(const task_definition& definition);
    void update(const task_update& update);

    /// The second takes from the requests what it keeps.
    [[nodiscard]] std::vector<begin_answer> begin(std::span<const begin_request> requests);
    [[nodiscard]] std::vector<finish_state> finish(std::span<finish_request> requests);
    [[nodiscard]] std::vector<begin_answer> begin(std::span<const begin_request* const> requests);
    [[nodiscard]] std::vector<finish_state> finish(std::span<const finish_request* const> requests);

    [[nodiscard]] history_page history(const history_filter& filter) const;
    [[nodiscard]] std::optional<run> find_run(const run_id& id) const;
    [[nodiscard]] std::vector<run> last_runs(const std::optional<std::string>& user) const;
    /// Adds summaries to `to`, of `task` and those after it that match, a part of all. Gives the task to go on with, or
    /// `none`.
    [[nodiscard]] std::uint32_t sum_up(const summary_filter& filter, std::uint32_t task,
                                       std::vector<task_summary>& to) const;
    [[nodiscard]] std::vector<skip_range> skips(const std::string& uid, std::size_t limit) const;

    [[nodiscard]] std::vector<user> users() const { return {users_.begin(), users_.end()}; }
    void add_user(user who) { users_.insert(std::move(who)); }
    void remove_user(const user& who) { users_.erase(who); }

    prune_progress prune(const prune_policy& policy);

private:
    /// `f(request, number of its task)`, in order.
    template <class Request, class F>
    void for_each(std::span<Request> requests, F f);
    /// What it will touch, beside what leads to `record`.
    void prefetch_for(const begin_request& request, const task_record* record) const noexcept;
    void prefetch_for(const finish_request& request, const task_record* record) const noexcept;
    template <class Request>
    [[nodiscard]] std::vector<begin_answer> begin_all(std::span<Request> requests);
    template <class Request>
    [[nodiscard]] std::vector<finish_state> finish_all(std::span<Request> requests);
    [[nodiscard]] begin_answer begin(const begin_request& request, std::uint32_t task);
    template <class Request>
    [[nodiscard]] finish_state finish(Request& request, std::uint32_t task);
    [[nodiscard]] begin_answer refused(std::uint32_t task) const noexcept;
    void apply(std::uint32_t task, const begin_request& request, begin_answer& answer);
    [[nodiscard]] finish_state finish_again(std::uint32_t row, const finish_request& request) const noexcept;
    [[nodiscard]] run_tally tally_of(std::uint32_t task, const summary_filter& filter) const;
    [[nodiscard]] bool has_result_for(const run_row& row, const std::string& user) const noexcept;
    [[nodiscard]] bool matches(const run_row& row, const history_filter& filter) const noexcept;
    [[nodiscard]] bool find_doomed(std::uint32_t task, const prune_policy& policy, std::size_t most,
                                   std::vector<std::uint32_t>& doomed) const;

    task_table tasks_;
    run_table runs_;
    std::set<user> users_;
};

} // namespace rondo::memory::detail

#endif // RONDO_REPOSITORY_MEMORY_STORE_HPP
