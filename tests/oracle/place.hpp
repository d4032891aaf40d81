// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_ORACLE_PLACE_HPP
#define RONDO_TESTS_ORACLE_PLACE_HPP

#include <cron/zone.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rondo::oracle {

/// The clocks of a place from 1973 to 2110, found by asking cctz for its offset every three hours: not
/// by the way that lib/cron goes. From 1973 on all offsets are whole minutes.
class place {
public:
    struct change {
        std::int64_t at;
        std::int64_t offset_before;
        std::int64_t offset_after;

        [[nodiscard]] std::int64_t gap() const noexcept { return offset_after - offset_before; }
    };

    static constexpr std::int64_t first = 94'694'400;   ///< 1973-01-01
    static constexpr std::int64_t last = 4'417'977'600; ///< 2110-01-01

    explicit place(std::string name);

    [[nodiscard]] std::int64_t local(std::int64_t utc) const noexcept;
    /// The first change later than `from`, or the end.
    [[nodiscard]] std::vector<change>::const_iterator first_change_after(std::int64_t from) const noexcept;
    [[nodiscard]] const std::vector<change>& changes() const noexcept { return changes_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// The same place as lib/cron sees it.
    [[nodiscard]] const std::shared_ptr<const crontab::zone>& zone() const noexcept { return zone_; }

private:
    std::string name_;
    std::shared_ptr<const crontab::zone> zone_;
    std::int64_t offset_at_first_ = 0;
    std::vector<change> changes_;
};

} // namespace rondo::oracle

#endif // RONDO_TESTS_ORACLE_PLACE_HPP
