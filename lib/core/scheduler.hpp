// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_SCHEDULER_HPP
#define RONDO_CORE_SCHEDULER_HPP

#include <rondo/error.hpp>
#include <rondo/group.hpp>
#include <rondo/record.hpp>
#include <rondo/stat.hpp>
#include <rondo/time.hpp>

#include <core/actions.hpp>
#include <core/catch_up_slots.hpp>
#include <core/decision_list.hpp>
#include <core/due_queue.hpp>
#include <core/due_slots.hpp>
#include <core/group_record.hpp>
#include <core/id_source.hpp>
#include <core/pass.hpp>
#include <core/pool.hpp>
#include <core/preview.hpp>
#include <core/records.hpp>
#include <core/scheduler_options.hpp>
#include <core/task_spec.hpp>
#include <core/uid_index.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::core {

class history_reader;

/// Decides everything; does nothing. Time goes in with each call, actions and decisions come out and
/// must be taken before the next input. It reads no clock, waits for nothing, starts no thread. Not
/// thread-safe. Same inputs and seed, same outputs.
class scheduler {
public:
    explicit scheduler(scheduler_options options);
    ~scheduler();
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;

    // Tasks.

    /// Checks a task and takes its uid; `activate` or `forget` must follow. If it fails, `spec` keeps the
    /// payload, whose destructor may call back.
    result<task_record*> reserve(task_spec& spec);
    /// What to register. The first slot is proposed for a uid that is new.
    [[nodiscard]] task_definition definition(const task_record& task, instant now) const;
    /// The registration failed. Returns the payload, likewise.
    std::unique_ptr<task_payload> forget(task_record& task);
    /// Checks what a live task is to become. Changes nothing.
    result<void> check_update(const task_record& task, const task_spec& spec) const;
    /// The repository knows of it: what was due is decided by the old schedule, what follows by the new one;
    /// all else counts at once. `first` does not. Returns the old payload, which runs in flight may use.
    std::unique_ptr<task_payload> update(task_record& task, task_spec& spec, instant now);
    /// The repository has registered it. Fails on a state that makes no sense; then `forget` it.
    /// For a task that follows another and is known: `on_record`, what the history says of the other from the
    /// cursor on. Until then its ends are kept for it.
    result<void> activate(task_record& task, const task_state& state, instant now,
                          const history_reader* on_record = nullptr);
    [[nodiscard]] task_record* find(std::string_view uid) const noexcept;
    /// Starts to take it out; `task_gone` follows.
    void remove(task_record& task, instant now);
    void pause(task_record& task, instant now, pause_note note = {});
    /// Slots that fell due meanwhile are skipped as `paused`, or, from the past, caught up on.
    void resume(task_record& task, resume_from from, instant now);
    void pause_all(instant now);
    void resume_all(resume_from from, instant now);

    /// From when on the history of the task that this one follows is wanted before `activate`; never: not at all.
    [[nodiscard]] static moment history_wanted_from(const task_record& t, const task_state& s) noexcept;
    /// Whether it hears of the end of this slot without that.
    [[nodiscard]] bool is_told_of(const task_record& task, wall_time slot) const noexcept;

    // Groups.

    /// Adds it, or changes its limits; those that are in flight stay. Never taken out.
    result<void> set_group(const group& wanted, instant now);
    [[nodiscard]] group_record* find_group(std::string_view name) const noexcept;
    [[nodiscard]] std::vector<group_stat> group_stats(instant now) const;

    // Runs.

    /// A manual run, now, under the task's overlap policy or this one; it may be one that waited (`buffer_one`).
    result<run_record*> trigger(task_record& task, std::vector<user> users, std::optional<overlap> policy,
                                instant now);
    void run_if_free(task_record& task, const run_request& wanted, instant now); ///< or another manager does
    /// Runs the slots from `from` to before `to`, all past, as if they fell due now under this policy, beside the
    /// schedule. `backfill_done` follows.
    result<void> backfill(task_record& task, wall_time from, wall_time to, overlap policy, instant now);
    /// No other run of it starts; those in flight go on.
    void stop_backfill(task_record& task, instant now);
    /// A run that waits, begins, or runs; a scan over the tasks, for what people ask.
    [[nodiscard]] run_record* find_run(run_id id) const noexcept;
    void cancel(run_record& run, cancel_reason reason, instant now, std::string why = {});
    /// Gives a run up: it is `abandoned`, and counts until its body is gone; without one it is cancelled.
    void detach(run_record& run, instant now);
    /// The repository has answered a decision that has a run, and recorded it. Token 0: it failed or is
    /// overdue; the run starts all the same, its record will follow.
    void begun(run_record& run, std::uint64_t token, instant now);
    /// The repository has refused a decision: its cursor is here. A run of it waits for that, or is null; it never was.
    void refused(const decision& d, moment cursor, instant now);
    /// Likewise, for another manager: a run beside the schedule never was, comes again, or is cancelled.
    void refused_for_others(decision& d, const begin_answer& a, instant now);
    /// The repository has its cursor of a task elsewhere: go on from there.
    void resync(task_record& task, moment cursor, instant now);
    /// The body of a run has ended.
    void ended(run_record& run, body_end how, instant now);

    [[nodiscard]] static bool wants_reruns(const task_record& task, const task_state* s = nullptr) noexcept;
    /// Another attempt of a run of a slot that was lost, if the policies say so. After `activate`, the latest first.
    bool rerun(task_record& task, const run& abandoned, instant now);

    // Time.

    /// Starts what is due and cancels what is overdue, or the first of it: `scheduler_options::work_max`, and of slots
    /// `slots_max`. With 0, what is due by the first such look is not late for that.
    void on_time(instant now, std::size_t slots_max = std::size_t(-1));
    /// When `on_time` is wanted next; `steady_time::max()`: never, as things stand.
    [[nodiscard]] steady_time next_wakeup(instant now) const;
    /// Where tasks are shared: what is scheduled from now on is decided so long before it is due, and `resolution` twice.
    void set_lead(std::chrono::nanoseconds lead) noexcept;
    /// No run starts any more; `shutdown_done` follows. Again: the shorter grace counts.
    void shutdown(std::chrono::nanoseconds grace, instant now);

    [[nodiscard]] std::vector<action>& actions() noexcept { return actions_; }
    /// Moves the first decisions, `n` at most, behind those in `out`; or as `decision_list::hand_over`.
    void take_decisions(std::vector<decision>& out, std::size_t n = std::size_t(-1));
    template <class F>
    std::size_t hand_over_decisions(std::size_t n, F take) {
        n = decisions_.hand_over(n, take);
        runs_ahead_ = runs_ahead_ && !decisions_.empty();
        return n;
    }
    [[nodiscard]] std::size_t decisions_count() const noexcept { return decisions_.size(); }
    [[nodiscard]] bool has_decisions() const noexcept { return !decisions_.empty(); }
    /// Whether some of them, or of those before, have runs that need not wait for their record (`task_spec::mode`).
    [[nodiscard]] bool has_runs_ahead() const noexcept { return runs_ahead_; }

    // Observers.

    [[nodiscard]] stat stat_of(const task_record& task, wall_time now = wall_time::max()) const;
    void describe(manager_stat& s) const; ///< fills in what the core knows
    [[nodiscard]] preview preview_of(const task_record& task, wall_time now = wall_time::max()) const;
    [[nodiscard]] const uid_index<task_pool>& tasks() const noexcept { return tasks_; }
    /// A walk over all tasks, in parts, once `shutdown_done` was told.
    void start_walk() noexcept { tasks_.start_walk(); }
    [[nodiscard]] task_record* walk() noexcept { return tasks_.walk(); }
    [[nodiscard]] bool shutting_down() const noexcept { return stopping_ != stopping::no; }
    [[nodiscard]] bool paused_all() const noexcept { return paused_all_; }

private:
    enum class stopping : std::uint8_t { no, grace, cancelling, giving_up, done };

    struct step { // where a task goes from a slot that is decided
        wall_time cursor = no_slot;
        slot_due next; // if `scheduled`
        bool scheduled = false;
    };
    // scheduler_slots.cpp
    void set_slot(task_record& task, wall_time slot, instant now);
    void schedule_slot(task_record& task, slot_due at);
    void unschedule(task_record& task);
    void start_due(instant now, std::size_t slots_max);
    void on_due(task_record& task, instant now, instant seen);
    [[nodiscard]] std::int64_t lead_of(const task_record& task) const noexcept;
    void decide_in_advance(task_record& task, instant now);
    void refused_in_advance(decision& d, instant now);
    void decide(task_record& task, instant now, instant seen, bool may_put_off = true);
    [[nodiscard]] bool hold(task_record& task, instant now);
    void decide_wanted(task_record& task, const caught_up& found, wall_time last, rondo::trigger why,
                       wall_time after, instant now);
    [[nodiscard]] static const task_policy& policy_of(const task_record& task) noexcept;
    void skip_due(task_record& task, skip_reason reason, std::int64_t up_to, instant now);
    [[nodiscard]] static step step_after(const task_record&, const due_slots&, bool after_run, instant now);
    void take(task_record& task, const step& s);
    void skip(task_record& task, skip_range range, wall_time next);
    void skip(task_record& task, skip_range range, wall_time next, std::uint32_t schedule_no);
    decision& append_decision(task_record& task, wall_time next);
    decision* open_skip(task_record& task, std::uint32_t schedule_no) noexcept;
    [[nodiscard]] static std::int64_t key_at(const task_record& task, wall_time t, instant now) noexcept;
    [[nodiscard]] static std::int64_t now_key(const task_record& task, instant now) noexcept;
    void decide_all_due(task_record& task, instant now);
    [[nodiscard]] static wall_time decided_until(const task_record& task, instant now);
    [[nodiscard]] static moment first_slot_of(const task_record& task, wall_time after, instant now);
    void drop_surplus_retries(task_record& task, instant now);
    void change_schedule(task_record& task, rondo::schedule when, instant now);
    void follow(task_record& task, moment cursor, instant now);
    void go_back(task_record& task, wall_time slot, instant now, moment cursor = {}); // which is the slot
    void leave_behind(task_record& task, wall_time cursor, instant now);
    [[nodiscard]] static bool may_go_back(const task_record& task, const decision& d, moment cursor);
    void take_back(task_record& task, const begin_request& r, moment cursor, bool back);
    [[nodiscard]] moment own_slot_from(const task_record& task, const decision& d, moment cursor) const;
    void drop_beginning(run_record& run, instant now);
    void postpone(run_record& run, instant now);
    void end_unbegun(run_record& run, instant now);
    void tell_not_owner(task_record& task, wall_time first, wall_time last, std::uint64_t n);

    // scheduler_waiting.cpp
    task_queue& made_queue(task_record& task);
    void drop_queue_if_empty(task_record& task) noexcept;
    void put_skip(task_record& task, skip_range range, wall_time after);
    void put_wanted(task_record&, const caught_up&, wall_time last, rondo::trigger why, wall_time after);
    void skip_wanted(task_record& task, skip_reason reason, std::ptrdiff_t but = 0);
    void forget_slots(task_record& task) noexcept;
    void flush_skips(task_record& task);
    void begin_waiting_slot(task_record& task, instant now);
    void begin_waiting_run(run_record& run, instant now);
    void take_from_queue(run_record& run);
    [[nodiscard]] bool slot_may_start(const task_record& task) const noexcept;
    [[nodiscard]] static bool run_may_start(const run_record& run) noexcept;
    void wait_for_place(task_record& task, instant seen, instant now);
    void want_place(task_record& task, instant now);
    void want_place(run_record& run, instant now);
    void want_place_for_runs(task_record& task, instant now);
    void admit_slot(task_record& task, instant seen, instant now);
    void decide_late(task_record& task, instant seen, instant now);
    void leave_waiting(task_record& task);
    result<run_record*> ask_for_run(task_record& task, wanted_run wanted, instant now);
    result<run_record*> start_beside(task_record& task, wanted_run wanted, instant now);
    [[nodiscard]] run_record& make_wanted(task_record& task, wanted_run& wanted, instant now);
    result<run_record*> merge(task_record& task, std::vector<user> users);
    void wait_as_run(run_record& run, overlap policy);
    void drop_waiting(run_record& run, cancel_reason why, instant now);
    void end_waiting(run_record& run, cancel_reason why, instant now);
    void cancel_running(task_record& task, cancel_reason why, instant now);
    void cancel_attended(run_record& run, cancel_reason reason, instant now, std::string why);
    void end_overdue(instant now);

    // scheduler_groups.cpp
    [[nodiscard]] std::unique_ptr<const task_policy> made_policy(const task_spec& spec) const;
    [[nodiscard]] group_record& group_of(const task_record& task) noexcept;
    [[nodiscard]] bool has_place(const task_record& task, instant now) noexcept;
    [[nodiscard]] turn_key turn_key_of(const task_record& task, std::int64_t since,
                                       std::uint64_t number) const noexcept;
    [[nodiscard]] bool may_start_at_once(const task_record& task, steady_time since, instant now) noexcept;
    void settle(group_record& g);
    void close(group_record& g, instant now);
    void open_groups_in_time(instant now);
    void enter_group(run_record& run);
    void start_in_group(run_record& run, instant now);
    void leave_group(run_record& run);
    void draw(turn& t, instant now) noexcept;
    void line_up(turn& t);
    void step_back(turn& t);
    void line_up_again(task_record& task);
    void admit(instant now) noexcept;
    void admit_some(instant now);
    void admit(turn& t, instant now);

    // scheduler_runs.cpp
    run_record& make_run(task_record& task, rondo::trigger why, wall_time scheduled_at, instant now);
    void begin_run(run_record& run, instant now);
    void mark_shared(begin_request& request, const run_record& run) const noexcept;
    void begin_slot_run(run_record& run, wall_time next, std::uint32_t schedule_no, instant now);
    void begin_manual_run(run_record& run, std::vector<user> users, instant now);
    void finish(run_record& run, rondo::outcome how, bool last, instant now);
    void finish(run_record& run, rondo::outcome how, bool last, end_effects& effects, instant now);
    void release(run_record& run, instant now);
    void unlink(run_record& run);
    void on_deadline(run_record& run, instant now);
    [[nodiscard]] static rondo::outcome outcome_of(cancel_reason why) noexcept;
    void press_shutdown(instant now);
    void check_shutdown();
    [[nodiscard]] bool full() const noexcept;

    // scheduler_room.cpp
    void make_room(task_record& task);
    void make_room_for_all(task_record& task);
    void make_room_in_group(group_record* group, const task_record& task);
    void make_room_to_begin(task_record& task, std::size_t skips);
    void make_room_to_wait(task_record& task, std::size_t n, std::size_t runs = 0);
    void make_room_to_decide(task_record& task, bool misses, bool wants);
    void make_room_for_followers(const task_record& task, std::size_t actions, std::size_t decisions);
    void go_on_after(run_record& run, std::size_t told, instant now);
    static void wait_for_no_end_on_record(task_record& task) noexcept;
    void wait_for_no_end(task_record& task, instant now);

    // scheduler_passes.cpp
    void begin_pass(pass p);
    void go_through(instant now);
    void attend(task_record& task) {
        if (task.pass != pass_) attend_now(task);
    }
    void attend_now(task_record& task);
    void attend(task_record& task, const pass& p);
    void hold_back(task_record& task);
    void drop_all_waiting(task_record& task, instant now);
    void cancel_all(task_record& task);
    void give_up(task_record& task, instant now);
    [[nodiscard]] bool may_retry(const run_record& run, rondo::outcome how) const noexcept;
    [[nodiscard]] run_record* make_retry(const run_record& failed, rondo::outcome how, instant now);
    void on_retry_due(run_record& run, instant now);
    bool put_off_retry(run_record& run, instant now);
    void end_attempts(run_record& run, cancel_reason why, instant now);
    void begin_retry(run_record& run, instant now);
    void forget_retry(run_record& run, cancel_reason why, instant now);
    void drop_retry(run_record& run, cancel_reason why, instant now);
    void give_up_on(run_record& run, cancel_reason why, instant now);
    [[nodiscard]] end_effects effects_of(const run_record& run, rondo::outcome how, bool may_pause);
    void pause_if_failing(task_record& task, rondo::outcome how, std::unique_ptr<pause_note>& note);
    void next_of_backfill(task_record& task, instant now);
    void begin_of_backfill(run_record& run, instant now);
    void ended_of_backfill(const run_record& run, rondo::outcome how);
    void stop_backfill_now(task_record& task, instant now);
    void check_backfill(task_record& task);
    // scheduler_follow.cpp
    [[nodiscard]] bool would_follow_itself(const task_spec& spec) const noexcept;
    void begin_following(task_record& task, const schedule& when);
    void stop_following(task_record& task) noexcept;
    [[nodiscard]] bool is_followed(const task_record& task) const noexcept;
    [[nodiscard]] static wall_time first_in_flight(const task_record& task, const run_record* but) noexcept;
    [[nodiscard]] wall_time first_left(const task_record& task, instant now) const;
    [[nodiscard]] wall_time follow_from(const schedule& when, instant now) const;
    void take_followers_back(const task_record& task, instant now);
    [[nodiscard]] std::vector<run_beside> made_beside(const run_record& run, rondo::outcome how) const;
    void tell_followers(const run_record& run, rondo::outcome how, end_effects& effects, instant now);
    void let_followers_go_on(const task_record& followed, const run_record* but, instant now);
    void bring_early(task_record& task, wall_time open, instant now);
    [[nodiscard]] skip_reason why_not_kept(const task_record& task, bool late) const noexcept;
    void skip_surplus(task_record& task);
    void show_first(task_record& task);
    void stop_waiting(task_record& task);
    void show_none(task_record& task);
    [[nodiscard]] static wall_time after_followed(const task_record& task, wall_time slot) noexcept;
    void skip_first(task_record& task, skip_reason reason, std::size_t n);
    void skip_followed(task_record& task, skip_reason reason, std::int64_t up_to);
    void decide_followed(task_record& task, instant now, instant seen, bool may_put_off);
    void decide_due(task_record& task, std::size_t wanted, instant now, std::size_t& decided);
    static void make_late(task_record& task) noexcept;
    void take_up(task_record& task, const task_state& state, const history_reader* on_record, instant now);
    void pass_followed(task_record& task, moment cursor, instant now);
    void follow_beside(instant now);

    // scheduler_tasks.cpp
    void take_in(task_record& task, const task_spec& spec);
    void go_on_with(task_record& task, wall_time slot, instant now);
    [[nodiscard]] due_queue& queue_of(const task_record& task) noexcept;
    void halt(task_record& task, std::unique_ptr<pause_note> note);
    void end_pause(task_record& task);
    [[nodiscard]] std::int64_t end_of_pause(const task_record& task, instant now) const;
    void on_pause_over(task_record& task, instant now);
    void go_on(task_record& task, resume_from from, instant now);
    void end_both_pauses(task_record& task, resume_from from, instant now);
    void skip_paused(task_record& task, std::int64_t up_to, instant now);
    void erase(task_record& task);
    void take_out(task_record& task) noexcept;
    [[nodiscard]] static wall_time slot_after_restart(const task_record& t, const task_state& s, instant now);
    void recycle();

    scheduler_options options_;
    id_source ids_;
    task_pool task_pool_;
    pool<run_record> run_pool_;
    uid_index<task_pool> tasks_{task_pool_};
    std::map<std::string, std::vector<task_record*>, std::less<>> followers_; // by what they follow
    std::vector<run_beside> beside_; // asked for at the next `on_time`, when nothing else is under way
    due_queue steady_due_;           // keys: monotonic nanoseconds
    due_queue wall_due_;             // keys: microseconds of the wall clock
    heap<run_record, &run_record::heap_index> deadlines_; // keys: monotonic nanoseconds
    group_record groupless_;                              // of the tasks without one
    std::map<std::string, std::unique_ptr<group_record>, std::less<>> groups_;
    heap<group_record, &group_record::open_index, turn_key> open_groups_; // turns wait, and have a place
    heap<group_record, &group_record::closed_index> closed_groups_;       // keys: monotonic nanoseconds
    std::uint64_t turns_drawn_ = 0;
    std::vector<action> actions_;
    decision_list decisions_;
    run_record* released_runs_ = nullptr; // records that outlive their last action by one input, by `next`
    std::uint32_t released_tasks_ = not_in_heap; // likewise, by `heap_index`
    std::chrono::nanoseconds lead_{0};
    std::size_t in_flight_ = 0;
    std::size_t beginning_ = 0;    // of those, how many wait for the repository
    std::size_t runs_waiting_ = 0; // manual ones
    std::size_t retrying_ = 0;
    std::size_t backfills_ = 0;       // under way
    std::uint64_t slots_waiting_ = 0; // in queues
    steady_time last_tick_ = steady_time::min();
    instant seen_{};   // when what is due was first looked at
    instant looked_{}; // likewise, the latest of which nothing is left
    bool runs_ahead_ = false;
    bool slots_left_ = false;  // some of that is still to be decided
    bool places_left_ = false; // some of what waits may start
    steady_time stop_at_ = steady_time::max();
    stopping stopping_ = stopping::no;
    bool paused_all_ = false;
    std::vector<pass> passes_; // under way, the oldest first
    std::uint8_t pass_ = 0;    // the number of the latest that began
};

} // namespace rondo::core

#endif // RONDO_CORE_SCHEDULER_HPP
