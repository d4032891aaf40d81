// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_PERIOD_HPP
#define RONDO_CRON_PERIOD_HPP

#include <cstdint>

namespace rondo::crontab {

/// Which days, weeks, months or years count: each `n`-th, from the one on with day `from`. All, by default.
struct period {
    enum class unit : std::uint8_t { days, weeks, months, years };

    unit of = unit::days;
    int n = 1;
    std::int64_t from = 0; ///< days since 1970-01-01

    [[nodiscard]] bool all() const noexcept { return n == 1; }
    /// The days of that month that count: bit d for day d.
    [[nodiscard]] std::uint32_t days_of(int year, int month) const noexcept;
};

} // namespace rondo::crontab

#endif // RONDO_CRON_PERIOD_HPP
