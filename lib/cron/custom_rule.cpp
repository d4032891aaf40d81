// SPDX-License-Identifier: BSL-1.0
#include <cron/walk.hpp>
#include <rondo/combine.hpp>

#include <algorithm>
#include <utility>

namespace rondo {
namespace {

using crontab::one_tick;

// All but `next_after` is found by asking for it.
class custom_rule final : public schedule_rule {
public:
    custom_rule(std::function<moment(wall_time)> next, std::string text)
        : next_(std::move(next)), text_(std::move(text)) {}

    moment next_after(wall_time t, wall_time) const override { return ask(t); }

    moment previous_before(wall_time t, wall_time) const override {
        // Back in steps that double, until there is a slot between there and `t`; then on to the last.
        for (auto step = one_tick; t - wall_time_first > step; step *= 2) {
            moment found = ask(t - step - one_tick);
            if (!found || *found >= t) continue;
            for (std::uint64_t n = 0; n != crontab::walk_max; ++n) {
                moment next = ask(*found);
                if (!next || *next >= t) break;
                found = next;
            }
            return found;
        }
        return {};
    }

    std::uint64_t count(wall_time after, wall_time until, wall_time) const override {
        return crontab::count_by_walk([this](wall_time t) { return ask(t); }, after, until);
    }
    bool countable() const override { return false; }
    std::string text() const override { return text_; }
    std::string describe() const override { return text_; }
    std::string explain(wall_time t, wall_time) const override {
        if (ask(t - one_tick) == moment(t)) return "it fires: " + text_ + " says so";
        return "it does not fire: the next time of " + text_ + " is " + to_string(ask(t));
    }

private:
    moment ask(wall_time t) const noexcept {
        try {
            moment next = next_(t);
            if (next && *next > t && *next <= wall_time_last) return next;
        } catch (...) {
            // Whatever it is, it is no instant.
        }
        return {};
    }

    std::function<moment(wall_time)> next_;
    std::string text_;
};

} // namespace

schedule detail::custom_schedule(std::function<moment(wall_time)> next_after, std::string text) {
    return schedule(std::make_shared<custom_rule>(std::move(next_after), std::move(text)));
}

} // namespace rondo
