// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_SCHEDULE_HPP
#define RONDO_SCHEDULE_HPP

#include <rondo/time.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace rondo {

/// The longest interval: 100 years of 365.2425 days.
inline constexpr std::chrono::microseconds interval_max = std::chrono::years(100);

/// `every(interval_once)` is `once()`.
inline constexpr std::chrono::microseconds interval_once = std::chrono::microseconds::min();

/// Says when a task is due. A small value; make one with `every`, `every_after`, `once` or `at`.
/// A bad interval is kept as given, and adding the task fails with `errc::invalid_schedule`.
class schedule {
public:
    enum class kind : std::uint8_t { every, every_after, once, at };

    constexpr schedule(kind k, std::chrono::microseconds interval, wall_time when = {}) noexcept
        : interval_(interval), when_(when), kind_(k) {}

    [[nodiscard]] constexpr kind type() const noexcept { return kind_; }
    /// Of `every` and `every_after`.
    [[nodiscard]] constexpr std::optional<std::chrono::microseconds> interval() const noexcept {
        return recurring() ? std::optional(interval_) : std::nullopt;
    }
    /// Of `at`.
    [[nodiscard]] constexpr std::optional<wall_time> when() const noexcept {
        return kind_ == kind::at ? std::optional(when_) : std::nullopt;
    }
    /// Whether there is more than one slot.
    [[nodiscard]] constexpr bool recurring() const noexcept {
        return kind_ == kind::every || kind_ == kind::every_after;
    }
    /// Whether it can be obeyed: an interval of 1 µs to `interval_max`, an instant of the years 1 to 9999.
    [[nodiscard]] constexpr bool valid() const noexcept {
        if (recurring()) return interval_.count() > 0 && interval_ <= interval_max;
        return kind_ != kind::at || (when_ >= wall_time_first && when_ <= wall_time_last);
    }
    /// The first slot later than `t`, given the anchor of the grid. Never for `every_after`, which has
    /// no grid: its next slot is the end of a run plus the interval.
    [[nodiscard]] moment next_after(wall_time t, wall_time anchor) const noexcept;
    /// Canonical text: "every 6h", "every_after 90s", "once", "at 2025-03-30T01:00:00.000000Z".
    /// Two schedules are the same exactly if their texts are.
    [[nodiscard]] std::string text() const;

    friend constexpr bool operator==(const schedule&, const schedule&) = default;

private:
    std::chrono::microseconds interval_;
    wall_time when_;
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

/// A single slot, when the task is first added (or as its `first_run` says). With a durable
/// repository that is once in the life of the uid, not once in each process.
[[nodiscard]] constexpr schedule once() noexcept {
    return {schedule::kind::once, std::chrono::microseconds(0)};
}

/// A fixed rate: slots lie on the grid `anchor + n * interval`, however long the runs take.
template <class Rep, class Period>
[[nodiscard]] constexpr schedule every(std::chrono::duration<Rep, Period> interval) noexcept {
    return {schedule::kind::every, detail::to_interval(interval)};
}

/// As above; `interval_once` gives `once()`.
[[nodiscard]] constexpr schedule every(std::chrono::microseconds interval) noexcept {
    if (interval == interval_once) return once();
    return {schedule::kind::every, detail::to_interval(interval)};
}

/// A fixed delay: the next slot is the end of a run plus `delay`.
template <class Rep, class Period>
[[nodiscard]] constexpr schedule every_after(std::chrono::duration<Rep, Period> delay) noexcept {
    return {schedule::kind::every_after, detail::to_interval(delay)};
}

/// A single slot at `when` of the wall clock, also if the clock is set in the meantime. One that is
/// past when the task is added is due at once.
[[nodiscard]] constexpr schedule at(wall_time when) noexcept {
    return {schedule::kind::at, std::chrono::microseconds(0), when};
}

/// When the first slot of a uid is that no repository remembers.
class first_run {
public:
    enum class kind : std::uint8_t { immediately, after_interval, at };

    constexpr explicit first_run(kind k) noexcept : kind_(k) {}
    /// At this instant of the wall clock, which also anchors the grid.
    constexpr first_run(wall_time when) noexcept : when_(when), kind_(kind::at) {}

    [[nodiscard]] constexpr kind type() const noexcept { return kind_; }
    [[nodiscard]] constexpr wall_time when() const noexcept { return when_; }

private:
    wall_time when_{};
    kind kind_;
};

/// The first slot is the moment of the add. The default.
inline constexpr first_run immediately{first_run::kind::immediately};
/// The first slot is one interval after the add.
inline constexpr first_run after_interval{first_run::kind::after_interval};

} // namespace rondo

#endif // RONDO_SCHEDULE_HPP
