// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CALENDAR_HPP
#define RONDO_CALENDAR_HPP

#include <rondo/schedule.hpp>
#include <rondo/time.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rondo {

/// Days and hours that `except` takes out of a schedule: holidays, week-ends, maintenance windows. Whatever
/// is added is excluded together. Days and hours are those of the calendar's time zone.
class calendar {
public:
    calendar() = default;
    /// From text: a date on each line ("2025-12-25"), or first and last ("2025-12-24/2026-01-02"), and behind
    /// it, after a blank, whatever one likes; empty lines and such as begin with `#` are passed over. What is
    /// wrong is said by `problem()`, with the line. At most 16 MiB.
    [[nodiscard]] static calendar from_text(std::string_view text);
    /// From a file of such text. Blocks while it reads.
    [[nodiscard]] static calendar from_file(const std::string& path);

    /// IANA name. Default: "UTC".
    calendar& zone(std::string name) { return zone_ = std::move(name), *this; }
    calendar& date(std::chrono::year_month_day day);
    /// All days from `first` to `last`, both included; at most 1,000,000.
    calendar& dates(std::chrono::year_month_day first, std::chrono::year_month_day last);
    calendar& weekday(std::chrono::weekday day);
    /// Saturday and Sunday.
    calendar& weekend() { return weekday(std::chrono::Saturday).weekday(std::chrono::Sunday); }
    /// Each day from `from` until before `to`, as times since midnight (0 to 24 h); over midnight if `to` is
    /// not later than `from`.
    calendar& hours(std::chrono::seconds from, std::chrono::seconds to);
    /// From `from` until before `to`.
    calendar& range(wall_time from, wall_time to);
    /// The instants that are slots of `when`, a cron expression, say, for the task and its anchor.
    calendar& slots(schedule when);

    /// Why it cannot be used; empty if it can. Adding a task with it fails with `errc::invalid_schedule`.
    [[nodiscard]] std::string problem() const;

    // What it was made of, for the rule.
    struct part_hours {
        std::chrono::seconds from;
        std::chrono::seconds to;
    };
    struct part_range {
        wall_time from;
        wall_time to;
    };
    [[nodiscard]] const std::string& zone() const noexcept { return zone_; }
    /// Sorted, each once.
    [[nodiscard]] std::vector<std::chrono::sys_days> all_dates() const;
    [[nodiscard]] std::uint8_t weekdays() const noexcept { return weekdays_; } ///< bit 0: Sunday
    [[nodiscard]] const std::vector<part_hours>& all_hours() const noexcept { return hours_; }
    [[nodiscard]] const std::vector<part_range>& all_ranges() const noexcept { return ranges_; }
    [[nodiscard]] const std::vector<schedule>& all_slots() const noexcept { return slots_; }

    /// As it is for the task of that uid.
    [[nodiscard]] calendar for_uid(std::string_view uid) const;

private:
    void fail(std::string why);

    std::string zone_ = "UTC";
    std::string problem_; // the first
    std::vector<std::chrono::sys_days> dates_;
    std::vector<part_hours> hours_;
    std::vector<part_range> ranges_;
    std::vector<schedule> slots_;
    std::uint8_t weekdays_ = 0;
};

} // namespace rondo

#endif // RONDO_CALENDAR_HPP
