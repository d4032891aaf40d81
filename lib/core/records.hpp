// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_RECORDS_HPP
#define RONDO_CORE_RECORDS_HPP

#include <rondo/backfill.hpp>
#include <rondo/catch_up.hpp>
#include <rondo/detail/task_payload.hpp>
#include <rondo/retry.hpp>
#include <rondo/run.hpp>
#include <rondo/schedule.hpp>
#include <rondo/shared_string.hpp>
#include <rondo/stat.hpp>
#include <rondo/task_limits.hpp>
#include <rondo/time.hpp>
#include <rondo/user.hpp>
#include <rondo/words.hpp>

#include <core/atomic_lateness.hpp>
#include <core/followed_slots.hpp>
#include <core/group_record.hpp>
#include <core/heap.hpp>
#include <core/numbered_pool.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rondo::core {

struct run_record;

using detail::task_payload;

/// No slot: the schedule is finished, or waits for the end of a run.
inline constexpr wall_time no_slot = wall_time::min();

enum class task_state_kind : std::uint8_t {
    registering, ///< its uid is taken; the repository has not answered yet
    live,
    removing, ///< waits for the last of its runs to end
};

/// How a task decides, where that is not the default.
struct task_policy {
    rondo::catch_up catch_up;
    std::uint32_t buffer_max = buffer_max_default;
    std::uint32_t pause_after_failures = 0; ///< 0: never
    rondo::retry retry{};
    std::chrono::microseconds slot_timeout{0}; ///< of all attempts together; 0: none
    std::int32_t priority = 0;                 ///< the more, the earlier
    group_record* group = nullptr;             ///< null: none
    rondo::on_abandoned abandoned = rondo::on_abandoned::record_only;
    rondo::on_lease_lost lease_lost = rondo::on_lease_lost::cancel;
    std::chrono::microseconds tolerance{0}; ///< of how late it is looked at
    std::chrono::microseconds timeout{0};   ///< of an attempt; 0: none
    std::uint32_t in_flight_max = 0;        ///< under `allow_all`; 0: no limit

    friend bool operator==(const task_policy&, const task_policy&) = default;
};

/// How many attempts a slot may have where its runs are lost: one more in any case.
[[nodiscard]] inline std::uint32_t attempts_if_lost(const task_policy& p) noexcept {
    return std::max<std::uint32_t>(p.retry.attempts, 2);
}

/// Slots in a row whose fate is known and not decided yet, because one before them waits.
struct slot_segment {
    wall_time first{};
    wall_time last{};
    std::uint64_t count = 0;
    bool wanted = false;                           ///< they wait to run
    rondo::trigger why = rondo::trigger::schedule; ///< if so
    skip_reason reason = skip_reason::buffer_full; ///< else
    std::shared_ptr<const schedule> when{};        ///< whose slots they are; null: the task's, still
    std::uint32_t schedule_no = 0;                 ///< likewise, if it is not the task's
};

/// What of a task waits for the end of a run of it, or for a place under the limits of its group and of all.
struct task_queue {
    std::vector<slot_segment> slots; ///< without a gap; the first is wanted
    wall_time after = no_slot;       ///< the cursor once they are decided
    std::uint64_t slots_wanted = 0;
    std::vector<run_record*> runs; ///< manual ones
    std::optional<instant> seen;   ///< that its next slot is due, when those here had a turn already

    [[nodiscard]] bool empty() const noexcept { return slots.empty() && runs.empty(); }
};

/// What was said of a pause.
struct pause_note {
    std::string reason;
    moment until;    ///< by the wall clock; never: until somebody ends it
    instant since{}; ///< by both clocks
};

/// Whether its slots are instants of the wall clock, not of the monotonic one.
[[nodiscard]] inline bool is_by_wall(const schedule& when) noexcept {
    return when.type() == schedule::kind::at || when.type() == schedule::kind::rule;
}

/// Slots of the past that somebody asked for.
struct backfill_state {
    backfill_progress progress;
    rondo::schedule when;          ///< as it was then
    wall_time anchor{};            ///< likewise
    wall_time to{};                ///< no slot of it is later, whatever a rule says
    bool beside = false;           ///< its runs need not wait for others
    run_record* waiting = nullptr; ///< its next run

    explicit backfill_state(rondo::schedule s) noexcept : when(std::move(s)) {}
    [[nodiscard]] bool over() const noexcept { return progress.left == 0 && progress.in_flight == 0; }
};

/// What only a task has that ever did something, or may be late.
struct task_past {
    rondo::counters counts;
    run_record* runs = nullptr;         ///< those whose body is there or about to be
    std::uint32_t in_flight = 0;        ///< those too that will be tried again
    std::uint32_t overrunning = 0;      ///< of these
    std::uint32_t pending_decision = 0; ///< its number among those not handed over; 0: it has none
    wall_time last_run = no_slot;       ///< start of the latest
    std::optional<outcome> last_outcome;
    std::uint32_t failures = 0;               ///< in a row: last attempts, in the order of their ends
    std::uint32_t retrying = 0;               ///< of its runs in flight, those that are not there again yet
    std::unique_ptr<task_queue> queue;        ///< null while nothing waits
    turn slot_turn;                           ///< while its slot is `ready`
    std::unique_ptr<pause_note> pause;        ///< null: nothing was said
    std::unique_ptr<backfill_state> backfill; ///< the latest; null: there was none
    std::unique_ptr<followed_slots> followed; ///< of a task that follows another
    wall_time undecided = no_slot;  ///< the first slot that refused decisions took back, while others follow
    std::uint32_t undecided_no = 0; ///< by which schedule
    std::uint32_t schedule_no = 0;  ///< how many it had before this one
    std::uint32_t decisions = 0;    ///< that moved its cursor
    std::uint32_t end_index = not_in_heap; ///< of the time that it may be late, in its `due_queue`
    // The shell's measures, which it may write from any thread, those that are not atomic under the lock of its
    // observers.
    atomic_lateness start_delay;
    std::uint64_t blocked = 0;
    std::chrono::microseconds blocked_max{0};
};

/// A task, as compact as it can be: there may be a million that do nothing. The members in this order leave no gaps.
struct task_record {
    shared_string uid;
    shared_string name;
    std::unique_ptr<task_payload> payload;
    [[no_unique_address]] rondo::schedule when; ///< what follows fills it up
    std::uint8_t pass = 0;                      ///< the latest of those over all tasks that has been at it
    task_state_kind state : 2 = task_state_kind::registering;
    rondo::overlap overlap : 3 = rondo::overlap::skip;
    rondo::first_run::kind first : 2 = rondo::first_run::kind::by_schedule;
    bool hidden : 1 = false;
    rondo::record mode : 2 = rondo::record::write_ahead;
    bool paused : 1 = false;      ///< then no slot of it is in a heap, but its pause may be
    bool ready : 1 = false;       ///< its slot waits for a place under the limits
    bool held : 1 = false;        ///< its catching up begins later
    bool cursor_lost : 1 = false; ///< the repository may have missed decisions: force the next
    std::uint32_t heap_index = not_in_heap;
    wall_time anchor{};         ///< of the grid
    wall_time cursor = no_slot; ///< where the repository has it once it has seen all decisions
    wall_time slot = no_slot;   ///< the next that is not decided
    std::int64_t due = 0;       ///< of `slot`; the key in its heap may be before that
    wall_time catch_up_before = wall_time::min(); ///< a slot before this fell due while nobody looked

    std::unique_ptr<task_past> past;           ///< null while there is none
    std::unique_ptr<const task_policy> policy; ///< null: the default

    [[nodiscard]] task_past& made_past() {
        if (past == nullptr) past = std::make_unique<task_past>();
        return *past;
    }
    [[nodiscard]] run_record* runs() const noexcept { return past != nullptr ? past->runs : nullptr; }
    [[nodiscard]] std::uint32_t in_flight() const noexcept { return past != nullptr ? past->in_flight : 0; }
    [[nodiscard]] std::uint32_t overrunning() const noexcept {
        return past != nullptr ? past->overrunning : 0;
    }
    [[nodiscard]] task_queue* queue() const noexcept { return past != nullptr ? past->queue.get() : nullptr; }
    [[nodiscard]] std::uint64_t slots_waiting() const noexcept {
        return queue() != nullptr ? queue()->slots_wanted : 0;
    }
    [[nodiscard]] std::size_t runs_waiting() const noexcept {
        return queue() != nullptr ? queue()->runs.size() : 0;
    }
    /// Whether its slot is due and waits for a place.
    [[nodiscard]] bool slot_waits() const noexcept {
        return ready && slot != no_slot && heap_index == not_in_heap && !paused;
    }
    [[nodiscard]] backfill_state* backfill() const noexcept {
        return past != nullptr ? past->backfill.get() : nullptr;
    }
    [[nodiscard]] std::uint32_t schedule_no() const noexcept {
        return past != nullptr ? past->schedule_no : 0;
    }
    [[nodiscard]] std::uint32_t retrying() const noexcept { return past != nullptr ? past->retrying : 0; }
    [[nodiscard]] rondo::counters counts() const noexcept {
        return past != nullptr ? past->counts : counters();
    }

    explicit task_record(rondo::schedule s) noexcept : when(std::move(s)) {}

    [[nodiscard]] bool follows() const noexcept { return when.type() == schedule::kind::after; }
    /// Whether its slots may wait for others.
    [[nodiscard]] bool tolerant() const noexcept {
        return policy != nullptr && policy->tolerance.count() > 0 && !follows();
    }
    [[nodiscard]] bool fixed_delay() const noexcept { return when.type() == schedule::kind::every_after; }
    [[nodiscard]] bool by_wall() const noexcept { return is_by_wall(when); }
};
static_assert(sizeof(void*) != 8 || sizeof(task_record) == 112, "a million of them are that much more");

using task_pool = numbered_pool<task_record>;

enum class run_state_kind : std::uint8_t {
    waiting,     ///< a manual run, for the end of another or for a place
    backing_off, ///< the next attempt after one that failed, until it is time and there is a place
    beginning,   ///< the repository has not answered yet
    running,     ///< its body is there
    overdue,     ///< it has its outcome, and its body is still there
};

/// The counter of slots that were skipped for this reason.
[[nodiscard]] constexpr std::uint64_t& skipped_of(counters& c, skip_reason reason) noexcept {
    switch (reason) {
    case skip_reason::overlap: return c.skipped_overlap;
    case skip_reason::missed: return c.skipped_missed;
    case skip_reason::paused: return c.skipped_paused;
    case skip_reason::not_owner: return c.skipped_not_owner;
    case skip_reason::buffer_full: break;
    }
    return c.skipped_buffer_full;
}

/// A run from the decision to start it until its body is gone.
struct run_record {
    run_id id;
    task_record* task = nullptr;
    run_record* next = nullptr; ///< of its task
    run_record* previous = nullptr;
    void* runner = nullptr; ///< the shell's; written on its strand, and read by its observers: see there
    wall_time scheduled_at{};
    wall_time started_at{};
    std::int64_t deadline = 0;   ///< monotonic nanoseconds; 0: none
    std::int64_t give_up_at = 0; ///< likewise, of all attempts together
    std::uint64_t token = 0;     ///< from the repository; 0: it has not acknowledged the begin
    std::uint64_t successes = 0; ///< of its task, when it ended, or the attempt before did
    std::uint32_t heap_index = not_in_heap;
    std::uint32_t attempt = 1;
    rondo::trigger trigger = rondo::trigger::schedule;
    run_state_kind state = run_state_kind::beginning;
    rondo::record mode = rondo::record::write_ahead; ///< of its task, when it was made
    rondo::overlap overlap = rondo::overlap::skip;   ///< of a manual run
    bool last = true;                                ///< of its end: no other attempt may follow
    bool of_backfill = false;                        ///< likewise
    bool for_slot = false;                           ///< or a retry of such a one
    bool end_moves = false; ///< the cursor waits on record for its end, or its retry's
    bool asked_for = false; ///< of each manager that has its task: another may be faster
    bool early = false;     ///< decided in advance, and not begun yet
    rondo::outcome outcome = rondo::outcome::success; ///< once it is overdue, or released; while it
                                                      ///< backs off, that of the attempt before
    cancel_reason cancelled = cancel_reason::none;
    std::string why_cancelled; ///< in the words of who asked for it
    std::vector<user> users;   ///< who asked, of a manual run
    core::turn turn;           ///< while it waits; of one in flight, its group

    run_record() noexcept {}
};

/// A run beside the schedule that is to be.
struct wanted_run {
    rondo::trigger why;
    wall_time scheduled_at;
    rondo::overlap how;
    std::vector<user> users;
    run_id id{}; ///< none: a new one
};

/// What the last end of a run brings about that needs memory.
struct end_effects {
    std::vector<run_beside> beside;
    std::unique_ptr<pause_note> note; ///< if its task pauses itself
};

} // namespace rondo::core

#endif // RONDO_CORE_RECORDS_HPP
