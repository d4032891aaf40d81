// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_MEMORY_RUN_TABLE_HPP
#define RONDO_REPOSITORY_MEMORY_RUN_TABLE_HPP

#include <rondo/memory.hpp>
#include <rondo/repository.hpp>

#include <repository/memory/run_list.hpp>
#include <repository/memory/task_table.hpp>

#include <cstdint>

namespace rondo::memory::detail {

/// The runs that are held, within the bounds of the options. Those in flight are never let go.
class run_table {
public:
    run_table(options opt, task_table& tasks) : options_(opt), tasks_(tasks) {}

    [[nodiscard]] std::uint32_t find(const run_id& id) const noexcept;
    /// One that is most likely the latest of this task.
    [[nodiscard]] std::uint32_t find(const run_id& id, const task_row& task) const noexcept;
    /// The rows that the next run of this task will touch; null: none.
    void prefetch(const task_record* record) const noexcept;

    /// Whether the task has a run with this slot.
    [[nodiscard]] bool slot_taken(std::uint32_t task, wall_time slot) const noexcept;

    /// Adds a run in flight, after making room for it.
    [[nodiscard]] std::uint32_t add(std::uint32_t task, const run_begin& r);

    /// Ends a run that is in flight.
    void end(std::uint32_t i, wall_time at, rondo::outcome how) noexcept;

    /// Forgets a run that has ended.
    void remove(std::uint32_t i);

    /// The details of a run, made if it has none.
    [[nodiscard]] run_details& details_of(std::uint32_t i);

    /// The run as the interface shows it.
    [[nodiscard]] run copy(std::uint32_t i) const;

    [[nodiscard]] const slab<run_row>& rows() const noexcept { return rows_; }
    [[nodiscard]] const run_list<in_all>& all() const noexcept { return all_; }

private:
    void make_room(task_record& record);

    options options_;
    task_table& tasks_;
    slab<run_row> rows_;
    flat_index by_id_;
    run_list<in_all> all_;
    std::uint64_t order_ = 0; // of the latest run
    run_id id_max_;           // of all there ever were: ids grow with time, so most are not looked for
};

} // namespace rondo::memory::detail

#endif // RONDO_REPOSITORY_MEMORY_RUN_TABLE_HPP
