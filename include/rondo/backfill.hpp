// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BACKFILL_HPP
#define RONDO_BACKFILL_HPP

#include <rondo/time.hpp>

#include <cstdint>

namespace rondo {

/// Under `overlap::allow_all`, no more runs of a backfill than this are in flight, whatever the task allows.
inline constexpr std::uint32_t backfill_in_flight_max = 100;

/// How far a backfill is; what `async_backfill` gives at its end. A slot is counted once, with the outcome of
/// its last attempt.
struct backfill_progress {
    std::uint64_t slots = 0;     ///< that the schedule has in the range
    std::uint64_t succeeded = 0; ///< of these
    std::uint64_t failed = 0;    ///< ended in any other way
    std::uint64_t skipped = 0;   ///< by the overlap policy, or because it was stopped
    std::uint64_t in_flight = 0; ///< those too that will be tried again
    std::uint64_t left = 0;      ///< to be started
    moment next;                 ///< the first of these

    friend bool operator==(const backfill_progress&, const backfill_progress&) = default;
};

} // namespace rondo

#endif // RONDO_BACKFILL_HPP
