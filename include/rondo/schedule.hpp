// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_SCHEDULE_HPP
#define RONDO_SCHEDULE_HPP

#include <rondo/outcome_set.hpp>
#include <rondo/schedule_rule.hpp>
#include <rondo/time.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondo {

/// The longest interval: 100 years of 365.2425 days.
inline constexpr std::chrono::microseconds interval_max = std::chrono::years(100);

/// `every(interval_once)` is `once()`.
inline constexpr std::chrono::microseconds interval_once = std::chrono::microseconds::min();

/// Says when a task is due. A small value; make one with `every`, `every_after`, `once`, `at`, `cron`, `after`,
/// or from a rule. A bad one is kept as given, and adding the task fails with `errc::invalid_schedule`.
class schedule {
public:
    enum class kind : std::uint8_t { every, every_after, once, at, rule, after };

    /// Of `at`, `when` counts; of the other kinds, `interval`.
    schedule(kind k, std::chrono::microseconds interval, wall_time when = {}) noexcept
        : span_(k == kind::at ? when.time_since_epoch() : interval), kind_(k) {}
    /// By a rule; null is invalid.
    explicit schedule(std::shared_ptr<const schedule_rule> rule) noexcept
        : rule_(std::move(rule)), kind_(kind::rule) {}

    [[nodiscard]] kind type() const noexcept { return kind_; }
    /// Of `every` and `every_after`.
    [[nodiscard]] std::optional<std::chrono::microseconds> interval() const noexcept {
        bool has_one = kind_ == kind::every || kind_ == kind::every_after;
        return has_one ? std::optional(span_) : std::nullopt;
    }
    /// Of `at`.
    [[nodiscard]] std::optional<wall_time> when() const noexcept {
        return kind_ == kind::at ? std::optional(wall()) : std::nullopt;
    }
    /// Of `rule` and `after`; else null.
    [[nodiscard]] const std::shared_ptr<const schedule_rule>& rule() const noexcept { return rule_; }
    /// Of `after`: the uid of the task that it follows; else empty. Valid as long as a copy of the schedule is.
    [[nodiscard]] std::string_view followed() const noexcept;
    /// Of `after`: the outcomes on which it follows; else empty.
    [[nodiscard]] outcome_set outcomes() const noexcept;
    /// Whether its slots can be told in advance: not those of `every_after` and `after`, which depend on runs.
    [[nodiscard]] bool has_times() const noexcept {
        return kind_ != kind::every_after && kind_ != kind::after;
    }
    /// Whether there may be more than one slot.
    [[nodiscard]] bool recurring() const noexcept { return kind_ != kind::once && kind_ != kind::at; }
    /// Whether it can be obeyed: an interval of 1 µs to `interval_max`, an instant of the years 1 to 9999,
    /// a rule that has no problem.
    [[nodiscard]] bool valid() const { return problem().empty(); }
    /// Why it cannot be obeyed; empty if it can.
    [[nodiscard]] std::string problem() const;
    /// What is valid but hardly meant: a day that never comes, say. Logged when a task is added.
    [[nodiscard]] std::vector<std::string> warnings() const;
    /// The first slot later than `t`, given the anchor: of the grid of `every`, the slot of `once`. Never
    /// for `every_after`, which has no grid: its next slot is the end of a run plus the interval. Nor for
    /// `after`, whose slots are those of another task.
    [[nodiscard]] moment next_after(wall_time t, wall_time anchor) const;
    /// The last slot earlier than `t`. Never for `every_after` and `after`.
    [[nodiscard]] moment previous_before(wall_time t, wall_time anchor) const;
    /// How many slots are later than `after` and not later than `until`.
    [[nodiscard]] std::uint64_t count(wall_time after, wall_time until, wall_time anchor) const;
    /// Canonical text: "every 6h", "every_after 90s", "once", "at 2025-03-30T01:00:00.000000Z",
    /// "cron 30 2 * * * zone=Europe/Brussels", "after success of extract". Two schedules are the same exactly if their texts are.
    [[nodiscard]] std::string text() const;
    /// In English: "every 6h", "at 02:30 every day, Europe/Brussels time".
    [[nodiscard]] std::string describe() const;
    /// Why `t` is a slot, or why not, in a sentence.
    [[nodiscard]] std::string explain(wall_time t, wall_time anchor) const;
    /// As it is for the task of that uid, from which `H` and `jitter` draw.
    [[nodiscard]] schedule for_uid(std::string_view uid) const;

    /// Its slots from `start` until before `end`.
    [[nodiscard]] schedule between(wall_time start, wall_time end) const;
    /// Its first `n` slots from when the uid was first added (or from `first_run`); a slot that is skipped
    /// counts too, a first run that `immediately` brings beside them does not. Not of a `custom` one.
    [[nodiscard]] schedule max_runs(std::uint64_t n) const;
    /// Each slot moved on by up to `most` (at most 7 days), never to the next one: by how much is drawn from
    /// the uid and the instant, so a restart or another node computes the same.
    template <class Rep, class Period>
    [[nodiscard]] schedule jitter(std::chrono::duration<Rep, Period> most) const;

    friend bool operator==(const schedule& a, const schedule& b) {
        if (a.rule_ != b.rule_ && a.rule_ != nullptr && b.rule_ != nullptr)
            return a.rule_->text() == b.rule_->text();
        return a.kind_ == b.kind_ && a.span_ == b.span_ && a.rule_ == b.rule_;
    }

    friend schedule after(std::string uid, outcome_set when);

private:
    [[nodiscard]] schedule jittered(std::chrono::microseconds most) const;
    [[nodiscard]] wall_time wall() const noexcept { return wall_time(span_); }

    // The members in this order, and no more of them: a million tasks have one each.
    std::shared_ptr<const schedule_rule> rule_;
    std::chrono::microseconds span_{0}; // the interval; of `at`, the time since the epoch
    kind kind_;
};

namespace detail {

/// To microseconds, cutting what is finer; what does not fit, and a NaN, becomes 0, which is invalid.
template <class Rep, class Period>
constexpr std::chrono::microseconds to_interval(std::chrono::duration<Rep, Period> d) noexcept {
    constexpr auto micros_max = static_cast<long double>(interval_max.count());
    auto micros = std::chrono::duration<long double, std::micro>(d).count();
    if (!(micros >= 1 && micros <= micros_max)) return std::chrono::microseconds(0);
    return std::chrono::duration_cast<std::chrono::microseconds>(d);
}

} // namespace detail

template <class Rep, class Period>
schedule schedule::jitter(std::chrono::duration<Rep, Period> most) const {
    return jittered(detail::to_interval(most));
}

/// A single slot, when the task is first added (or as its `first_run` says). With a durable
/// repository that is once in the life of the uid, not once in each process.
[[nodiscard]] inline schedule once() noexcept {
    return {schedule::kind::once, std::chrono::microseconds(0)};
}

/// A fixed rate: slots lie on the grid `anchor + n * interval`, however long the runs take.
template <class Rep, class Period>
[[nodiscard]] schedule every(std::chrono::duration<Rep, Period> interval) noexcept {
    return {schedule::kind::every, detail::to_interval(interval)};
}

/// As above; `interval_once` gives `once()`.
[[nodiscard]] inline schedule every(std::chrono::microseconds interval) noexcept {
    if (interval == interval_once) return once();
    return {schedule::kind::every, detail::to_interval(interval)};
}

/// A fixed delay: the next slot is the end of a run plus `delay`.
template <class Rep, class Period>
[[nodiscard]] schedule every_after(std::chrono::duration<Rep, Period> delay) noexcept {
    return {schedule::kind::every_after, detail::to_interval(delay)};
}

/// A single slot at `when` of the wall clock, also if the clock is set in the meantime. One that is
/// past when the task is added is due at once.
[[nodiscard]] inline schedule at(wall_time when) noexcept {
    return {schedule::kind::at, std::chrono::microseconds(0), when};
}

/// Follows another task of the same manager: each slot of that task is a slot of this one, with the same
/// instant, due as soon as its last attempt has ended with one of these outcomes. The slots come in the order of
/// their instants, also where runs of the other task overlap. A slot that ends otherwise is none of this task.
///
/// What the other task runs beside its schedule is followed too: when a run by hand, or a slot that is filled in
/// later, has ended so, this task is asked for a run for the same users, under its own overlap policy; where that
/// lets none start or wait, a line in the log says so.
///
/// The end is on record before the run that follows it. What has ended while this task was not there (the process
/// died in between, the task was removed) is found in the history when it is added again, and caught up on. A
/// new uid follows what is due or in flight when it is added, and all later slots. While it cannot run (it is
/// paused, say), the latest `task::buffer_max` of its slots are kept; those before are skipped.
///
/// The other task may be added later, or never. Adding a task fails with `errc::invalid_schedule` if the uid or
/// the set is empty or the task has a `first_run`, and with `errc::cyclic_schedule` if it would follow itself,
/// through others or directly. Combinations (`either`, `between`, `jitter`, ...) refuse it.
[[nodiscard]] schedule after(std::string uid, outcome_set when = outcome::success);

/// When the first slot of a uid is that no repository remembers.
class first_run {
public:
    enum class kind : std::uint8_t { by_schedule, immediately, after_interval, at };

    constexpr explicit first_run(kind k) noexcept : kind_(k) {}
    /// At this instant of the wall clock, which also anchors the grid; of a rule its first slot from then on.
    constexpr first_run(wall_time when) noexcept : when_(when), kind_(kind::at) {}

    [[nodiscard]] constexpr kind type() const noexcept { return kind_; }
    [[nodiscard]] constexpr wall_time when() const noexcept { return when_; }

private:
    wall_time when_{};
    kind kind_;
};

/// `immediately` of intervals, the first slot of a rule from the add on. The default.
inline constexpr first_run by_schedule{first_run::kind::by_schedule};
/// The first slot is the moment of the add.
inline constexpr first_run immediately{first_run::kind::immediately};
/// The first slot is one interval after the add; of a rule its first after that.
inline constexpr first_run after_interval{first_run::kind::after_interval};

} // namespace rondo

#endif // RONDO_SCHEDULE_HPP
