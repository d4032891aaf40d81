// SPDX-License-Identifier: BSL-1.0
#include <cron/zone.hpp>

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

namespace rondo::crontab {
namespace {

using point = cctz::time_point<cctz::seconds>;

constexpr cctz::civil_second epoch(1970, 1, 1);

utc_seconds from_point(point t) noexcept {
    return t.time_since_epoch().count();
}

point to_point(utc_seconds t) noexcept {
    return point(cctz::seconds(t));
}

class cctz_zone final : public zone {
public:
    explicit cctz_zone(cctz::time_zone z) : zone_(z) {
        cctz::time_zone::civil_transition c;
        if (zone_.prev_transition(point::max(), &c)) last_ = change(c).at;
        ends_ = last_ < to_seconds(2300);
    }

    local_seconds to_local(utc_seconds t) const override { return t + zone_.lookup(to_point(t)).offset; }

    placed look_up(local_seconds t) const override {
        auto found = zone_.lookup(epoch + t);
        placed p{placed::kind::unique, from_point(found.pre), from_point(found.post),
                 from_point(found.trans)};
        if (found.kind == cctz::time_zone::civil_lookup::SKIPPED) p.what = placed::kind::gap;
        if (found.kind == cctz::time_zone::civil_lookup::REPEATED) p.what = placed::kind::overlap;
        return p;
    }

    std::optional<clock_change> next_change(utc_seconds t) const override {
        cctz::time_zone::civil_transition c;
        std::int64_t moved = moved_back(t);
        if (!zone_.next_transition(to_point(t - moved), &c)) return std::nullopt;
        return change(c, moved);
    }

    std::optional<clock_change> previous_change(utc_seconds t) const override {
        cctz::time_zone::civil_transition c;
        std::int64_t moved = t == last_ ? 0 : moved_back(t);
        if (!zone_.prev_transition(to_point(t - moved + 1), &c)) return std::nullopt;
        return change(c, moved);
    }

private:
    static utc_seconds to_seconds(int year) noexcept { return cctz::civil_second(year, 1, 1) - epoch; }

    // cctz lists the changes of 400 years only, after which they come again; what it looks up knows that.
    std::int64_t moved_back(utc_seconds t) const noexcept {
        constexpr std::int64_t cycle = 146'097 * seconds_a_day;
        return ends_ || t < last_ ? 0 : ((t - last_) / cycle + 1) * cycle;
    }

    clock_change change(const cctz::time_zone::civil_transition& c, std::int64_t moved = 0) const {
        return {from_point(zone_.lookup(c.to).trans) + moved, c.from - epoch + moved, c.to - epoch + moved};
    }

    // The last change that cctz lists, and whether there is none after it.
    utc_seconds last_ = 0;
    bool ends_ = true;
    cctz::time_zone zone_;
};

// The name may come from anywhere, and cctz would also take paths, names of its own making, and the one that
// means another zone on each machine.
bool is_iana_name(std::string_view name) noexcept {
    auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-' || c == '+' || c == '/';
    };
    return !name.empty() && name.size() <= 64 && name.front() != '/' && std::ranges::all_of(name, allowed) &&
           !name.starts_with("Fixed/") && name != "localtime" && name != "posixrules" && name != "Factory";
}

} // namespace

std::shared_ptr<const zone> find_zone(std::string_view name) {
    if (name == "UTC") return utc_zone();
    cctz::time_zone loaded; // cctz keeps what it has loaded
    if (!is_iana_name(name) || !cctz::load_time_zone(std::string(name), &loaded)) return nullptr;
    return std::make_shared<cctz_zone>(loaded);
}

} // namespace rondo::crontab
