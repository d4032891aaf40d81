// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_MEMORY_ROWS_HPP
#define RONDO_REPOSITORY_MEMORY_ROWS_HPP

#include <rondo/repository.hpp>

#include <repository/memory/flat_index.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rondo::memory::detail {

/// Stands for a `moment` that is never, in half the room.
inline constexpr wall_time never = wall_time::min();

[[nodiscard]] inline wall_time packed(const moment& m) noexcept {
    return m ? *m : never;
}
[[nodiscard]] inline moment unpacked(wall_time t) noexcept {
    return t == never ? moment() : moment(t);
}

/// What most runs do not have.
struct run_details {
    std::string message;
    std::vector<user> users;
    std::vector<task_result> results;
    std::shared_ptr<const run_output> output;
};

/// The neighbours of a run in a `run_list`, by row number.
struct run_links {
    std::uint32_t older = none;
    std::uint32_t newer = none;
};

/// The lists that a run is in: that of all runs, and that of its task.
enum list_kind : std::uint8_t { in_all, in_task };

struct run_row {
    run_id id;
    std::uint64_t order = 0; // grows with each run: tells which of two came first
    std::uint64_t token = 0;
    wall_time scheduled_at{};
    wall_time started_at{};
    wall_time finished_at = never;        // never: in flight
    std::unique_ptr<run_details> details; // made when first needed, kept for the next run in this row
    std::array<run_links, 2> links;       // by list_kind
    std::uint32_t task = none;
    std::uint32_t attempt = 1;
    rondo::trigger trigger = rondo::trigger::schedule;
    rondo::outcome outcome = rondo::outcome::success; // once it ended

    [[nodiscard]] bool ended() const noexcept { return finished_at != never; }
    [[nodiscard]] history_key key() const noexcept { return {started_at, id}; }
};

} // namespace rondo::memory::detail

#endif // RONDO_REPOSITORY_MEMORY_ROWS_HPP
