// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_HISTORY_READER_HPP
#define RONDO_CORE_HISTORY_READER_HPP

#include <rondo/outcome_set.hpp>
#include <rondo/run.hpp>
#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <core/followed_slots.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

namespace rondo::core {

/// How a slot ended.
struct ended_slot {
    wall_time slot{};
    wall_time at{};
};

/// Finds in the history of a task how its slots ended, page by page, the latest start first. Of those that ended as
/// wanted it keeps the latest, at least `most` and not many more.
class history_reader {
public:
    /// Whether who asks hears, or has heard, of the end of a slot otherwise.
    using told = std::function<bool(wall_time)>;

    explicit history_reader(outcome_set wanted, wall_time from = wall_time_first, std::size_t most = 1000)
        : wanted_(wanted), from_(from), most_(most) {}

    /// What is not a slot's, or not over, does not count. A run may come twice: once it has ended, that counts.
    void note(const run& r);
    void read(std::span<const run> page, const told& otherwise);
    /// The slots whose last attempt ended so, in order, but for the surplus before them.
    [[nodiscard]] std::vector<ended_slot> ended() const;
    [[nodiscard]] const surplus_slots& surplus() const noexcept { return surplus_; }
    /// The last slot of all that ended.
    [[nodiscard]] moment latest() const noexcept;

private:
    struct attempts {
        bool of_slot = false; ///< the first took the slot
        std::uint32_t latest = 0;
        bool over = false;
        outcome how{};
        wall_time at{};

        [[nodiscard]] bool complete() const noexcept { return of_slot && over; }
    };

    void let_go(const told& otherwise);

    outcome_set wanted_;
    wall_time from_; // a slot before it counts for nothing
    std::size_t most_;
    std::map<wall_time, attempts> slots_;
    surplus_slots surplus_;
    moment latest_; // of those that are let go of
};

} // namespace rondo::core

#endif // RONDO_CORE_HISTORY_READER_HPP
