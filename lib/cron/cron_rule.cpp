// SPDX-License-Identifier: BSL-1.0
#include <cron/cron_message.hpp>
#include <cron/cron_rule.hpp>
#include <cron/describe.hpp>
#include <cron/explain.hpp>
#include <rondo/detail/cron_parser.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace rondo::crontab {
namespace {

wall_time from_seconds(utc_seconds t) noexcept {
    return wall_time(std::chrono::seconds(t));
}

moment within_range(std::optional<utc_seconds> t) noexcept {
    if (!t || from_seconds(*t) < wall_time_first || from_seconds(*t) > wall_time_last) return {};
    return from_seconds(*t);
}

utc_seconds floor_seconds(wall_time t) noexcept {
    return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

utc_seconds ceil_seconds(wall_time t) noexcept {
    return std::chrono::ceil<std::chrono::seconds>(t).time_since_epoch().count();
}

class cron_rule final : public schedule_rule {
public:
    cron_rule(cron_spec spec, const cron_fields& fields, std::shared_ptr<const zone> z, std::string problem)
        : spec_(std::move(spec)), problem_(std::move(problem)),
          times_(fields, std::move(z), spec_.gap, spec_.overlap, spec_.period) {}

    moment next_after(wall_time t, wall_time) const override {
        return within_range(times_.next_after(floor_seconds(t)));
    }
    moment previous_before(wall_time t, wall_time) const override {
        return within_range(times_.previous_before(ceil_seconds(t)));
    }
    std::uint64_t count(wall_time after, wall_time until, wall_time) const override {
        return times_.count(floor_seconds(after), floor_seconds(until));
    }
    std::string text() const override { return text_of(spec_); }
    std::string describe() const override {
        return problem_.empty() ? crontab::describe(times_, spec_.zone) + show_period(spec_.period)
                                : problem_;
    }
    std::string explain(wall_time t, wall_time) const override {
        return problem_.empty() ? crontab::explain(times_, spec_.zone, t) : problem_;
    }
    std::string problem() const override { return problem_; }
    std::vector<std::string> warnings() const override { return warnings_of(times_.times().fields()); }
    std::shared_ptr<const schedule_rule> for_uid(std::string_view uid) const override {
        if (!times_.times().fields().hashed) return nullptr;
        auto parsed = detail::parse_cron(spec_.text, spec_.dialect, detail::stable_hash(uid));
        return std::make_shared<cron_rule>(spec_, parsed.fields, times_.place(), problem_);
    }

private:
    cron_spec spec_;
    std::string problem_;
    zoned_times times_;
};

} // namespace

std::string problem_of(const cron_spec& spec) {
    if (!spec.also_wrong.empty()) return spec.also_wrong;
    auto parsed = detail::parse_cron(spec.text, spec.dialect, 0);
    if (!parsed.ok()) return to_string(parsed.error);
    if (find_zone(spec.zone) == nullptr) return "unknown time zone '" + printable(spec.zone) + "'";
    return {};
}

std::shared_ptr<const schedule_rule> make_cron_rule(cron_spec spec) {
    auto parsed = detail::parse_cron(spec.text, spec.dialect, 0);
    std::string problem = problem_of(spec);
    cron_fields none;
    none.reboot = true;
    auto z = problem.empty() ? find_zone(spec.zone) : utc_zone();
    return std::make_shared<cron_rule>(std::move(spec), problem.empty() ? parsed.fields : none, std::move(z),
                                       std::move(problem));
}

} // namespace rondo::crontab
