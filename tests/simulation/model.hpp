// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_MODEL_HPP
#define RONDO_TESTS_SIMULATION_MODEL_HPP

#include <rondo/error.hpp>
#include <rondo/record.hpp>

#include <core/records.hpp>

#include <simulation/findings.hpp>
#include <simulation/model_policy.hpp>
#include <simulation/observation.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace rondo::simulation {

using core::no_slot;

/// A task as the model believes it to be.
struct mirror {
    enum class stage : std::uint8_t { absent, registering, live, removing };

    stage at = stage::absent;
    naive_schedule when;
    wall_time cursor = no_slot;
    wall_time slot = no_slot;
    std::int64_t due = 0; ///< nanoseconds of the monotonic clock, or microseconds of the wall clock
    wall_time catch_up_before = wall_time::min();
    rondo::overlap overlap = rondo::overlap::skip;
    std::uint32_t in_flight_max = 0;
    std::int64_t timeout_ns = 0;
    std::uint32_t in_flight = 0;
    std::uint32_t overrunning = 0;
    std::uint32_t manual_waiting = 0;
    bool paused = false;
    std::uint64_t queued = 0; ///< when it came to wait for a place; 0: it does not
    core::task_record* record = nullptr;

    [[nodiscard]] bool live() const noexcept { return at == stage::live; }
};

/// What the core must do, worked out a second time by other means: from lists of due slots and from
/// counts of what was started and let go. After each input it compares.
class model {
public:
    enum class stopping : std::uint8_t { no, grace, cancelling, giving_up, done };

    model(const core::scheduler_options& options, findings& out) : options_(options), out_(out) {}

    /// Another life begins.
    void restart();

    // Before the input.

    void reserve(int task, core::task_record& record, const schedule& when, const task_plan& plan);
    void forget(int task);
    void activate(int task, const task_state& state, instant now);
    void remove(int task, const std::vector<sim_run*>& runs);
    void pause(int task, bool paused, instant now);
    void pause_all(bool paused);
    /// What a trigger must say; no error: a run comes.
    [[nodiscard]] error_code trigger(int task) const;
    void resync(int task, moment cursor, instant now);
    void shutdown(std::int64_t grace_ns, instant now);
    /// An instant at which somebody looks: deadlines pass.
    void on_time(instant now, const std::vector<sim_run*>& runs);

    // What came out of it, in order.

    void explain_slots(observation& o);
    void explain_fresh(observation& o);
    void end(sim_run& run, const core::action& a, input_kind input, instant now);
    void release(sim_run& run, instant now);
    void gone(int task);
    void explain_places(observation& o, const std::vector<sim_run*>& runs);

    // What it believes.

    [[nodiscard]] const mirror& of(int task) const { return tasks_[static_cast<std::size_t>(task)]; }
    [[nodiscard]] mirror& of(int task) { return tasks_[static_cast<std::size_t>(task)]; }
    [[nodiscard]] std::int64_t next_wakeup(instant now, const std::vector<sim_run*>& runs) const;
    [[nodiscard]] bool is_due(const mirror& m, instant now) const;
    [[nodiscard]] bool full() const noexcept {
        return options_.runs_in_flight_max != 0 && in_flight_ >= options_.runs_in_flight_max;
    }
    [[nodiscard]] stopping stage() const noexcept { return stage_; }
    [[nodiscard]] bool paused_all() const noexcept { return paused_all_; }
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
    void shutdown_is_done() noexcept {
        stage_ = stopping::done;
        stop_at_ = never_ns;
    }

private:
    void set_slot(mirror& m, wall_time slot, instant now);
    void expect(int task, observation& o, bool paused);
    void explain_resume(observation& o);
    void explain_time(observation& o);
    void nothing_else(const observation& o);
    void fixed_delay_waits_for_no_end(mirror& m, instant now);
    [[nodiscard]] std::int64_t key(const mirror& m, instant now) const;

    struct place { // somebody who waits for one
        int task = 0;
        sim_run* run = nullptr;
        std::uint64_t arrival = 0;
    };

    core::scheduler_options options_;
    findings& out_;
    std::array<mirror, tasks_max> tasks_;
    std::vector<verdict> want_;
    std::vector<place> places_;
    std::size_t in_flight_ = 0;
    std::size_t waiting_runs_ = 0;
    std::uint64_t arrivals_ = 0;
    std::int64_t last_tick_ = never_ns;
    std::int64_t stop_at_ = never_ns;
    stopping stage_ = stopping::no;
    bool paused_all_ = false;
};

/// Nanoseconds of the monotonic clock.
[[nodiscard]] constexpr std::int64_t ns_of(instant now) noexcept {
    return std::chrono::nanoseconds(now.steady.time_since_epoch()).count();
}

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_MODEL_HPP
