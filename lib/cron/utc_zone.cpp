// SPDX-License-Identifier: BSL-1.0
#include <cron/zone.hpp>

namespace rondo::crontab {
namespace {

class utc final : public zone {
public:
    local_seconds to_local(utc_seconds t) const override { return t; }
    placed look_up(local_seconds t) const override { return {placed::kind::unique, t, t, 0}; }
    std::optional<clock_change> next_change(utc_seconds) const override { return std::nullopt; }
    std::optional<clock_change> previous_change(utc_seconds) const override { return std::nullopt; }
};

} // namespace

std::shared_ptr<const zone> utc_zone() {
    return std::make_shared<utc>();
}

} // namespace rondo::crontab
