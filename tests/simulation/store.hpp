// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_STORE_HPP
#define RONDO_TESTS_SIMULATION_STORE_HPP

#include <rondo/record.hpp>

#include <core/records.hpp>

#include <simulation/findings.hpp>
#include <simulation/naive_slots.hpp>
#include <simulation/swarm.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace rondo::simulation {

/// The end of a run, as much of it as matters here.
struct end_record {
    run_id id;
    trigger why = trigger::schedule;
    wall_time scheduled_at{};
    wall_time started_at{};
    std::uint32_t attempt = 1;
    wall_time finished_at{};
    rondo::outcome outcome = outcome::success;
    std::uint64_t token = 0;
    moment next_slot;
};

/// What outlives the process: the repository, after the words of rondo/record.hpp and
/// rondo/repository.hpp. It also keeps the books of invariant 1 over all lives: what is on record tiles
/// the schedule from the first slot to the cursor.
class store {
public:
    struct run_row {
        run_id id;
        trigger why = trigger::schedule;
        wall_time scheduled_at{};
        wall_time started_at{};
        std::uint32_t attempt = 1;
        std::uint64_t token = 0;
        rondo::outcome outcome = outcome::success;
        bool ended = false;
        std::uint64_t end_number = 0; ///< the order of ends
        bool rival = false;           ///< of another manager
    };
    struct task_row {
        bool known = false;
        std::uint32_t plan = 0;                      ///< which schedule it was registered with
        std::optional<std::uint32_t> plan_of_cursor; ///< if it is another
        wall_time anchor{};
        moment cursor;
        bool paused = false;
        core::pause_note pause; ///< what was said of it
        bool active = false;
        std::uint64_t token = 0;
        wall_time slot_max = wall_time::min(); ///< the latest on record as a run
        run_id id_max;                         ///< the latest on record
        std::vector<run_row> runs;
        std::optional<skip_range> skipped; ///< the latest
        // For the books.
        naive_schedule when;
        moment first;            ///< the books begin here
        std::uint64_t slots = 0; ///< decided since
        bool loose = false;      ///< the next decision may begin elsewhere
        bool ends_lost = false;  ///< the outbox of the process was full
        bool updated = false;    ///< in this life, so that two schedules may be decided in turn
        bool fenced = false;     ///< a run of it never came on record
    };

    explicit store(findings& out) : out_(out) {}

    /// Gives the number of runs that were abandoned.
    std::uint64_t start();
    task_state add(int task, const task_definition& d, const schedule& when, std::uint32_t plan);
    begin_answer begin(int task, const begin_request& r);
    finish_state finish(int task, const end_record& r);
    /// Another manager decides the next slot, with a run that ends at once. False if there is none.
    bool rival_takes(int task, wall_time now);

    [[nodiscard]] task_row& row(int task) { return rows_[static_cast<std::size_t>(task)]; }
    /// Whether the run is on record, and has not ended.
    [[nodiscard]] bool in_flight(int task, run_id id);
    /// All that is on record, at the end of the world.
    void check_books(int task);

private:
    [[nodiscard]] static run_row* find(task_row& t, run_id id);
    [[nodiscard]] static std::uint32_t failures_of(const task_row& t);
    [[nodiscard]] static bool taken(const task_row& t, wall_time slot);
    static run_row& insert(task_row& t, const run_row& r);
    void check_attempt(int task, const task_row& t, const run_begin& b);
    void book(int task, task_row& t, const begin_request& r);

    findings& out_;
    std::array<task_row, tasks_max> rows_;
    std::uint64_t rivals_ = 0;
    std::uint64_t ends_ = 0;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_STORE_HPP
