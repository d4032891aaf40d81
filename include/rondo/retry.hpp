// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RETRY_HPP
#define RONDO_RETRY_HPP

#include <chrono>
#include <cstdint>

namespace rondo {

inline constexpr std::uint32_t retry_attempts_max = 1000;
inline constexpr std::chrono::microseconds retry_wait_max = std::chrono::days(7);

/// What becomes of a run that failed or timed out: another with the same slot or the same users, of trigger
/// `retry`. The slot is not over until the last of them is, so for the overlap policy they are one run that
/// also lasts from one attempt to the next; the next slot is not moved. Whoever waits in `async_run` gets the
/// last attempt. No retry outlives the manager; a run that was cancelled gets none.
struct retry {
    /// How many runs there are at most, the first one included. 1 to `retry_attempts_max`. 1: no retry.
    std::uint32_t attempts = 1;
    /// From the end of the first attempt to the second. Positive, at most `retry_wait_max`.
    std::chrono::microseconds backoff = std::chrono::seconds(1);
    /// By what each wait is longer than the one before. 1 to 100.
    double factor = 2;
    /// No wait is longer. At least `backoff`, at most `retry_wait_max`.
    std::chrono::microseconds max = std::chrono::minutes(5);
    /// Each wait is shorter by up to this part of it, so that what failed together does not try again
    /// together. How much is drawn from the uid, the slot and the attempt, so it is the same each time. 0 to 1.
    double jitter = 0.1;

    friend bool operator==(const retry&, const retry&) = default;
};

} // namespace rondo

#endif // RONDO_RETRY_HPP
