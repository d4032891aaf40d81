// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_WORLD_HPP
#define RONDO_TESTS_SIMULATION_WORLD_HPP

#include <core/scheduler.hpp>

#include <simulation/checkers.hpp>
#include <simulation/event.hpp>
#include <simulation/lane.hpp>
#include <simulation/model.hpp>
#include <simulation/store.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace rondo::simulation {

/// What no healthy world has.
enum class fault_kind : std::uint8_t {
    stall,
    late,
    clock,
    rival,
    outage,
    crash,
    slow,
    failed,
    unregistered,
    lost,
    memory
};

/// What a world went through.
struct tally {
    static constexpr std::array<const char*, 11> fault_names{
        "stalls",     "late_wakeups", "clock_sets",  "rivals",       "outages",  "crashes",
        "slow_calls", "failed_calls", "failed_adds", "lost_records", "no_memory"};

    std::uint64_t slots = 0;     ///< that became due and were decided
    std::uint64_t decisions = 0; ///< that the core gave to the store
    std::uint64_t inputs = 0;    ///< that the core was given
    std::uint64_t backfills = 0; ///< that were done
    std::uint64_t filled = 0;    ///< slots that they ran
    std::array<std::uint64_t, fault_names.size()> faults{};

    tally& operator+=(const tally& other) noexcept {
        slots += other.slots;
        decisions += other.decisions;
        inputs += other.inputs;
        backfills += other.backfills;
        filled += other.filled;
        for (std::size_t i = 0; i != faults.size(); ++i) faults[i] += other.faults[i];
        return *this;
    }
};

/// A process with a core in it, its bodies, its clocks and its store, as lib/runtime would have them,
/// all made up. Each input to the core goes to the model and the checkers too.
class world {
public:
    world(const swarm& s, findings& out);

    void play(const event& e);
    /// No more faults: everything due must be decided, and everything that runs must end.
    void heal();

    [[nodiscard]] const tally& counts() const noexcept { return tally_; }

private:
    struct registration { // a task whose repository has not answered
        bool open = false;
        std::int64_t answer_at = never_ns;
    };

    struct change { // of a task, while its repository has not answered
        bool open = false;
        std::uint32_t plan = 0;
        std::uint32_t policy = 0;
        std::int64_t answer_at = never_ns;
    };

    // world.cpp: the application.
    void add(int task);
    void registered(int task);
    void remove(int task);
    [[nodiscard]] task_plan plan_of(std::size_t i, std::uint32_t plan, std::uint32_t policy) const;
    [[nodiscard]] std::int64_t delay_of_registration(std::uint64_t n) const;
    // world_update.cpp
    void update(int task, std::int64_t what);
    void updated(int task);
    void put_in_force(int task, const change& c);
    void pause(int task, std::int64_t until_us);
    void resume(int task, resume_from from);
    void pause_all();
    void resume_all(resume_from from);
    void trigger(int task, std::int64_t policy);
    [[nodiscard]] std::vector<std::uint64_t> users_who_ask();
    void cancel(int task, std::int64_t index);
    void detach(int task, std::int64_t index);
    void set_group(std::size_t index, const group_plan& limits);
    void end_oldest_body(int task);
    // world_backfill.cpp
    void backfill(int task, std::int64_t n);
    void stop_backfill(int task);
    void obey_backfill_done(int task);
    // world.cpp
    void ask_preview(int task, std::int64_t n);
    void shutdown(std::int64_t grace_us);
    void die(std::int64_t down_us, bool crashed);
    void live_again();
    [[nodiscard]] bool live(int task) const { return model_.of(task).live(); }

    // world_core.cpp: the core, and all that judge it.
    template <class F>
    void input(input_kind kind, int task, sim_run* run, F call);
    template <class F>
    auto ask(F of_core);
    void collect();
    void judge();
    void tell_of_update(int task);
    void obey_all();
    void obey(const core::action& a);
    void obey_start(sim_run& r);
    void obey_release(sim_run& r);
    void look(int task);
    sim_run& adopt(core::run_record& r);
    void obey_cancel(sim_run& r);
    void obey_end(sim_run& r, const core::action& a);
    void obey_retry_later(sim_run& r, core::run_record& next);
    void obey_own_pause(int task, bool pauses);
    void record_own_pauses();
    void obey_gone(int task);
    void begun(core::run_record& record, std::uint64_t token);
    void ended(sim_run& r);
    void on_time();

    // world_store.cpp: the way to the store and back.
    void settle();
    void take_decisions();
    void call(int task);
    void apply(int task);
    void answered(int task);
    void begin_answered(int task, lane::entry& e, const begin_answer& a);
    void refused(int task, lane::entry& e, moment cursor);
    void store_fails();
    void tell_unrecorded();
    void trim_outbox();
    [[nodiscard]] std::size_t outbox() const;

    // world_time.cpp
    void pass(std::int64_t us);
    void stall(std::int64_t us);
    void catch_up_with_time();
    [[nodiscard]] std::int64_t next_internal() const;
    [[nodiscard]] std::int64_t next_wake() const;
    void do_internal();
    void move_to(std::int64_t ns);
    void drain();
    void check_quiet();
    void check_drained();
    [[nodiscard]] instant now() const noexcept { return now_; }
    [[nodiscard]] bool store_broken() const noexcept { return ns_of(now_) < broken_until_; }

    void fault(fault_kind kind) noexcept { ++tally_.faults[static_cast<std::size_t>(kind)]; }
    void note(int task, std::string text);

    swarm swarm_;
    findings& out_;
    checkers check_;
    model model_;
    store store_;
    std::optional<core::scheduler> core_;
    tally tally_;

    instant now_;
    std::int64_t clock_ns_ = 0; // the clocks were compared here,
    wall_time clock_wall_{};    // and there
    bool healing_ = false;

    // The application.
    std::array<bool, tasks_max> wanted_{};
    std::array<group_plan, groups_max> groups_;
    std::array<std::uint32_t, tasks_max> plan_{};   // which schedule it has
    std::array<std::uint32_t, tasks_max> policy_{}; // likewise
    std::array<change, tasks_max> changes_{};
    std::array<core::task_record*, tasks_max> records_{};
    std::array<registration, tasks_max> registrations_{};
    std::array<bool, tasks_max> own_pauses_{}; // and their ends: to be recorded
    std::uint64_t life_ = 0;
    std::uint64_t asks_ = 0;
    std::uint64_t drawn_ = 0;
    std::uint64_t shortages_ = 0; // of memory, that might have been
    bool shut_down_ = false;
    std::int64_t leaves_at_ = never_ns; // the process, after its shutdown

    // Its runs.
    std::deque<sim_run> all_runs_;
    std::vector<sim_run*> free_runs_;
    std::vector<sim_run*> runs_; // alive
    observation seen_;

    // The way to the store.
    std::array<lane, tasks_max> lanes_;
    std::vector<core::decision> decisions_;
    bool settling_ = false;
    bool store_down_ = false;
    std::int64_t retry_at_ = never_ns;
    std::int64_t backoff_ns_ = 0;
    std::int64_t broken_until_ = 0;
    std::int64_t wakeup_ = never_ns; // of the core
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_WORLD_HPP
