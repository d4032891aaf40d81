// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_ZONE_HPP
#define RONDO_CRON_ZONE_HPP

#include <cron/local_times.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace rondo::crontab {

/// Seconds since 1970-01-01T00:00:00Z.
using utc_seconds = std::int64_t;

/// Where a local time is.
struct placed {
    enum class kind : std::uint8_t {
        unique,
        gap,     ///< the clocks jump over it
        overlap, ///< it comes twice
    };

    kind what = kind::unique;
    utc_seconds first = 0;  ///< by the offset before the change; what it is, if unique
    utc_seconds second = 0; ///< by the offset after the change
    utc_seconds change = 0; ///< when the clocks change, unless unique

    /// How much the clocks are turned by.
    [[nodiscard]] std::int64_t span() const noexcept {
        return first < second ? second - first : first - second;
    }
};

/// A change of the clocks, as it shows on the wall: at `at` they go from `before` to `after`.
struct clock_change {
    utc_seconds at = 0;
    local_seconds before = 0; ///< what they would have shown
    local_seconds after = 0;  ///< what they show
};

/// All that is asked of a time zone. Immutable, so any thread may ask.
class zone {
public:
    virtual ~zone() = default;
    [[nodiscard]] virtual local_seconds to_local(utc_seconds t) const = 0;
    [[nodiscard]] virtual placed look_up(local_seconds t) const = 0;
    /// The first change later than `t`.
    [[nodiscard]] virtual std::optional<clock_change> next_change(utc_seconds t) const = 0;
    /// The last change at `t` or earlier.
    [[nodiscard]] virtual std::optional<clock_change> previous_change(utc_seconds t) const = 0;
};

/// By IANA name, from the system's data; null if there is none of that name. "UTC" is always there.
[[nodiscard]] std::shared_ptr<const zone> find_zone(std::string_view name);

[[nodiscard]] std::shared_ptr<const zone> utc_zone();

} // namespace rondo::crontab

#endif // RONDO_CRON_ZONE_HPP
