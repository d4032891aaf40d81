// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_DETAIL_OPERATIONS_HPP
#define RONDO_DETAIL_OPERATIONS_HPP

#include <rondo/backfill.hpp>
#include <rondo/detail/completion.hpp>
#include <rondo/group.hpp>
#include <rondo/pause.hpp>
#include <rondo/record.hpp>
#include <rondo/reports.hpp>
#include <rondo/run.hpp>
#include <rondo/summary.hpp>
#include <rondo/task.hpp>
#include <rondo/user.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rondo::runtime {
class shards;
}

namespace rondo::detail {

/// How each operation of a manager begins, on the thread that asks for it. What they mean is said there.
struct operations {
protected:
    using shards_ptr = std::shared_ptr<runtime::shards>;

    static void start_start(const shards_ptr&, completion<start_report>);
    static void start_add(const shards_ptr&, completion<void>, task, if_exists);
    static void start_add_many(const shards_ptr&, completion<bulk_report>, std::vector<task>, if_exists);
    static void start_update(const shards_ptr&, completion<void>, task);
    static void start_remove(const shards_ptr&, completion<void>, std::string);
    static void start_remove_many(const shards_ptr&, completion<bulk_report>, std::vector<std::string>);
    static void start_pause(const shards_ptr&, completion<void>, std::string, pause_options);
    static void start_resume(const shards_ptr&, completion<void>, std::string, resume_from);
    static void start_pause_all(const shards_ptr&, completion<void>, std::optional<resume_from>);
    static void start_set_group(const shards_ptr&, completion<void>, group);
    static void start_trigger(const shards_ptr&, completion<run_id>, std::string, std::vector<user>,
                              std::optional<overlap>);
    static void start_run(const shards_ptr&, completion<run>, std::string, std::vector<user>,
                          std::optional<overlap>);
    static void start_wait(const shards_ptr&, completion<run>, run_id);
    static void start_cancel_run(const shards_ptr&, completion<void>, run_id, std::string);
    static void start_cancel_task(const shards_ptr&, completion<std::size_t>, std::string, std::string);
    static void start_backfill(const shards_ptr&, completion<backfill_progress>, std::string, wall_time,
                               wall_time, overlap);
    static void start_detach(const shards_ptr&, completion<void>, run_id);
    static void start_history(const shards_ptr&, completion<history_page>, history_filter);
    static void start_run_of(const shards_ptr&, completion<std::optional<run>>, run_id);
    static void start_summary(const shards_ptr&, completion<std::vector<task_summary>>, summary_filter);
    static void start_last_runs(const shards_ptr&, completion<std::vector<run>>, std::optional<user>);
    static void start_users(const shards_ptr&, completion<std::vector<user>>);
    static void start_add_users(const shards_ptr&, completion<void>, std::vector<user>);
    static void start_remove_users(const shards_ptr&, completion<void>, std::vector<user>);
    static void start_prune(const shards_ptr&, completion<std::uint64_t>, prune_policy);
    static void start_shutdown(const shards_ptr&, completion<shutdown_report>, std::chrono::nanoseconds);

    static std::vector<user> only(user who) {
        std::vector<user> users;
        users.push_back(std::move(who));
        return users;
    }
};

} // namespace rondo::detail

#endif // RONDO_DETAIL_OPERATIONS_HPP
