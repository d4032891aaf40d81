// SPDX-License-Identifier: BSL-1.0
#include <cron/walk.hpp>
#include <rondo/detail/cron_parser.hpp>
#include <rondo/schedule.hpp>

#include <algorithm>
#include <utility>

namespace rondo {
namespace {

using crontab::one_tick;

std::string problem_of_member(const schedule& of) {
    if (!of.has_times()) return of.text() + " has no times of its own, so it cannot be bounded";
    return of.problem();
}

bool countable_member(const schedule& of) {
    return of.rule() == nullptr || of.rule()->countable();
}

class between_rule final : public schedule_rule {
public:
    between_rule(schedule of, wall_time start, wall_time end)
        : of_(std::move(of)), start_(start), end_(end) {}

    moment next_after(wall_time t, wall_time anchor) const override {
        moment next = of_.next_after(std::max(t, start_ - one_tick), anchor);
        return next && *next < end_ ? next : moment();
    }
    moment previous_before(wall_time t, wall_time anchor) const override {
        moment previous = of_.previous_before(std::min(t, end_), anchor);
        return previous && *previous >= start_ ? previous : moment();
    }
    std::uint64_t count(wall_time after, wall_time until, wall_time anchor) const override {
        return of_.count(std::max(after, start_ - one_tick), std::min(until, end_ - one_tick), anchor);
    }
    std::string text() const override {
        return "between(" + of_.text() + ", " + to_string(start_, 6) + ", " + to_string(end_, 6) + ")";
    }
    std::string describe() const override {
        return of_.describe() + ", from " + to_string(start_) + " until " + to_string(end_);
    }
    std::string explain(wall_time t, wall_time anchor) const override {
        if (t < start_) return "it does not fire: it begins at " + to_string(start_);
        if (t >= end_) return "it does not fire: it has ended at " + to_string(end_);
        return of_.explain(t, anchor);
    }
    std::string problem() const override {
        if (start_ < wall_time_first || end_ > wall_time_last || start_ >= end_)
            return "between() wants a start before its end, in the years 1 to 9999";
        return problem_of_member(of_);
    }
    std::shared_ptr<const schedule_rule> for_uid(std::string_view uid) const override {
        return std::make_shared<between_rule>(of_.for_uid(uid), start_, end_);
    }
    bool countable() const override { return countable_member(of_); }

private:
    schedule of_;
    wall_time start_;
    wall_time end_;
};

class max_runs_rule final : public schedule_rule {
public:
    max_runs_rule(schedule of, std::uint64_t n) : of_(std::move(of)), n_(n) {}

    moment next_after(wall_time t, wall_time anchor) const override {
        t = std::max(t, anchor - one_tick);
        return before(t, anchor) < n_ ? of_.next_after(t, anchor) : moment();
    }
    moment previous_before(wall_time t, wall_time anchor) const override {
        moment previous = of_.previous_before(t, anchor);
        if (previous && before(*previous, anchor) > n_) previous = last(*previous, anchor);
        return previous && *previous >= anchor ? previous : moment();
    }
    std::uint64_t count(wall_time after, wall_time until, wall_time anchor) const override {
        if (after >= until) return 0;
        return std::min(before(until, anchor), n_) - std::min(before(after, anchor), n_);
    }
    std::string text() const override { return "max_runs(" + of_.text() + ", " + std::to_string(n_) + ")"; }
    std::string describe() const override { return of_.describe() + ", " + std::to_string(n_) + " times"; }
    std::string explain(wall_time t, wall_time anchor) const override {
        if (t < anchor) return "it does not fire: the task was first added at " + to_string(anchor);
        if (before(t - one_tick, anchor) >= n_)
            return "it does not fire: its " + std::to_string(n_) + " times are over";
        return of_.explain(t, anchor);
    }
    std::string problem() const override {
        if (n_ == 0) return "max_runs(0) never fires";
        if (!countable_member(of_)) return "max_runs cannot count the slots of a custom schedule";
        return problem_of_member(of_);
    }
    std::shared_ptr<const schedule_rule> for_uid(std::string_view uid) const override {
        return std::make_shared<max_runs_rule>(of_.for_uid(uid), n_);
    }

private:
    // How many slots there are from the anchor to `t`.
    std::uint64_t before(wall_time t, wall_time anchor) const {
        return of_.count(anchor - one_tick, t, anchor);
    }

    // The last slot that counts, which is at `high` or earlier.
    moment last(wall_time high, wall_time anchor) const {
        wall_time low = anchor - one_tick; // fewer than n_ slots up to here
        while (high - low > one_tick) {
            wall_time middle = low + (high - low) / 2;
            (before(middle, anchor) < n_ ? low : high) = middle;
        }
        return high;
    }

    schedule of_;
    std::uint64_t n_;
};

// A slot is moved on by a share of `most` that its uid and instant decide, and never to the next one.
class jitter_rule final : public schedule_rule {
public:
    jitter_rule(schedule of, std::chrono::microseconds most, std::uint64_t seed)
        : of_(std::move(of)), most_(most), seed_(seed) {}

    moment next_after(wall_time t, wall_time anchor) const override {
        // Of all slots up to `t` only the last can be moved beyond it.
        if (moment base = of_.previous_before(t + one_tick, anchor)) {
            wall_time moved = move(*base, anchor);
            if (moved > t) return moved;
        }
        moment base = of_.next_after(t, anchor);
        return base ? moment(move(*base, anchor)) : moment();
    }
    moment previous_before(wall_time t, wall_time anchor) const override {
        moment base = of_.previous_before(t, anchor);
        if (base && move(*base, anchor) >= t) base = of_.previous_before(*base, anchor);
        return base ? moment(move(*base, anchor)) : moment();
    }
    std::uint64_t count(wall_time after, wall_time until, wall_time anchor) const override {
        if (after >= until) return 0;
        std::uint64_t n = of_.count(after, until, anchor);
        return n + still_to_come(after, anchor) - still_to_come(until, anchor);
    }
    std::string text() const override { return "jitter(" + of_.text() + ", " + to_string(most_) + ")"; }
    std::string describe() const override {
        return of_.describe() + ", each time up to " + to_string(most_) + " later";
    }
    std::string explain(wall_time t, wall_time anchor) const override {
        moment base = of_.previous_before(t + one_tick, anchor);
        if (base && move(*base, anchor) == t)
            return "it fires: " + of_.explain(*base, anchor) + "; jitter moves " + to_string(*base) +
                   " on by " + to_string(t - *base);
        if (base == moment(t))
            return "it does not fire: jitter moves this time on to " + to_string(move(t, anchor));
        return of_.explain(t, anchor);
    }
    std::string problem() const override {
        if (most_.count() <= 0 || most_ > std::chrono::hours(24 * 7)) return "jitter must be 1 us to 7 days";
        return problem_of_member(of_);
    }
    std::shared_ptr<const schedule_rule> for_uid(std::string_view uid) const override {
        return std::make_shared<jitter_rule>(of_.for_uid(uid), most_, detail::stable_hash(uid));
    }
    bool countable() const override { return countable_member(of_); }

private:
    wall_time move(wall_time base, wall_time anchor) const {
        auto room = most_;
        if (moment next = of_.next_after(base, anchor))
            room = std::clamp(*next - base - one_tick, std::chrono::microseconds(0), room);
        auto drawn = detail::stable_hash("jitter",
                                         seed_ ^ static_cast<std::uint64_t>(base.time_since_epoch().count()));
        auto share = drawn % (static_cast<std::uint64_t>(room.count()) + 1);
        return base + std::chrono::microseconds(static_cast<std::int64_t>(share));
    }
    // Whether the last slot up to `t` is moved beyond it.
    std::uint64_t still_to_come(wall_time t, wall_time anchor) const {
        moment base = of_.previous_before(t + one_tick, anchor);
        return base && move(*base, anchor) > t ? 1 : 0;
    }

    schedule of_;
    std::chrono::microseconds most_;
    std::uint64_t seed_;
};

} // namespace

schedule schedule::between(wall_time start, wall_time end) const {
    return schedule(std::make_shared<between_rule>(*this, start, end));
}

schedule schedule::max_runs(std::uint64_t n) const {
    return schedule(std::make_shared<max_runs_rule>(*this, n));
}

schedule schedule::jittered(std::chrono::microseconds most) const {
    return schedule(std::make_shared<jitter_rule>(*this, most, 0));
}

} // namespace rondo
