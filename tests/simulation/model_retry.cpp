// SPDX-License-Identifier: BSL-1.0
#include <simulation/model.hpp>

#include <string>
#include <utility>

namespace rondo::simulation {

// The first reason counts.
void model::ask_to_end(sim_run& run, cancel_reason reason, instant now) {
    using enum sim_run::stage;
    if (run.at == overdue && reason != cancel_reason::shutdown) {
        run.cancelled = reason; // it has its outcome, and no other attempt follows
        if (!run.last) {
            run.last = run.must_give_up = true;
            last_has_failed(run);
        }
    }
    if (run.at == overdue || run.cancelled != cancel_reason::none) return;
    run.cancelled = reason;
    if (run.at == running) run.must_tell = true;
    if (run.at == waiting && run.why == trigger::backfill) return stop_backfill(run.task);
    if (run.at == waiting) run.expect_end(outcome_of(reason));
    if (run.at != backing_off) return;
    forget_retry(run);
    if (of(run.task).live()) fixed_delay_waits_for_no_end(of(run.task), now);
}

bool model::may_retry(const sim_run& run, outcome how) const {
    const mirror& m = of(run.task);
    bool asked = run.cancelled != cancel_reason::none && run.cancelled != cancel_reason::timeout;
    return is_failure(how) && !asked && run.attempt < m.plan.again.attempts && m.live() &&
           stage_ == stopping::no;
}

// 0: the time of its slot is over by then.
std::int64_t model::retry_at(const sim_run& run, instant now) const {
    const mirror& m = of(run.task);
    std::int64_t at = ns_of(now) + wait_after(run.attempt, m.record->uid, run.slot, m.plan.again) * 1000;
    return run.give_up_at != 0 && at >= run.give_up_at ? 0 : at;
}

void model::body_ends(sim_run& run, instant now) {
    bool known = run.at == sim_run::stage::overdue;
    outcome how = run.fails ? outcome_of(run.cancelled) : outcome::success;
    if (known) how = run.outcome;
    bool wanted = !(known && run.last) && !(run.fails && run.for_good) && may_retry(run, how);
    run.retry_at = wanted ? retry_at(run, now) : 0;
    run.must_retry = run.retry_at != 0;
    if (!known) return run.expect_end(how, !run.must_retry);
    run.must_give_up = !run.must_retry && !run.last;
    if (run.must_give_up) last_has_failed(run);
    if (run.must_give_up && stage_ == stopping::no) pause_if_failing(run.task);
}

// It is in flight of its task all the time, and has no place meanwhile.
void model::retry_later(sim_run& run, sim_run& next) {
    next.follows = next.explained = true;
    next.attempt = run.attempt + 1;
    next.successes = run.successes;
    next.for_slot = run.for_slot;
    next.of_backfill = run.of_backfill;
    next.end_moves = run.end_moves;
    next.overlap = run.overlap;
    next.ask = run.ask;
    next.users = run.users;
    next.give_up_at = run.give_up_at;
    next.retry_at = next.deadline = run.retry_at;
    ++of(run.task).in_flight;
}

// The attempt before it was the last, and failed when it ended.
void model::last_has_failed(const sim_run& run) {
    mirror& m = of(run.task);
    if (m.successes == run.successes) ++m.failures;
    if (run.of_backfill) ended_of_backfill(run, outcome::failed);
}

void model::forget_retry(sim_run& run) {
    last_has_failed(run);
    run.at = sim_run::stage::dropped;
    run.must_give_up = true;
    run.arrival = 0;
    run.deadline = 0;
    --of(run.task).in_flight;
}

// There will be none, and nobody wanted that: its time is over, or an update takes it away.
void model::lose_retry(sim_run& run, instant now) {
    forget_retry(run);
    pause_if_failing(run.task);
    if (of(run.task).live()) fixed_delay_waits_for_no_end(of(run.task), now);
}

// Once for each run, when it is known: which may be before its end is looked at.
void model::count_failure(sim_run& run, outcome how, bool last) {
    mirror& m = of(run.task);
    if (how == outcome::success) m.failures = 0, ++m.successes;
    run.successes = m.successes;
    if (!is_failure(how) || std::exchange(run.failure_counted, true) || !last) return;
    ++m.failures;
    pause_if_failing(run.task);
}

void model::pause_if_failing(int task) {
    mirror& m = of(task);
    std::uint32_t limit = m.plan.pause_after_failures;
    if (limit == 0 || m.failures < limit || m.paused || !m.live()) return;
    m.paused = m.must_pause = true;
    m.pause_reason = std::to_string(m.failures) + " failures in a row";
    unschedule(m);
}

} // namespace rondo::simulation
