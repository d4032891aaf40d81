// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_FAILURE_COUNT_HPP
#define RONDO_FAILURE_COUNT_HPP

#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace rondo {

/// Works out `task_state::failures` from the runs of a task, for a repository. Not thread-safe.
class failure_count {
public:
    /// What counts of a run.
    struct attempt {
        wall_time scheduled_at{};
        wall_time finished_at{}; ///< if it ended
        std::uint32_t number = 1;
        rondo::trigger trigger = rondo::trigger::schedule;
        std::optional<rondo::outcome> outcome; ///< none: it is in flight
    };

    /// Takes the runs of a task, in flight or not, the one that started last first. Returns whether those that
    /// started before it may count too.
    bool take(const attempt& a);
    /// How many slots and manual runs have failed or timed out since the latest success, their last attempt, that
    /// is; each counts from the end of that attempt.
    [[nodiscard]] std::uint32_t failures() const;

private:
    struct failure {
        attempt what;
        std::size_t place; // among all that were taken
    };

    [[nodiscard]] bool after_success(const failure& f) const noexcept;

    std::vector<failure> failed_;
    std::vector<attempt> retries_;
    std::optional<failure> success_; // the one that ended last
    std::size_t taken_ = 0;
    std::size_t ended_ = 0;
    std::size_t ended_before_success_ = 0;
};

} // namespace rondo

#endif // RONDO_FAILURE_COUNT_HPP
