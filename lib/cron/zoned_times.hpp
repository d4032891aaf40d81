// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_ZONED_TIMES_HPP
#define RONDO_CRON_ZONED_TIMES_HPP

#include <rondo/cron_options.hpp>

#include <cron/local_times.hpp>
#include <cron/zone.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace rondo::crontab {

/// The gap rule moves no time over a gap that is longer: no clock is turned by so much, a date line is.
inline constexpr std::int64_t gap_seconds_max = 3 * 3'600;

/// The instants at which local times come in a zone.
class zoned_times {
public:
    /// `gap` and `overlap` are for fixed times; frequent ones follow real time.
    zoned_times(const cron_fields& f, std::shared_ptr<const zone> z, gap_rule gap, overlap_rule overlap,
                const period& p = {}) noexcept;

    /// The first later than `t`.
    [[nodiscard]] std::optional<utc_seconds> next_after(utc_seconds t) const;
    /// The last earlier than `t`.
    [[nodiscard]] std::optional<utc_seconds> previous_before(utc_seconds t) const;
    /// How many are later than `from` and not later than `to`. It costs a step for each month and each
    /// change of the clocks between the two, however many there are.
    [[nodiscard]] std::uint64_t count(utc_seconds from, utc_seconds to) const;

    [[nodiscard]] const local_times& times() const noexcept { return times_; }
    [[nodiscard]] const std::shared_ptr<const zone>& place() const noexcept { return zone_; }
    [[nodiscard]] gap_rule gap() const noexcept { return gap_; }
    [[nodiscard]] overlap_rule overlap() const noexcept { return overlap_; }

private:
    [[nodiscard]] std::optional<utc_seconds> ordinary_after(utc_seconds t) const;
    [[nodiscard]] std::optional<utc_seconds> ordinary_before(utc_seconds t) const;
    [[nodiscard]] std::optional<utc_seconds> shifted_after(utc_seconds t,
                                                           std::optional<utc_seconds> limit) const;
    [[nodiscard]] std::optional<utc_seconds> shifted_before(utc_seconds t,
                                                            std::optional<utc_seconds> limit) const;
    [[nodiscard]] std::uint64_t made_up(const clock_change& c, utc_seconds from, utc_seconds to) const;
    [[nodiscard]] std::uint64_t not_taken(const clock_change& c, utc_seconds from, utc_seconds to) const;

    local_times times_;
    std::shared_ptr<const zone> zone_;
    gap_rule gap_;
    overlap_rule overlap_;
};

} // namespace rondo::crontab

#endif // RONDO_CRON_ZONED_TIMES_HPP
