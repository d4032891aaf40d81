// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_GROUP_HPP
#define RONDO_GROUP_HPP

#include <rondo/shared_string.hpp>
#include <rondo/time.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

namespace rondo {

inline constexpr std::size_t group_starts_max = 1'000'000;
inline constexpr std::size_t groups_max = 10'000;

/// Tasks that share something scarce, as a database or somebody's API, and the limits of that. A task is in
/// one group or in none (`task::group`).
///
/// A run counts from when it is decided to start until its body is gone: slots, manual runs, backfills and
/// retries alike; one that waits for its next attempt does not. What finds no place waits, the most important
/// first (`task::priority`), and keeps nobody of another group waiting.
class group {
public:
    /// Without limits. The name is as a uid: 1 to `uid_size_max` bytes, no control characters.
    explicit group(std::string name) : name_(std::move(name)) {}

    /// Never more runs at once than this. 0: no limit.
    group& runs_in_flight_max(std::size_t n) noexcept { return runs_in_flight_max_ = n, *this; }
    /// In no stretch of time of this length, wherever it begins, do more bodies start. At most
    /// `group_starts_max`; 0: no limit. The length is 1 nanosecond to 1 year. Measured on the monotonic clock.
    group& starts_max(std::size_t n, std::chrono::nanoseconds per) noexcept {
        return starts_max_ = n, starts_per_ = per, *this;
    }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::size_t runs_in_flight_max() const noexcept { return runs_in_flight_max_; }
    [[nodiscard]] std::size_t starts_max() const noexcept { return starts_max_; }
    [[nodiscard]] std::chrono::nanoseconds starts_per() const noexcept { return starts_per_; }

private:
    std::string name_;
    std::size_t runs_in_flight_max_ = 0;
    std::size_t starts_max_ = 0;
    std::chrono::nanoseconds starts_per_ = std::chrono::seconds(1);
};

/// One group as it stands.
struct group_stat {
    shared_string name;
    std::size_t runs_in_flight_max = 0;
    std::size_t starts_max = 0;
    std::chrono::nanoseconds starts_per{0};
    std::size_t runs_in_flight = 0;
    /// Tasks with something that waits for a place, and retries that do.
    std::size_t waiting = 0;
    std::size_t starts = 0; ///< in the stretch of `starts_per` that ends now; 0 without a limit on them
};

} // namespace rondo

#endif // RONDO_GROUP_HPP
