// SPDX-License-Identifier: BSL-1.0
#include <cron/exclusion.hpp>
#include <cron/walk.hpp>
#include <rondo/combine.hpp>

#include <algorithm>
#include <utility>

namespace rondo {
namespace {

using crontab::exclusion;
using crontab::one_tick;

class except_rule final : public schedule_rule {
public:
    except_rule(schedule of, std::shared_ptr<const exclusion> excluded)
        : of_(std::move(of)), excluded_(std::move(excluded)) {}

    moment next_after(wall_time t, wall_time anchor) const override {
        moment next = of_.next_after(t, anchor);
        for (std::uint64_t n = 0; next && n != crontab::walk_max; ++n) {
            auto span = excluded_->at(*next, anchor);
            if (!span) return next;
            next = of_.next_after(span->end - one_tick, anchor);
        }
        return {};
    }
    moment previous_before(wall_time t, wall_time anchor) const override {
        moment previous = of_.previous_before(t, anchor);
        for (std::uint64_t n = 0; previous && n != crontab::walk_max; ++n) {
            auto span = excluded_->at(*previous, anchor);
            if (!span) return previous;
            previous = of_.previous_before(span->begin, anchor);
        }
        return {};
    }
    // From one exclusion to the next: some steps a day, however many slots a day has.
    std::uint64_t count(wall_time after, wall_time until, wall_time anchor) const override {
        std::uint64_t n = 0;
        moment next = of_.next_after(after, anchor);
        while (next && *next <= until) {
            wall_time end;
            if (auto span = excluded_->at(*next, anchor)) {
                end = span->end - one_tick;
            } else {
                end = std::min(excluded_->open_until(*next, anchor) - one_tick, until);
                n += of_.count(*next - one_tick, end, anchor);
            }
            next = of_.next_after(end, anchor);
        }
        return n;
    }
    std::string text() const override { return "except(" + of_.text() + ", " + excluded_->text() + ")"; }
    std::string describe() const override { return of_.describe() + ", except " + excluded_->describe(); }
    std::string explain(wall_time t, wall_time anchor) const override {
        std::string why;
        if (of_.count(t - one_tick, t, anchor) != 0 && excluded_->at(t, anchor, &why))
            return "it does not fire: " + why;
        return of_.explain(t, anchor);
    }
    std::string problem() const override {
        if (!of_.has_times()) return of_.text() + " has no times of its own, so nothing can be excluded";
        if (auto bad = of_.problem(); !bad.empty()) return bad;
        auto bad = excluded_->source().problem();
        return bad.empty() ? "" : "calendar: " + bad;
    }
    bool countable() const override { return of_.rule() == nullptr || of_.rule()->countable(); }
    std::shared_ptr<const schedule_rule> for_uid(std::string_view uid) const override {
        auto bound = excluded_->source().all_slots().empty()
                         ? excluded_
                         : std::make_shared<const exclusion>(excluded_->source().for_uid(uid));
        return std::make_shared<except_rule>(of_.for_uid(uid), std::move(bound));
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
