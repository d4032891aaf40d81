// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_EXCLUSION_HPP
#define RONDO_CRON_EXCLUSION_HPP

#include <rondo/calendar.hpp>

#include <cron/zone.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::crontab {

/// What a calendar excludes, ready to be asked.
class exclusion {
public:
    explicit exclusion(calendar c);

    /// From `begin` until before `end` all is excluded.
    struct span {
        wall_time begin;
        wall_time end;
    };

    /// One that has `t` in it; none if `t` is not excluded. `why`, if given, is told the reason.
    [[nodiscard]] std::optional<span> at(wall_time t, wall_time anchor, std::string* why = nullptr) const;
    /// Of a `t` that is not excluded: until before when nothing is, later than `t` and a day at most.
    [[nodiscard]] wall_time open_until(wall_time t, wall_time anchor) const;

    [[nodiscard]] const calendar& source() const noexcept { return calendar_; }
    [[nodiscard]] std::string text() const;
    /// "12 dates, each Sunday".
    [[nodiscard]] std::string describe() const;

private:
    struct local;
    enum class by : std::uint8_t { nothing, date, weekday };
    struct row { // days since 1970
        std::int64_t first;
        std::int64_t after;
    };

    [[nodiscard]] row row_of(std::int64_t day) const;
    [[nodiscard]] local look_at(wall_time t) const;
    [[nodiscard]] span between(const local& here, local_seconds from, local_seconds to) const;
    [[nodiscard]] by excludes_day(const local& here, std::string* why) const;

    calendar calendar_;
    std::shared_ptr<const zone> zone_;
    std::vector<std::chrono::sys_days> dates_;
};

} // namespace rondo::crontab

#endif // RONDO_CRON_EXCLUSION_HPP
