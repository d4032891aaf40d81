// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_MODEL_HPP
#define RONDO_TESTS_SIMULATION_MODEL_HPP

#include <rondo/backfill.hpp>
#include <rondo/error.hpp>
#include <rondo/record.hpp>

#include <core/records.hpp>

#include <simulation/findings.hpp>
#include <simulation/model_policy.hpp>
#include <simulation/observation.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace rondo::simulation {

using core::no_slot;

/// The latest backfill of a task: its slots, one by one.
struct backfill_mirror {
    std::deque<wall_time> left; ///< to be started
    bool there_was_one = false;
    bool beside = false;        ///< they need not wait for others
    bool by_wall = false;       ///< they are instants of the wall clock
    sim_run* waiting = nullptr; ///< the first of them
    std::uint64_t made_at =
        0; ///< when that was told: it may have had a turn since, before one that came at once
    std::uint64_t slots = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t skipped = 0;
    std::uint64_t in_flight = 0; ///< or to be tried again
    bool must_be_done = false;   ///< the core must tell now that it is over

    [[nodiscard]] bool over() const noexcept { return left.empty() && in_flight == 0; }
};

/// A task as the model believes it to be.
struct mirror {
    enum class stage : std::uint8_t { absent, registering, live, removing };

    stage at = stage::absent;
    naive_schedule when;
    task_plan plan;
    wall_time cursor = no_slot;
    wall_time slot = no_slot; ///< the first that is neither decided nor in the backlog
    std::int64_t due = 0;     ///< nanoseconds of the monotonic clock, or microseconds of the wall clock
    wall_time catch_up_before = wall_time::min();
    std::int64_t held_until = 0; ///< likewise, if `held`
    bool held = false;           ///< it begins to catch up later
    bool left = false;           ///< its slot is due, and there was no place
    std::int64_t left_at = 0;    ///< when that was first seen
    std::uint64_t place = 0;     ///< when its slots came to wait for a place; 0: they do not
    std::uint64_t again_at = 0;  ///< likewise, if its due slots may have had a turn by then
    std::uint32_t in_flight = 0;
    std::uint32_t overrunning = 0;
    std::uint32_t failures = 0; ///< in a row
    std::uint64_t successes = 0;
    std::vector<verdict> backlog; ///< due slots that wait, one by one, and the skips behind them
    wall_time behind = no_slot;   ///< the cursor once the backlog is decided
    std::vector<sim_run*> manual; ///< runs that wait
    backfill_mirror filling;
    std::int64_t compared_at = 0; ///< when the clocks were compared for its sake, since it is live
    moment taken_back;            ///< the first slot of decisions that the store refused, while others follow
    std::uint32_t taken_back_no = 0; ///< by which schedule
    std::uint32_t schedule_no = 0;   ///< how many it had before this one
    moment goes_on;                  ///< from an end that did not say so, but a decision will
    bool paused = false;
    std::string pause_reason;
    moment paused_until;
    instant paused_since{};
    bool must_resume = false; ///< the core must tell now that its pause is over
    bool changed = false;     ///< the update at hand has another schedule
    bool updated = false;     ///< to another schedule, at any time
    bool must_pause = false;  ///< the core must tell now that its failures pause it
    core::task_record* record = nullptr;

    [[nodiscard]] bool live() const noexcept { return at == stage::live; }
    [[nodiscard]] std::uint64_t slots_waiting() const noexcept {
        std::uint64_t n = 0;
        for (const verdict& v : backlog) n += v.runs ? 1 : 0;
        return n;
    }
    [[nodiscard]] company around_slot() const noexcept {
        return {in_flight, slots_waiting(), plan.in_flight_max, plan.buffer_max};
    }
    [[nodiscard]] company around_manual() const noexcept {
        return {in_flight, manual.size(), plan.in_flight_max, plan.buffer_max};
    }
};

/// What the core must do, worked out a second time by other means: from lists of due slots and from
/// counts of what was started and let go. After each input it compares.
class model {
public:
    enum class stopping : std::uint8_t { no, grace, cancelling, giving_up, done };
    struct answer { // to a trigger
        error_code error;
        fate what = fate::starts;
    };

    model(const core::scheduler_options& options, const std::vector<sim_run*>& alive, findings& out)
        : options_(options), runs_(alive), out_(out) {}

    /// Another life begins.
    void restart();

    // Before the input.

    void reserve(int task, core::task_record& record, const schedule& when, const task_plan& plan);
    void forget(int task);
    void activate(int task, const task_state& state, instant now);
    void remove(int task, instant now);
    /// Somebody asks for the end of a run.
    void ask_to_end(sim_run& run, cancel_reason reason, instant now);
    /// The body of a run ends, well or not.
    void body_ends(sim_run& run, instant now);
    void pause(int task, const core::pause_note& note, instant now);
    void resume(int task);
    void pause_all(bool paused);
    /// What a trigger must say; no error: a run comes, or one that waits takes its users too.
    [[nodiscard]] answer trigger(int task, overlap policy, instant now);
    /// What this must say.
    [[nodiscard]] error_code backfill(int task, const backfill_plan& p, instant now);
    void stop_backfill(int task);
    struct refusal {
        std::optional<verdict> theirs; ///< the slots that another manager has decided
        bool taken_back = false;       ///< what was told of slots counts no more
        bool moved = false;            ///< the task goes on from the store's cursor
        bool back = false;             ///< which is one of its slots, and behind where it was
    };
    /// The store refuses a decision: the last that moves the cursor of its task, or one that others follow.
    [[nodiscard]] refusal refused(int task, const begin_request& r, std::uint32_t schedule_no, bool last_made,
                                  moment cursor, instant now);
    void shutdown(std::int64_t grace_ns, instant now);
    void detach(sim_run& run, instant now);
    void set_group(std::size_t index, const group_plan& limits);
    /// The core is about to see what has come up with time.
    void note_who_waits();

    // What came out of it, in order.

    void explain_slots(observation& o);
    void explain_fresh(observation& o);
    void end(sim_run& run, const core::action& a, input_kind input, instant now);
    void retry_later(sim_run& run, sim_run& next);
    void release(sim_run& run, instant now);
    /// Its body starts.
    void started(const sim_run& run, instant now);
    void gone(int task);
    void explain_places(observation& o);
    /// All that was to be explained has been.
    void explained(observation& o);

    // What it believes.

    [[nodiscard]] const mirror& of(int task) const { return tasks_[static_cast<std::size_t>(task)]; }
    [[nodiscard]] mirror& of(int task) { return tasks_[static_cast<std::size_t>(task)]; }
    [[nodiscard]] std::int64_t next_wakeup(instant now) const;
    [[nodiscard]] bool full() const noexcept {
        return options_.runs_in_flight_max != 0 && in_flight_ >= options_.runs_in_flight_max;
    }
    /// Whether something of the task could start, as far as others are concerned.
    [[nodiscard]] bool has_place(int task, instant now) const;
    /// Whether the core may wake up then, and not at `wakeup`, for a group whose starts are limited in time.
    [[nodiscard]] bool wakes_for_group(std::int64_t at, std::int64_t wakeup, instant now) const;
    [[nodiscard]] stopping stage() const noexcept { return stage_; }
    [[nodiscard]] bool paused_all() const noexcept { return paused_all_; }
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
    /// Where the end just told lets a fixed delay go on, if a decision will say so.
    [[nodiscard]] moment goes_on(int task) { return std::exchange(of(task).goes_on, {}); }
    void shutdown_is_done() noexcept {
        stage_ = stopping::done;
        stop_at_ = never_ns;
    }

    /// Whether a slot of it is to be decided.
    [[nodiscard]] bool is_due(const mirror& m, instant now) const;

private:
    struct place { // somebody who waits for one
        int task = 0;
        sim_run* run = nullptr; // null: a slot
        std::uint64_t arrival = 0;
    };
    /// In which order the tasks that are due are looked at, but for ties; none: it is not due.
    using due_order = std::array<std::optional<std::pair<bool, std::int64_t>>, tasks_max>;
    /// Who goes first: each step of priority counts as so much of a wait.
    using turn = std::pair<std::int64_t, std::uint64_t>;
    struct tasks_together {
        group_plan limits;
        std::uint32_t changes = 0;
        std::size_t in_flight = 0;
        std::deque<std::int64_t> starts; // of bodies, in order
        std::int64_t left_at = 0;        // when the latest that counts no more left the time
    };

    // model_groups.cpp
    [[nodiscard]] std::size_t group_of(int task) const;
    [[nodiscard]] bool group_open(int task, instant now) const;
    [[nodiscard]] turn turn_of(int task, std::uint64_t arrival) const;
    [[nodiscard]] std::int64_t opened_at(std::size_t group) const;
    [[nodiscard]] std::int64_t opens_at(std::size_t group, instant now) const;
    [[nodiscard]] bool had_place(int task, instant now) const;
    [[nodiscard]] bool someone_is_before(int task, instant now) const;
    [[nodiscard]] bool someone_lines_up_before(int task, const due_order& order, bool surely,
                                               instant now) const;
    [[nodiscard]] std::vector<int> all_due(instant now) const;
    [[nodiscard]] due_order order_of(const std::vector<int>& due) const;
    [[nodiscard]] static bool paused_meanwhile(const mirror& m) noexcept;
    [[nodiscard]] bool waits_for_time(std::size_t group) const;
    void enter_group(sim_run& run);

    // model.cpp
    void set_slot(mirror& m, wall_time slot, instant now);
    [[nodiscard]] static moment first_own(const mirror& m, wall_time cursor);
    void follow(mirror& m, moment cursor, instant now);
    void go_back(mirror& m, wall_time slot, instant now);
    void no_end_moves(const mirror& m);
    void pass_taken(mirror& m, wall_time cursor, instant now);
    void fixed_delay_waits_for_no_end(mirror& m, instant now);
    [[nodiscard]] std::int64_t key(const mirror& m, instant now) const;
    static void unschedule(mirror& m) noexcept;

    // model_decide.cpp: the due slots of a task, and its backlog.
    [[nodiscard]] static naive_slots due_slots(const mirror& m, std::int64_t key);
    void skip_paused(int task, std::int64_t until, instant now);
    void pause_over(int task, instant now);
    void decide(int task, instant now, std::int64_t seen, bool may_put_off = true);
    [[nodiscard]] std::vector<int> decide_all_due(instant now);
    void leave(mirror& m, instant now);
    void update(int task, const task_plan& plan, instant now);
    void change_schedule(int task, const schedule& when, instant now);
    void decide_wanted(int task, const std::vector<wall_time>& wanted, rondo::trigger why, instant now);
    void go_on(mirror& m, const naive_slots& due, bool waits_for_end, instant now);
    void resumed(int task, resume_from from, instant now);
    void put(int task, const verdict& v);
    void give_up_backlog(int task, skip_reason why);
    void flush(int task);
    void start_from_backlog(int task);
    void start(int task, const verdict& v);
    void cancel_others(int task, instant now);
    [[nodiscard]] bool backlog_may_start(const mirror& m) const;
    static void settle_cursor(mirror& m);
    [[nodiscard]] std::vector<verdict>& want(int task) { return want_[static_cast<std::size_t>(task)]; }

    // model_explain.cpp
    void explain_time(observation& o);
    void explain_resume(observation& o);
    void line_up(int task, std::uint64_t arrival);
    [[nodiscard]] turn earliest_turn_of(const place& p) const;
    bool serve(observation& o, const place& p);
    bool serve_slot(observation& o, int task);
    bool serve_run(observation& o, const place& p);
    bool serve_retry(observation& o, sim_run& run);
    void check_manual_starts();
    void check_places(const observation& o, const std::array<turn, groups_max + 1>& latest_served);
    void compare(observation& o, int task);

    // model_backfill.cpp
    void next_of_backfill(int task, std::uint64_t arrival);
    void ended_of_backfill(const sim_run& run, outcome how);
    bool serve_backfill(observation& o, const place& p);
    void put_off_backfill(sim_run& run, instant now);
    void compare_backfill(int task, const core::task_record& r);

    // model_time.cpp
    bool pass_deadlines(observation& o);
    void pass_deadline(sim_run& run, instant now);

    // model_retry.cpp
    [[nodiscard]] bool may_retry(const sim_run& run, outcome how) const;
    [[nodiscard]] std::int64_t retry_at(const sim_run& run, instant now) const;
    void last_has_failed(const sim_run& run);
    void forget_retry(sim_run& run);
    void lose_retry(sim_run& run, instant now);
    [[nodiscard]] static bool over(const sim_run& run, instant now);
    void put_off(sim_run& run, instant now);
    void count_failure(sim_run& run, outcome how, bool last);
    void pause_if_failing(int task);

    core::scheduler_options options_;
    const std::vector<sim_run*>& runs_; // alive
    findings& out_;
    std::array<mirror, tasks_max> tasks_;
    std::array<std::vector<verdict>, tasks_max> want_; // of the input at hand
    std::vector<place> places_;
    std::array<tasks_together, groups_max + 1> groups_; // the last: of those without one
    std::vector<std::int64_t> arrived_{0};              // when, of two numbers each
    std::size_t in_flight_ = 0;
    std::size_t waiting_runs_ = 0;
    std::uint64_t arrivals_ = 0;
    std::int64_t last_tick_ = never_ns;
    std::vector<place> waiting_;   // before the input at hand, and what finds others before it
    std::int64_t groups_seen_ = 0; // when the core last looked for groups whose time has come
    std::int64_t stop_at_ = never_ns;
    stopping stage_ = stopping::no;
    bool paused_all_ = false;
    instant looked_{};                 // when it was last seen that no pause is over
    bool midway_ = false;              // while a tick is explained in part
    std::int64_t deadline_passed_ = 0; // which the places are for that are explained; 0: not for one alone
    bool at_deadlines_ = false;        // and comes to them
};

/// Nanoseconds of the monotonic clock.
[[nodiscard]] constexpr std::int64_t ns_of(instant now) noexcept {
    return std::chrono::nanoseconds(now.steady.time_since_epoch()).count();
}

/// When somebody who would be early, as the wall clock was set back, is looked at again: within a second.
[[nodiscard]] inline std::int64_t look_again_ns(wall_time slot, instant now) {
    return ns_of(now) + std::min<std::int64_t>((slot - now.wall).count(), 1'000'000) * 1000;
}

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_MODEL_HPP
