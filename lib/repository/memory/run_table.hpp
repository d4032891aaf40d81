// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_MEMORY_RUN_TABLE_HPP
#define RONDO_REPOSITORY_MEMORY_RUN_TABLE_HPP

#include <rondo/memory.hpp>
#include <rondo/repository.hpp>

#include <repository/memory/run_list.hpp>
#include <repository/memory/task_table.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace rondo::memory::detail {

/// The runs that are held, within the bounds of the options. Those in flight are never let go.
class run_table {
public:
    run_table(options opt, task_table& tasks) : options_(opt), tasks_(tasks) {}

    [[nodiscard]] std::uint32_t find(const run_id& id) const noexcept;
    /// One that is most likely the latest of this task.
    [[nodiscard]] std::uint32_t find(const run_id& id, const task_row& task) const noexcept;

    /// The rows that the next run of this task will touch.
    void prefetch(const task_record& record) const noexcept;
    /// Where a run with this id will be found.
    void prefetch(const run_id& id) const noexcept { by_id_.prefetch(hash_of(id)); }
    /// Which runs are pushed out if so many are added, or some of them; gives how many.
    [[nodiscard]] std::size_t find_doomed(std::span<std::uint32_t> to) const noexcept;
    /// What it takes to forget one of those. In this order: each step leads to the next.
    void prefetch_doomed(std::uint32_t i) const noexcept;
    void prefetch_doomed_record(std::uint32_t i) const noexcept;
    void prefetch_beside(std::uint32_t i) const noexcept { rows_.prefetch(rows_[i].links[in_task].newer); }

    /// Whether the task has a run with this slot.
    [[nodiscard]] bool slot_taken(std::uint32_t task, wall_time slot) const noexcept;

    /// Makes room for another run of this task, by forgetting others, and in memory: so that `add` needs none.
    void make_room_to_add(std::uint32_t task, bool with_details);
    /// Adds a run in flight, after that. `users` stand for those of `r`.
    [[nodiscard]] std::uint32_t add(std::uint32_t task, const run_begin& r, std::vector<user> users) noexcept;

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
    [[nodiscard]] static std::uint32_t hash_of(const run_id& id) noexcept {
        return fold_hash(std::hash<run_id>{}(id));
    }
    void forget_surplus(task_record& record);

    options options_;
    task_table& tasks_;
    slab<run_row> rows_;
    flat_index by_id_;
    run_list<in_all> all_;
    std::uint64_t order_ = 0;                    // of the latest run
    std::unique_ptr<run_details> spare_details_; // for the next that needs some
    run_id id_max_; // of all there ever were: ids grow with time, so most are not looked for
};

} // namespace rondo::memory::detail

#endif // RONDO_REPOSITORY_MEMORY_RUN_TABLE_HPP
