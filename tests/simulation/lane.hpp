// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_LANE_HPP
#define RONDO_TESTS_SIMULATION_LANE_HPP

#include <core/actions.hpp>

#include <simulation/sim_run.hpp>
#include <simulation/store.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace rondo::simulation {

/// What of one task is on its way to the store, in order: one call at a time. Answers of different
/// tasks come in any order.
struct lane {
    struct entry {
        bool is_end = false;
        core::decision decision;
        std::uint32_t schedule_no = 0; ///< of the slots that it says
        std::uint32_t no = 0;          ///< which of those that move the cursor
        end_record end;
    };
    enum class fate : std::uint8_t { works, fails, answer_lost };

    std::vector<entry> queue;
    std::size_t head = 0;
    std::size_t told = 0;    ///< up to here nobody waits for an answer any more
    std::uint32_t moves = 0; ///< decisions that came here and move the cursor
    bool calling = false;
    bool applied = false; ///< the store has done it, and its answer is on its way
    fate ends = fate::works;
    std::int64_t answer_at = never_ns;
    std::int64_t overdue_at = never_ns;
    begin_answer begun;
    finish_state finished = finish_state::recorded;

    [[nodiscard]] std::size_t size() const noexcept { return queue.size() - head; }
    [[nodiscard]] entry& front() noexcept { return queue[head]; }
    entry& push() { return queue.emplace_back(); }
    entry pop() {
        entry e = std::move(queue[head++]);
        if (head == queue.size()) {
            queue.clear();
            head = told = 0;
        }
        return e;
    }
    void hang_up() noexcept {
        calling = applied = false;
        answer_at = overdue_at = never_ns;
    }
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_LANE_HPP
