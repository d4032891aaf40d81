// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_CONSERVATION_HPP
#define RONDO_TESTS_SIMULATION_CHECK_CONSERVATION_HPP

#include <rondo/record.hpp>

#include <simulation/findings.hpp>
#include <simulation/naive_slots.hpp>
#include <simulation/swarm.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

namespace rondo::simulation {

/// Invariant 1, in one life: the decisions of a task follow each other without a gap or an overlap, each
/// begins at the cursor that the one before left, and they say as many slots as the schedule has there, or
/// the schedules, one after the other, if it is updated; none says slots of two.
class check_conservation {
public:
    explicit check_conservation(findings& out) : out_(out) {}

    void activated(int task, const naive_schedule& when, moment cursor, moment slot) {
        books_of(task) = {{{when, slot, all}}, cursor, slot, {}, {}, 0, 0, 0, 0};
    }
    /// A fixed delay goes on from an end, which a decision will say.
    void goes_on(int task, moment next_slot) { books_of(task).goes_on = next_slot; }
    void ended(int task, moment next_slot) {
        if (next_slot) books_of(task).cursor = next_slot;
    }
    /// Runs and skips of slots came out, which decisions will say.
    void told(int task, std::uint64_t n) { books_of(task).told += n; }
    /// Another schedule is in force, from `slot` on. `waiting` of the old slots are not told yet.
    void updated(int task, const naive_schedule& when, std::uint64_t waiting, moment slot) {
        books& b = books_of(task);
        std::uint64_t old = b.told - b.decided + waiting;
        for (const span& s : b.spans) old -= s.left != all ? s.left : 0;
        b.spans.back().left = old;
        b.spans.push_back({when, slot, all});
    }
    /// The store has its cursor elsewhere. It moves a task back only to what a refused decision said.
    void resynced(int task, moment cursor, bool back, bool nothing_waits, moment slot) {
        books& b = books_of(task);
        bool skips_some = nothing_waits && b.spans.size() > 1;
        while (nothing_waits && b.spans.size() > 1) to_next_span(b);
        const naive_schedule& when = b.spans.back().when;
        b.decided = b.told;
        b.cursor = cursor;
        if (back) b.frontier = cursor;
        bool ahead = cursor && *cursor != cursor_waits_for_end && (!b.frontier || *cursor > *b.frontier);
        if (!cursor || ahead) b.frontier = cursor;
        if (ahead && !when.has(*cursor)) b.frontier = when.when().next_after(*cursor, when.anchor());
        if (skips_some) b.frontier = slot;
    }
    /// Returns the number of the schedule whose slots it says, in the order in which they were in force.
    std::uint32_t decided(int task, const begin_request& r) {
        if (r.moves_cursor) check(task, r);
        return books_of(task).said_no;
    }

private:
    void check(int task, const begin_request& r) {
        books& b = books_of(task);
        std::uint64_t n = (r.skipped ? r.skipped->count : 0) + (r.started ? 1 : 0);
        b.decided += n;
        if (!(r.expected == b.cursor)) return complain(task, "a decision does not follow the one before");
        b.cursor = r.next;
        bool goes_on = b.goes_on && b.goes_on == r.next;
        if (goes_on) b.goes_on.reset();
        if (n == 0 && goes_on) return;
        if (n == 0) {
            if (!leap(b, r.next) && !leaped(b, r.next)) complain(task, "a decision about nothing");
            return;
        }
        b.leaped.clear();
        while (b.spans.front().left == 0) to_next_span(b);
        b.said_no = b.schedule_no;
        wall_time first = r.skipped ? r.skipped->first : r.started->scheduled_at;
        wall_time last = r.started ? r.started->scheduled_at : r.skipped->last;
        bool fixed = b.spans.front().when.fixed_delay();
        if (!fixed && !(b.frontier == moment(first)))
            return complain(task, "slots are lost, or decided twice");
        if (n > b.spans.front().left) return complain(task, "a decision says slots of two schedules");
        if (!walk(b, n, last)) return complain(task, "slots are miscounted");
        bool knows = !b.spans.front().when.fixed_delay();
        if (knows && b.frontier == r.next) return;
        if (!leap(b, r.next) && knows) complain(task, "the cursor is not at the slot that follows");
    }

    static constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

    struct span {
        naive_schedule when;
        moment first;
        std::uint64_t left = all; // of its slots, which no decision has said
    };
    struct books {
        std::deque<span> spans;
        moment cursor;
        moment frontier;            // the first slot that no decision has said
        std::vector<moment> leaped; // the first slots of schedules, since a decision said slots
        moment goes_on;             // from an end, which no decision has said
        std::uint64_t told = 0;
        std::uint64_t decided = 0;
        std::uint32_t schedule_no = 0; // of the first of the spans
        std::uint32_t said_no = 0;     // of that whose slots were decided last
    };

    static void to_next_span(books& b) {
        b.spans.pop_front();
        ++b.schedule_no;
        b.frontier = b.spans.front().first;
    }
    // To a schedule that begins with `slot`, over others that had none.
    static bool leap(books& b, moment slot) {
        std::size_t n = 0;
        while (b.spans[n].left == 0)
            if (b.spans[++n].first == slot) break;
        if (n == 0 || !(b.spans[n].first == slot)) return false;
        for (; n != 0; --n) {
            to_next_span(b);
            b.leaped.push_back(b.spans.front().first);
        }
        return true;
    }
    // Where a fixed delay went on may be where a later schedule begins, by chance: those between are said after.
    static bool leaped(const books& b, moment slot) {
        return std::ranges::find(b.leaped, slot) != b.leaped.end();
    }
    // Over `n` slots, the last of which must be `last`. A fixed delay may have any.
    static bool walk(books& b, std::uint64_t n, wall_time last) {
        span& s = b.spans.front();
        if (s.left != all) s.left -= n;
        if (s.when.fixed_delay()) return true;
        if (!b.frontier) return false;
        wall_time end = *b.frontier;
        if (s.when.kind() == schedule::kind::every) {
            end += static_cast<std::int64_t>(n - 1) * s.when.interval();
            b.frontier = end + s.when.interval();
            return end == last;
        }
        for (std::uint64_t i = 1; i != n; ++i) {
            moment next = s.when.after(end);
            if (!next || *next > last) return false;
            end = *next;
        }
        b.frontier = s.when.after(end);
        return end == last;
    }
    books& books_of(int task) { return books_[static_cast<std::size_t>(task)]; }
    void complain(int task, const char* what) { out_.report("conservation", task, what); }

    findings& out_;
    std::array<books, tasks_max> books_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_CONSERVATION_HPP
