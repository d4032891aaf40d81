// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_LOCAL_TIMES_HPP
#define RONDO_CRON_LOCAL_TIMES_HPP

#include <cron/days.hpp>
#include <cron/period.hpp>

#include <cstdint>
#include <optional>

namespace rondo::crontab {

/// A time of the clock on the wall, with no zone: seconds since 1970-01-01T00:00:00 there.
using local_seconds = std::int64_t;

inline constexpr local_seconds seconds_a_day = 86'400;

/// The years that are looked at.
inline constexpr int year_first = 1;
inline constexpr int year_last = 9999;

/// The local times that an expression names, in order. No zone yet.
class local_times {
public:
    explicit local_times(const cron_fields& f, const period& p = {}) noexcept;

    /// Whether there is none, decided from the calendar.
    [[nodiscard]] bool empty() const noexcept { return empty_; }
    [[nodiscard]] bool contains(local_seconds t) const noexcept;
    /// The earliest at `t` or later.
    [[nodiscard]] std::optional<local_seconds> first_from(local_seconds t) const noexcept;
    /// The latest at `t` or earlier.
    [[nodiscard]] std::optional<local_seconds> last_until(local_seconds t) const noexcept;
    /// How many are in `from` to `to`, both included.
    [[nodiscard]] std::uint64_t count(local_seconds from, local_seconds to) const noexcept;
    [[nodiscard]] const cron_fields& fields() const noexcept { return fields_; }
    /// The days of that month that match: bit d for day d.
    [[nodiscard]] std::uint32_t days_of(int year, int month) const noexcept;

private:
    [[nodiscard]] bool year_allowed(int year) const noexcept;
    [[nodiscard]] int next_year(int year) const noexcept;
    [[nodiscard]] int previous_year(int year) const noexcept;
    [[nodiscard]] std::optional<int> time_from(int second_of_day) const noexcept;
    [[nodiscard]] std::optional<int> time_until(int second_of_day) const noexcept;
    [[nodiscard]] std::uint64_t times_until(int second_of_day) const noexcept;
    [[nodiscard]] bool has_day() const noexcept;

    cron_fields fields_;
    period period_;
    int first_time_; // of a day, in seconds
    int last_time_;
    std::uint32_t times_a_day_;
    bool empty_;
};

} // namespace rondo::crontab

#endif // RONDO_CRON_LOCAL_TIMES_HPP
