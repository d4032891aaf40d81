// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_CONSERVATION_HPP
#define RONDO_TESTS_SIMULATION_CHECK_CONSERVATION_HPP

#include <rondo/record.hpp>

#include <simulation/findings.hpp>
#include <simulation/naive_slots.hpp>
#include <simulation/swarm.hpp>

#include <array>
#include <cstdint>

namespace rondo::simulation {

/// Invariant 1, in one life: the decisions of a task follow each other without a gap or an overlap, each
/// begins at the cursor that the one before left, and they say as many slots as the schedule has there.
class check_conservation {
public:
    explicit check_conservation(findings& out) : out_(out) {}

    void activated(int task, const naive_schedule& when, moment cursor, moment slot) {
        books_of(task) = {when, cursor, slot, 0};
    }
    void ended(int task, moment next_slot) {
        if (next_slot) books_of(task).cursor = next_slot;
    }
    /// The store has its cursor elsewhere. It moves a task back only to what a refused decision said.
    void resynced(int task, moment cursor, bool back) {
        books& b = books_of(task);
        b.cursor = cursor;
        if (back) b.frontier = cursor;
        bool ahead = cursor && *cursor != cursor_waits_for_end && (!b.frontier || *cursor > *b.frontier);
        if (!cursor || ahead) b.frontier = cursor;
        if (ahead && !b.when.has(*cursor)) b.frontier = b.when.when().next_after(*cursor, b.when.anchor());
    }
    void decided(int task, const begin_request& r) {
        if (!r.moves_cursor) return;
        books& b = books_of(task);
        std::uint64_t told = (r.skipped ? r.skipped->count : 0) + (r.started ? 1 : 0);
        b.told += told;
        if (told == 0) return complain(task, "a decision about nothing");
        if (!(r.expected == b.cursor)) return complain(task, "a decision does not follow the one before");
        b.cursor = r.next;
        wall_time first = r.skipped ? r.skipped->first : r.started->scheduled_at;
        wall_time last = r.started ? r.started->scheduled_at : r.skipped->last;
        if (b.when.fixed_delay()) return;
        if (!(b.frontier == moment(first))) return complain(task, "slots are lost, or decided twice");
        naive_slots slots = b.when.until(first, last);
        b.frontier = slots.next;
        if (slots.last != last || slots.count != told) return complain(task, "slots are miscounted");
        if (!(slots.next == r.next)) complain(task, "the cursor is not at the slot that follows");
    }
    /// Runs and skips that came out as decisions since the task was activated.
    [[nodiscard]] std::uint64_t told(int task) { return books_of(task).told; }

private:
    struct books {
        naive_schedule when;
        moment cursor;
        moment frontier; // the first slot that no decision has said
        std::uint64_t told = 0;
    };
    books& books_of(int task) { return books_[static_cast<std::size_t>(task)]; }
    void complain(int task, const char* what) { out_.report("conservation", task, what); }

    findings& out_;
    std::array<books, tasks_max> books_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_CONSERVATION_HPP
