// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_BACKFILL_HPP
#define RONDO_TESTS_SIMULATION_CHECK_BACKFILL_HPP

#include <rondo/backfill.hpp>

#include <simulation/findings.hpp>
#include <simulation/sim_run.hpp>
#include <simulation/swarm.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rondo::simulation {

/// A backfill runs slots of its range, each once and in order, none before its time, of which one waits at a time
/// and so many are in flight at most. Its end is told once, when nothing of it waits or is to end, and says what was seen.
class check_backfill {
public:
    explicit check_backfill(findings& out) : out_(out) {}

    /// Whether its slots are instants of the wall clock.
    void begins(int task, const backfill_plan& p, bool by_wall) {
        books_of(task) = {true, by_wall, p, wall_time::min(), 0, 0, 0};
    }
    void begun(const sim_run& r, instant now) {
        books& b = books_of(r.task);
        if (!b.open) complain(r.task, "a run of no backfill");
        if (r.slot < b.plan.from || r.slot >= b.plan.to) complain(r.task, "a run outside the range");
        in_time(r, now);
        if (r.slot <= b.latest) complain(r.task, "a slot runs twice, or after a later one");
        b.latest = r.slot;
        ++b.runs;
    }
    /// Also of another attempt.
    void in_time(const sim_run& r, instant now) {
        if (books_of(r.task).by_wall && r.slot > now.wall)
            complain(r.task, "a slot runs before its time, as the clock was set back");
    }
    /// The last attempt of a slot.
    void ended(const sim_run& r, outcome how) {
        if (r.of_backfill) ++(how == outcome::success ? books_of(r.task).succeeded : books_of(r.task).failed);
    }
    void done(int task, const backfill_progress& p) {
        books& b = books_of(task);
        if (!b.open) complain(task, "a backfill is done twice");
        b.open = false;
        if (p.succeeded != b.succeeded || p.failed != b.failed || b.runs != b.succeeded + b.failed)
            complain(task, "its slots ended otherwise than it says");
        if (p.slots != b.runs + p.skipped || p.left != 0 || p.in_flight != 0 || p.next)
            complain(task, "it is done, and something of it is left");
    }
    void gone(int task) {
        if (std::exchange(books_of(task).open, false)) complain(task, "its task is gone, and it is not done");
    }
    void restarted() { books_ = {}; }
    void after_input(const std::vector<sim_run*>& runs) {
        std::array<std::size_t, tasks_max> waiting{};
        std::array<std::size_t, tasks_max> in_flight{};
        for (const sim_run* r : runs) {
            bool waits = r->record->state == core::run_state_kind::waiting;
            if (r->why == trigger::backfill && waits) ++waiting[static_cast<std::size_t>(r->task)];
            if (r->of_backfill && !waits) ++in_flight[static_cast<std::size_t>(r->task)];
        }
        if (std::ranges::max(waiting) > 1) complain(findings::no_task, "two of its runs wait");
        if (std::ranges::max(in_flight) > backfill_in_flight_max)
            complain(findings::no_task, "more of its runs are in flight than may be");
    }

private:
    struct books {
        bool open = false;
        bool by_wall = false;
        backfill_plan plan;
        wall_time latest = wall_time::min();
        std::uint64_t runs = 0;
        std::uint64_t succeeded = 0;
        std::uint64_t failed = 0;
    };
    books& books_of(int task) { return books_[static_cast<std::size_t>(task)]; }
    void complain(int task, const char* what) { out_.report("backfill", task, what); }

    findings& out_;
    std::array<books, tasks_max> books_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_BACKFILL_HPP
