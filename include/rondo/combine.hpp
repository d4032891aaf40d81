// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_COMBINE_HPP
#define RONDO_COMBINE_HPP

#include <rondo/calendar.hpp>
#include <rondo/schedule.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

namespace rondo {

/// The slots of all of them, where some fall together one. Of `every` the grid counts from when the uid was
/// first added; `every_after` and `after` have no times of their own and are refused. By the wall clock, as all rules.
/// Counting what was missed costs a step for
/// each slot of all members but the densest. An `at` in here that is past when the task is added is no slot.
[[nodiscard]] schedule either(std::vector<schedule> members);

template <std::convertible_to<schedule>... S>
    requires(sizeof...(S) >= 2)
[[nodiscard]] schedule either(const S&... members) {
    return either(std::vector<schedule>{schedule(members)...});
}

/// The slots of `when` that the calendar does not exclude. What is excluded is no slot: it is neither run
/// nor counted as a skip. What has no slot after 100,000 exclusions in a row has none any more.
[[nodiscard]] schedule except(schedule when, calendar excluded);

/// A type of one's own that says when. Its instants are one fixed set, of which `next_after(t)` is the earliest
/// later than `t`, or never. It is called from any thread, often, and must neither block nor ask the manager;
/// what it throws is taken as never, which ends the task, and so is an answer that is not later. Of more than
/// 10,000,000 missed slots no more are counted. If it has `text()`, that tells it from others of its type, and
/// so whether a schedule has changed.
template <class T>
concept schedule_like =
    std::copy_constructible<T> && !std::convertible_to<T, schedule> && requires(const T& t, wall_time at) {
        { t.next_after(at) } -> std::convertible_to<moment>;
    };

namespace detail {

[[nodiscard]] schedule custom_schedule(std::function<moment(wall_time)> next_after, std::string text);

} // namespace detail

template <schedule_like T>
[[nodiscard]] schedule custom(T rule) {
    std::string text = std::string("custom ") + typeid(T).name();
    if constexpr (requires { std::string(rule.text()); }) text += " " + std::string(rule.text());
    auto shared = std::make_shared<const T>(std::move(rule));
    return detail::custom_schedule([shared](wall_time t) -> moment { return shared->next_after(t); },
                                   std::move(text));
}

} // namespace rondo

#endif // RONDO_COMBINE_HPP
