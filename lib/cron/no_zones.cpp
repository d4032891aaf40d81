// SPDX-License-Identifier: BSL-1.0
#include <cron/zone.hpp>

namespace rondo::crontab {

// Built without cctz.
std::shared_ptr<const zone> find_zone(std::string_view name) {
    return name == "UTC" ? utc_zone() : nullptr;
}

} // namespace rondo::crontab
