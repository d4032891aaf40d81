// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CATCH_UP_HPP
#define RONDO_CATCH_UP_HPP

#include <chrono>
#include <cstdint>
#include <string_view>

namespace rondo {

/// Which of the slots that were missed run.
enum class coalesce : std::uint8_t {
    latest, ///< the last of them, once for all
    all,    ///< each, in order, one after the end of another (under `overlap::allow_all`: beside each other)
    none,   ///< none: the task goes on with a slot that is on time
};

/// "latest", "all", "none". Any thread.
[[nodiscard]] std::string_view to_string(coalesce c) noexcept;

inline constexpr std::chrono::microseconds catch_up_spread_max = std::chrono::days(7);

/// What becomes of slots that fell due while nobody looked: the process was down, the machine asleep, the
/// loop held up, the wall clock set forward, the task paused and then resumed from the past.
///
/// A slot is on time if it is looked at at most `grace` after it fell due, or after its wait by `task::tolerance`,
/// in the life in which it fell due; it runs whatever is said here, unless a later slot is on time too and stands for it. Waiting for a place
/// under `manager_options::runs_in_flight_max` makes no slot late. What does not run is skipped as `missed`:
/// a range at once, so a million missed slots cost what one costs.
struct catch_up {
    rondo::coalesce coalesce = rondo::coalesce::latest;
    /// Slots that are late by more than this never run. Not negative.
    std::chrono::microseconds window = std::chrono::microseconds::max();
    /// Not negative.
    std::chrono::microseconds grace = std::chrono::seconds(1);
    /// Tasks that catch up begin with it spread over so long, so that a restart is no stampede. When one
    /// begins is drawn from its uid, so it is the same each time. Not negative, at most `catch_up_spread_max`.
    /// 0: at once.
    std::chrono::microseconds spread{0};

    friend bool operator==(const catch_up&, const catch_up&) = default;
};

} // namespace rondo

#endif // RONDO_CATCH_UP_HPP
