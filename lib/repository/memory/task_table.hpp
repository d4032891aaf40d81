// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_MEMORY_TASK_TABLE_HPP
#define RONDO_REPOSITORY_MEMORY_TASK_TABLE_HPP

#include <rondo/repository.hpp>

#include <repository/memory/run_list.hpp>
#include <repository/memory/text_pool.hpp>
#include <repository/prefetch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rondo::memory::detail {

/// Why and until when.
struct pause_details {
    std::string reason;
    moment until;
};

/// What a task has once it ran, was skipped or paused for a reason; an idle one does without.
struct task_record {
    std::uint64_t token = 0;    // of its latest run
    wall_time slot_max = never; // no run has a later slot
    run_list<in_task> runs;
    std::vector<skip_range> skips; // the oldest first
    pause_details pause;           // while it is paused

    /// Bounded, and one with its neighbour if they are alike.
    void add_skip(const skip_range& range);
    /// The next of them needs no memory.
    void make_room_for_skip() {
        if (skips.size() == skips.capacity()) skips.reserve(std::max<std::size_t>(2 * skips.size(), 1));
    }
    void prefetch_skips() const noexcept {
        if (!skips.empty()) repository_detail::prefetch(&skips.back());
    }
};

/// Not its name, which nobody asks for. There may be a million.
struct task_row {
    shared_string uid;
    wall_time anchor{};
    wall_time next_slot = never; // the cursor
    std::unique_ptr<task_record> record;
    std::uint32_t schedule = none; // in the pool of texts
    bool hidden = false;
    bool paused = false;
    bool active = true;

    [[nodiscard]] task_record& make_record() {
        if (record == nullptr) record = std::make_unique<task_record>();
        return *record;
    }

    void pause(const task_update& update);
};
static_assert(sizeof(void*) != 8 || sizeof(task_row) == 40, "a million of them are that much more");

/// All tasks that were ever registered.
class task_table {
public:
    [[nodiscard]] static std::uint32_t hash_of(std::string_view uid) noexcept;
    [[nodiscard]] std::uint32_t find(std::string_view uid) const noexcept { return find(uid, hash_of(uid)); }
    [[nodiscard]] std::uint32_t find(std::string_view uid, std::uint32_t hash) const noexcept;

    /// In this order, for a task that is wanted soon: its place in the index, the row that is found there, and what
    /// the row leads to.
    void prefetch(std::uint32_t hash) const noexcept { by_uid_.prefetch(hash); }
    [[nodiscard]] std::uint32_t prefetch_row(std::uint32_t hash) const noexcept {
        const std::uint32_t row = by_uid_.guess(hash);
        rows_.prefetch(row);
        return row;
    }
    void prefetch_number(std::uint32_t row) const noexcept { rows_.prefetch(row); }
    /// Null if there is none.
    [[nodiscard]] const task_record* prefetch_record(std::uint32_t row) const noexcept;

    /// Inserts or updates a task, and marks it active. The state lacks what only runs tell.
    [[nodiscard]] std::uint32_t put(const task_definition& definition, task_state& state);

    void move_cursor(std::uint32_t row, wall_time to) noexcept;

    void deactivate_all() noexcept;

    [[nodiscard]] task_row& operator[](std::uint32_t i) noexcept { return rows_[i]; }
    [[nodiscard]] const task_row& operator[](std::uint32_t i) const noexcept { return rows_[i]; }
    [[nodiscard]] std::uint32_t size() const noexcept { return rows_.size(); }

private:
    [[nodiscard]] bool change_schedule(std::uint32_t row, std::string_view schedule);

    slab<task_row> rows_;
    std::unordered_map<std::uint32_t, std::uint32_t> cursor_schedules_; // of those whose cursor is of another
    flat_index by_uid_;
    text_pool schedules_;
};

} // namespace rondo::memory::detail

#endif // RONDO_REPOSITORY_MEMORY_TASK_TABLE_HPP
