// SPDX-License-Identifier: BSL-1.0
#include <cron/describe.hpp>
#include <cron/explain.hpp>
#include <cron/walk.hpp>
#include <cron/zone.hpp>
#include <rondo/combine.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rondo {
namespace {

using crontab::local_seconds;
using crontab::one_tick;
using crontab::seconds_a_day;

/// What a calendar excludes, ready to be asked.
class exclusion {
public:
    explicit exclusion(calendar c)
        : calendar_(std::move(c)), zone_(crontab::find_zone(calendar_.zone())),
          dates_(calendar_.all_dates()) {
        if (zone_ == nullptr) zone_ = crontab::utc_zone();
    }

    /// If `t` is excluded: from when on it may no longer be, later than `t`. All between is excluded.
    moment until(wall_time t, std::string* why = nullptr) const {
        local_seconds local =
            zone_->to_local(std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count());
        auto day =
            std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(local)));
        auto midnight = day.time_since_epoch().count() * seconds_a_day;
        auto say = [&](auto&& text) {
            if (why != nullptr) *why = text();
        };
        if (std::ranges::binary_search(dates_, day)) {
            say([&] { return "the calendar excludes the date " + crontab::show_local(local).substr(0, 10); });
            return later(t, midnight + seconds_a_day);
        }
        int weekday = crontab::weekday_of(day.time_since_epoch().count());
        if ((calendar_.weekdays() >> weekday & 1) != 0) {
            say([&] { return fmt::format("the calendar excludes each {}", crontab::weekday_name(weekday)); });
            return later(t, midnight + seconds_a_day);
        }
        for (const auto& h : calendar_.all_hours()) {
            auto from = h.from.count();
            auto to = h.to.count();
            auto time = local - midnight;
            bool over_midnight = to <= from;
            if (over_midnight ? time < from && time >= to : time < from || time >= to) continue;
            say([&] {
                return "the calendar excludes that time of day: it is " +
                       crontab::show_local(local).substr(11);
            });
            return later(t, midnight + to + (over_midnight && time >= from ? seconds_a_day : 0));
        }
        for (const auto& r : calendar_.all_ranges()) {
            if (t < r.from || t >= r.to) continue;
            say([&] { return "the calendar excludes " + to_string(r.from) + " to " + to_string(r.to); });
            return r.to;
        }
        for (const schedule& s : calendar_.all_slots()) {
            if (s.count(t - one_tick, t, {}) == 0) continue;
            say([&] { return "the calendar excludes the slots of " + s.text(); });
            return t + one_tick;
        }
        return {};
    }

    const calendar& source() const noexcept { return calendar_; }

    std::string text() const {
        std::string text = "calendar(";
        for (auto d : dates_) text += to_string(wall_time(d), 0).substr(0, 10) + " ";
        if (calendar_.weekdays() != 0) text += fmt::format("weekdays={:02x} ", calendar_.weekdays());
        for (const auto& h : calendar_.all_hours())
            text += fmt::format("hours={}-{} ", h.from.count(), h.to.count());
        for (const auto& r : calendar_.all_ranges())
            text += to_string(r.from, 6) + "/" + to_string(r.to, 6) + " ";
        for (const auto& s : calendar_.all_slots()) text += "slots=" + s.text() + " ";
        return text + "zone=" + calendar_.zone() + ")";
    }

private:
    moment later(wall_time t, local_seconds local) const {
        auto p = zone_->look_up(local);
        auto at = p.what == crontab::placed::kind::gap ? p.change : p.first;
        return std::max(wall_time(std::chrono::seconds(at)), t + one_tick);
    }

    calendar calendar_;
    std::shared_ptr<const crontab::zone> zone_;
    std::vector<std::chrono::sys_days> dates_;
};

class except_rule final : public schedule_rule {
public:
    except_rule(schedule of, std::shared_ptr<const exclusion> excluded)
        : of_(std::move(of)), excluded_(std::move(excluded)) {}

    moment next_after(wall_time t, wall_time anchor) const override {
        moment next = of_.next_after(t, anchor);
        for (std::uint64_t n = 0; next && n != crontab::walk_max; ++n) {
            moment until = excluded_->until(*next);
            if (!until) return next;
            next = of_.next_after(*until - one_tick, anchor);
        }
        return {};
    }
    moment previous_before(wall_time t, wall_time anchor) const override {
        moment previous = of_.previous_before(t, anchor);
        for (std::uint64_t n = 0; previous && n != crontab::walk_max; ++n) {
            if (!excluded_->until(*previous)) return previous;
            previous = of_.previous_before(*previous, anchor);
        }
        return {};
    }
    std::uint64_t count(wall_time after, wall_time until, wall_time anchor) const override {
        std::uint64_t n = 0;
        std::uint64_t walked = 0;
        moment t = of_.next_after(after, anchor);
        while (t && *t <= until && walked++ != crontab::count_max) {
            moment end = excluded_->until(*t);
            if (!end) ++n;
            t = of_.next_after(end ? *end - one_tick : *t, anchor);
        }
        return n;
    }
    std::string text() const override { return "except(" + of_.text() + ", " + excluded_->text() + ")"; }
    std::string describe() const override {
        const calendar& c = excluded_->source();
        std::vector<std::string> parts;
        if (auto n = c.all_dates().size(); n != 0)
            parts.push_back(fmt::format("{} date{}", n, n == 1 ? "" : "s"));
        for (int d = 1; d <= 7; ++d)
            if ((c.weekdays() >> (d % 7) & 1) != 0)
                parts.push_back(fmt::format("each {}", crontab::weekday_name(d % 7)));
        for (const auto& h : c.all_hours())
            parts.push_back(crontab::show_local(h.from.count()).substr(11, 5) + " to " +
                            crontab::show_local(h.to.count()).substr(11, 5));
        for (const auto& r : c.all_ranges()) parts.push_back(to_string(r.from) + " to " + to_string(r.to));
        for (const auto& s : c.all_slots()) parts.push_back(s.describe());
        return fmt::format("{}, except {}", of_.describe(), fmt::join(parts, ", "));
    }
    std::string explain(wall_time t, wall_time anchor) const override {
        std::string why;
        if (of_.count(t - one_tick, t, anchor) != 0 && excluded_->until(t, &why))
            return "it does not fire: " + why;
        return of_.explain(t, anchor);
    }
    std::string problem() const override {
        if (of_.type() == schedule::kind::every_after)
            return "every_after has no times of its own, so nothing can be excluded";
        if (auto bad = of_.problem(); !bad.empty()) return bad;
        auto bad = excluded_->source().problem();
        return bad.empty() ? "" : "calendar: " + bad;
    }
    std::shared_ptr<const schedule_rule> for_uid(std::string_view uid) const override {
        return std::make_shared<except_rule>(of_.for_uid(uid), excluded_);
    }

private:
    schedule of_;
    std::shared_ptr<const exclusion> excluded_;
};

} // namespace

schedule except(schedule when, calendar excluded) {
    return schedule(std::make_shared<except_rule>(std::move(when),
                                                  std::make_shared<const exclusion>(std::move(excluded))));
}

} // namespace rondo
