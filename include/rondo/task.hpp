// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TASK_HPP
#define RONDO_TASK_HPP

#include <rondo/catch_up.hpp>
#include <rondo/detail/body.hpp>
#include <rondo/retry.hpp>
#include <rondo/run.hpp>
#include <rondo/run_failure.hpp>
#include <rondo/schedule.hpp>
#include <rondo/task_limits.hpp>
#include <rondo/words.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rondo {

/// What becomes of a task whose uid is taken.
enum class if_exists : std::uint8_t {
    fail,    ///< `errc::task_exists`
    keep,    ///< nothing: the one that is there goes on
    replace, ///< as `async_update`
};

/// How a task behaves; `task` has a setter for each.
struct task_options {
    rondo::overlap overlap = rondo::overlap::skip;
    bool hidden = false;
    rondo::first_run first_run = by_schedule;
    std::chrono::microseconds timeout{0};          ///< 0: none
    std::uint32_t runs_in_flight_max = 0;          ///< under `allow_all`; 0: no limit
    std::uint32_t buffer_max = buffer_max_default; ///< under `buffer_all`
    std::uint32_t users_in_flight = 1;             ///< of a body for each user
    rondo::catch_up catch_up;
    rondo::retry retry;
    std::chrono::microseconds slot_timeout{0}; ///< 0: none
    std::uint32_t pause_after_failures = 0;    ///< 0: never
    std::string group;                         ///< empty: none
    std::optional<rondo::record> record;       ///< nothing: that of the manager
    std::int32_t priority = 0;
    std::chrono::microseconds tolerance{0};
    rondo::on_abandoned on_abandoned = rondo::on_abandoned::record_only;
    rondo::on_lease_lost on_lease_lost = rondo::on_lease_lost::cancel;
};

/// Any type that brings its own identity, schedule and body; it is copied or moved into the manager.
template <class T>
concept task_like = detail::body_function<T> && requires(const T& t) {
    { t.uid() } -> std::convertible_to<std::string_view>;
    { t.name() } -> std::convertible_to<std::string_view>;
    { t.schedule() } -> std::convertible_to<rondo::schedule>;
    { t.hidden() } -> std::convertible_to<bool>;
};

/// What recurs: a uid (its identity: history, phase and pause hang on it), a name (free to change), a
/// schedule, a body, options.
///
/// A body is a function object of one of these forms (`awaitable` is `boost::asio::awaitable`):
///
/// - `awaitable<std::vector<task_result>>(context, std::span<const user>)`
/// - `awaitable<result<std::string>>(context, user)`: called for each user in turn, one result each;
///   one user's failure does not stop the next
/// - `awaitable<result<void>>(context)` or `awaitable<void>(context)`
/// - `awaitable<result<void>>()` or `awaitable<void>()`
///
/// It runs on a strand over the manager's executor, which no other body has meanwhile. What it throws becomes a `failed` run
/// with the message. The function object lives in the manager until no run of it is left.
///
/// Nothing is checked here: adding a bad task to a manager fails with the `errc` that says why.
class task {
public:
    template <detail::body_function F>
    task(std::string uid, std::string name, rondo::schedule when, F&& body)
        : uid_(std::move(uid)), name_(std::move(name)), schedule_(std::move(when)),
          body_(detail::make_body(std::forward<F>(body))) {}

    /// A null body, so that `errc::invalid_body` can be had at run time, as from an empty `std::function`.
    task(std::string uid, std::string name, rondo::schedule when, std::nullptr_t)
        : uid_(std::move(uid)), name_(std::move(name)), schedule_(std::move(when)) {}

    template <class T>
        requires task_like<T> && (!std::same_as<T, task>)
    task(T t) : uid_(std::string_view(t.uid())), name_(std::string_view(t.name())), schedule_(t.schedule()) {
        options_.hidden = t.hidden();
        body_ = detail::make_body(std::move(t));
    }

    /// What a due slot does while a run is in flight. Default: `overlap::skip`.
    task& overlap(rondo::overlap o) noexcept { return options_.overlap = o, *this; }
    /// Left out of `stats()` unless asked for.
    task& hidden(bool yes = true) noexcept { return options_.hidden = yes, *this; }
    /// When the first slot is. Default: `by_schedule`.
    task& first_run(rondo::first_run f) noexcept { return options_.first_run = f, *this; }
    /// The run is cancelled and recorded as `timed_out` so long after its start. Must be positive.
    template <class Rep, class Period>
    task& timeout(std::chrono::duration<Rep, Period> d) noexcept {
        return options_.timeout = limit(d), *this;
    }
    /// As `timeout`, of a slot or a manual run with all its attempts, from the start of the first. No attempt
    /// begins later. Must be positive.
    template <class Rep, class Period>
    task& slot_timeout(std::chrono::duration<Rep, Period> d) noexcept {
        return options_.slot_timeout = limit(d), *this;
    }
    /// Never more runs at once than this, under `overlap::allow_all`. 0: no limit.
    task& runs_in_flight_max(std::uint32_t n) noexcept { return options_.runs_in_flight_max = n, *this; }

    /// For so many users at a time the body of the form for each user is called, in their order; all calls
    /// are on the strand of the run. 1 to `users_in_flight_limit`; others are refused. Default: 1.
    task& users_in_flight(std::uint32_t n) {
        if (body_ != nullptr && n != 0 && n != body_->users_in_flight())
            body_->made_extras().users_in_flight = n;
        options_.users_in_flight = n;
        return *this;
    }
    /// The tasks with which it shares limits. Adding fails with `errc::group_not_exists` if the manager knows no
    /// such group (`manager_options::groups`, `manager::async_set_group`). Default: none.
    task& group(std::string name) noexcept { return options_.group = std::move(name), *this; }
    /// What waits for a place under the limits of all runs or of a group goes by priority, then by how long it
    /// has waited. Each step counts as much as waiting for `manager_options::priority_ageing`, so that nothing
    /// waits for ever behind more important tasks. -`priority_limit` to `priority_limit`; others are refused.
    /// Default: 0.
    task& priority(std::int32_t p) noexcept { return options_.priority = p, *this; }
    /// How many of its slots, and of its manual runs, may wait under `overlap::buffer_all`. 1 to
    /// `buffer_max_limit`. Default: `buffer_max_default`.
    task& buffer_max(std::uint32_t n) noexcept { return options_.buffer_max = n, *this; }
    /// What becomes of slots that nobody looked at in time. Default: one run for all of them.
    task& catch_up(rondo::catch_up c) noexcept { return options_.catch_up = c, *this; }

    /// By how much its slots may be late for the sake of others: the loop wakes up when the first that must not wait
    /// any longer is reached, and starts all that are due. Never early. A slot waits at most halfway to the next one,
    /// so that none is missed, and not at all if it is late already, as after a restart; `catch_up::grace` counts from
    /// the end of its wait. Of this and `manager_options::resolution` the greater one holds. An update starts a slot that
    /// waits; a pause skips it as `paused`, unless it is ended from the past; after a shutdown it is late in the next
    /// life. Manual runs, retries, and tasks that follow another, do not wait. Costs a task that has not run yet some
    /// 400 bytes.
    /// In microseconds, rounded down, 0 to `tolerance_limit`; others are refused. Default: 0.
    template <class Rep, class Period>
    task& tolerance(std::chrono::duration<Rep, Period> d) noexcept {
        const auto micros =
            std::chrono::duration<long double, std::micro>(d).count(); // as `limit`, whatever `d` is
        return options_.tolerance = micros >= 0 && micros < 1 ? std::chrono::microseconds(0) : limit(d),
               *this;
    }

    /// What becomes of a run that failed or timed out. Default: it is not tried again.
    task& retry(rondo::retry r) noexcept { return options_.retry = r, *this; }
    /// Whether it is worth another attempt. Called on the strand of the run that failed, before that ends; as
    /// long as it takes, the run is in flight. If it throws, there is no other attempt.
    task& retry_if(std::function<bool(const run_failure&)> f) {
        if (body_ != nullptr) body_->made_extras().retry_if = std::move(f);
        return *this;
    }
    /// Pauses the task, with a reason, when so many slots and manual runs in a row have failed or timed out,
    /// all attempts included (`stat::failures`). When it is resumed and fails again, it is paused again. 0:
    /// never.
    task& pause_after_failures(std::uint32_t n) noexcept { return options_.pause_after_failures = n, *this; }
    /// Called when a slot or a manual run has failed or timed out for good, with its last attempt. On the
    /// strand of the manager, which it must not hold up; what it throws is logged.
    task& on_failure(std::function<void(const run&)> f) {
        if (body_ != nullptr) body_->made_extras().on_failure = std::move(f);
        return *this;
    }

    /// What becomes of a slot whose run its process took with it. Default: nothing, beyond the record.
    task& on_abandoned(rondo::on_abandoned o) noexcept { return options_.on_abandoned = o, *this; }
    /// What becomes of a run that its manager holds no longer, where several share a repository. Default: it is
    /// cancelled.
    task& on_lease_lost(rondo::on_lease_lost o) noexcept { return options_.on_lease_lost = o, *this; }
    /// Which of its runs go on record, and when. Default: `manager_options::record`.
    task& record(rondo::record r) noexcept { return options_.record = r, *this; }

    [[nodiscard]] const std::string& uid() const noexcept { return uid_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const rondo::schedule& schedule() const noexcept { return schedule_; }
    [[nodiscard]] const task_options& options() const noexcept { return options_; }
    /// Takes the body out. For the manager.
    [[nodiscard]] std::unique_ptr<detail::body> take_body() noexcept { return std::move(body_); }

private:
    // What cannot be obeyed becomes a value that adding refuses.
    template <class Rep, class Period>
    static std::chrono::microseconds limit(std::chrono::duration<Rep, Period> d) noexcept {
        auto whole = detail::to_interval(d);
        return whole.count() > 0 ? whole : std::chrono::microseconds(-1);
    }

    std::string uid_;
    std::string name_;
    rondo::schedule schedule_;
    task_options options_;
    std::unique_ptr<detail::body> body_; // null: adding fails
};

} // namespace rondo

#endif // RONDO_TASK_HPP
