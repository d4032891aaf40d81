// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SUPPORT_CORE_SCRIPT_HPP
#define RONDO_TESTS_SUPPORT_CORE_SCRIPT_HPP

#include <support/core_driver.hpp>

#include <core/history_reader.hpp>

#include <iterator>

namespace rondo::test {

/// The options of a task in a script.
struct task_extra {
    rondo::overlap overlap = rondo::overlap::skip;
    rondo::first_run first = by_schedule;
    std::chrono::microseconds timeout{0};
    std::uint32_t in_flight_max = 0;
    core::task_policy policy{};
    std::string_view group{};
};

/// Drives a core as a shell and a healthy repository would. Each input is a step, whose actions must be
/// expected before the next step, but for `release_run` and an end that is as its body said. After
/// each step it checks that no other task has changed, and invariants 1, 2 and 4.
class core_script : public core_driver {
public:
    explicit core_script(core::scheduler_options options = {}) : core_driver(options) {}

    // Time.

    /// It is `t` after the beginning, and the loop wakes up.
    core_script& at(nanoseconds t) {
        clock(t);
        step("", [&] {
            touch_due();
            core_.on_time(now_);
        });
        std::size_t told = told_;
        if (spurious_ && core_.next_wakeup(now_) > now_.steady) core_.on_time(now_), end_step();
        if (told != told_) complain("a second wake-up does something");
        return *this;
    }
    /// As `at`, but the loop is busy.
    core_script& clock(nanoseconds t) {
        now_ = {steady_base + t, wall_base + wall_shift_ + std::chrono::floor<microseconds>(t)};
        trace_ += "at " + to_string(std::chrono::floor<microseconds>(t)) + "\n";
        return *this;
    }
    core_script& wall_steps_by(microseconds d) {
        wall_shift_ += d;
        now_.wall += d;
        clock_set_ = true;
        return *this;
    }

    // Tasks.

    core_script& add(std::string_view uid, schedule when, task_extra extra = {}) {
        core::task_record* task = reserve(uid, when, extra);
        if (task == nullptr) return *this;
        task_definition d = core_.definition(*task, now_);
        task_state state;
        state.created = true;
        state.anchor = d.anchor;
        state.next_slot = d.first_slot;
        return activate(*task, state);
    }
    /// Adds a task that the repository knows.
    core_script& restore(std::string_view uid, schedule when, const task_state& state,
                         task_extra extra = {}) {
        core::task_record* task = reserve(uid, when, extra);
        return task == nullptr ? *this : activate(*task, state);
    }
    /// As `restore`, of one that follows a task whose history is this.
    core_script& restore_following(std::string_view uid, schedule when, const task_state& state,
                                   const std::vector<run>& history, task_extra extra = {}) {
        core::task_record* task = reserve(uid, when, extra);
        if (task == nullptr) return *this;
        bool wanted = core::scheduler::history_wanted_from(*task, state).has_value();
        core::history_reader found(when.outcomes(), state.next_slot.value_or(wall_base));
        found.read(history, [](wall_time) { return false; });
        return activate(*task, state, wanted ? &found : nullptr, history);
    }
    core_script& restore_fails(std::string_view uid, schedule when, const task_state& state, errc why) {
        core::task_record* task = reserve(uid, when, {});
        auto r = core_.activate(*task, state, now_);
        CHECK(!r);
        if (!r) CHECK(r.error() == why);
        CHECK(core_.forget(*task) != nullptr);
        CHECK(core_.find(uid) == nullptr);
        return *this;
    }
    core_script& add_fails(std::string_view uid, schedule when, errc why, task_extra extra = {}) {
        core::task_spec wanted = spec(uid, when, extra);
        auto r = core_.reserve(wanted);
        CHECK(!r);
        CHECK(wanted.payload != nullptr);
        if (!r) CHECK(r.error() == why);
        return *this;
    }
    /// What was due is decided by the old schedule, which the account knows; the new one is told to it after.
    core_script& update(std::string_view uid, schedule when, task_extra extra = {}) {
        core::task_spec wanted = spec(uid, when, extra);
        CHECK(core_.check_update(task(uid), wanted));
        unlimited_.insert(std::string(uid)); // by the policy before
        bool moves = !(when.text() == task(uid).when.text());
        step(uid, [&] {
            if (moves) accounts_.at(std::string(uid)).reschedule(when);
            CHECK(core_.update(task(uid), wanted, now_) != nullptr);
        });
        return *this;
    }
    core_script& set_group(const group& g) {
        limits_.insert_or_assign(g.name(), g);
        step("", [&] { CHECK(core_.set_group(g, now_)); });
        return *this;
    }
    core_script& remove(std::string_view uid) {
        step(uid, [&] { core_.remove(task(uid), now_); });
        return *this;
    }
    core_script& pause(std::string_view uid, core::pause_note note = {}) {
        accounts_.at(std::string(uid)).pause(true);
        step(uid, [&] { core_.pause(task(uid), now_, std::move(note)); });
        return *this;
    }
    core_script& resume(std::string_view uid, resume_from from = resume_from::now) {
        accounts_.at(std::string(uid)).pause(false);
        step(uid, [&] { core_.resume(task(uid), from, now_); });
        return *this;
    }
    core_script& pause_all() {
        step("", [&] { core_.pause_all(now_); });
        return *this;
    }
    core_script& resume_all(resume_from from = resume_from::now) {
        step("", [&] { core_.resume_all(from, now_); });
        return *this;
    }
    core_script& resync(std::string_view uid, moment cursor) {
        accounts_.at(std::string(uid)).move(cursor);
        step(uid, [&] { core_.resync(task(uid), cursor, now_); });
        return *this;
    }

    // Runs.

    core_script& trigger(std::string_view uid, std::optional<overlap> policy = {}) {
        bool begun = false;
        if (policy == overlap::allow_all) unlimited_.insert(std::string(uid));
        step(uid, [&] { begun = bool(core_.trigger(task(uid), {}, policy, now_)); });
        CHECK(begun);
        return *this;
    }
    /// It may fail.
    core_script& try_trigger(std::string_view uid) {
        step(uid, [&] { (void)core_.trigger(task(uid), {}, {}, now_); });
        return *this;
    }
    core_script& trigger_fails(std::string_view uid, errc why, std::optional<overlap> policy = {}) {
        step(uid, [&] {
            auto r = core_.trigger(task(uid), {}, policy, now_);
            CHECK(!r);
            if (!r) CHECK(r.error() == why);
        });
        return expect_nothing();
    }
    /// The body of the run of `uid` that started first, or the `index`th, ends.
    core_script& end(std::string_view uid, body_end how = body_end::success, std::size_t index = 0) {
        auto& bodies = bodies_[std::string(uid)];
        if (index >= bodies.size()) return complain("no such body: " + std::string(uid)), *this;
        core::run_record* run = bodies[index];
        step(uid, [&] { core_.ended(*run, how, now_); });
        return forgive(end_text(uid, how == body_end::success ? outcome::success : outcome::failed));
    }
    /// Cancels the run of `uid` that is the latest.
    core_script& cancel(std::string_view uid, cancel_reason why = cancel_reason::requested) {
        step(uid, [&] { core_.cancel(*task(uid).runs(), why, now_); });
        return *this;
    }
    core_script& backfill(std::string_view uid, nanoseconds from, nanoseconds to, overlap policy) {
        unlimited_.insert(std::string(uid));
        step(uid, [&] {
            CHECK(core_.backfill(task(uid), wall_base + std::chrono::floor<microseconds>(from),
                                 wall_base + std::chrono::floor<microseconds>(to), policy, now_));
        });
        return *this;
    }
    core_script& stop_backfill(std::string_view uid) {
        step(uid, [&] { core_.stop_backfill(task(uid), now_); });
        return *this;
    }
    core_script& detach(std::string_view uid) {
        step(uid, [&] { core_.detach(*task(uid).runs(), now_); });
        return *this;
    }
    core_script& shutdown(nanoseconds grace) {
        step("", [&] { core_.shutdown(grace, now_); });
        return *this;
    }

    // The repository.

    /// From now on it does not answer.
    core_script& hold() { return holding_ = true, *this; }
    /// Answers the decisions that wait, and those that follow.
    core_script& answer(bool recorded = true) {
        holding_ = false;
        auto held = std::exchange(held_, {});
        step("", [&] {
            for (core::decision& d : held) {
                touched_.insert(d.request.uid.str());
                if (d.run != nullptr) core_.begun(*d.run, recorded ? 1 : 0, now_);
                take_actions();
            }
        });
        return *this;
    }
    /// Those that wait find the cursor at `cursor`; those that follow are answered.
    core_script& refuse(moment cursor) {
        holding_ = false;
        auto held = std::exchange(held_, {});
        step("", [&] {
            for (core::decision& d : held) {
                touched_.insert(d.request.uid.str());
                core_driver::refuse(d, cursor);
                take_actions();
            }
        });
        return *this;
    }
    /// The first of those that wait finds the cursor at `cursor`; the others go on waiting.
    core_script& refuse_first(moment cursor) {
        auto rest = std::exchange(held_, {});
        step("", [&] {
            touched_.insert(rest.front().request.uid.str());
            core_driver::refuse(rest.front(), cursor);
            take_actions();
        });
        held_.insert(held_.begin(), std::make_move_iterator(rest.begin() + 1),
                     std::make_move_iterator(rest.end()));
        return *this;
    }
    /// The next decision with a run finds the cursor at `cursor`.
    core_script& refuse_next(moment cursor) { return refusal_ = cursor, refuse_ = true, *this; }

    // Expectations.

    /// An action by its text in the trace.
    core_script& expect(const std::string& line) {
        auto found = std::ranges::find(pending_, line);
        if (found == pending_.end()) return complain("missing: " + line), *this;
        pending_.erase(found);
        return *this;
    }
    core_script& expect_start(std::string_view uid, nanoseconds slot,
                              rondo::trigger why = rondo::trigger::schedule) {
        return expect("start " + std::string(uid) + " " + text(slot) + " " + std::string(to_string(why)));
    }
    core_script& expect_skip(std::string_view uid, skip_reason why, std::uint64_t count) {
        return expect("skip " + std::string(uid) + " " + std::string(to_string(why)) + " " +
                      std::to_string(count));
    }
    core_script& expect_cancel(std::string_view uid, cancel_reason why) {
        return expect("cancel " + std::string(uid) + " " + std::string(to_string(why)));
    }
    core_script& expect_end(std::string_view uid, outcome how) { return expect(end_text(uid, how)); }
    core_script& expect_retry(std::string_view uid, std::uint32_t attempt) {
        return expect("retry " + std::string(uid) + " " + std::to_string(attempt));
    }
    core_script& expect_overrunning(std::string_view uid) {
        return expect("overrunning " + std::string(uid));
    }
    core_script& expect_gone(std::string_view uid) { return expect("gone " + std::string(uid)); }
    /// Nothing may follow it.
    core_script& expect_shutdown_done() {
        if (last_ != "shutdown done") complain("shutdown_done is not the last");
        return expect("shutdown done");
    }
    core_script& expect_nothing() {
        no_more_pending();
        return *this;
    }
    core_script& expect_wakeup(nanoseconds t) {
        steady_time found = core_.next_wakeup(now_);
        CHECK_MESSAGE(found == steady_base + t, trace_);
        return *this;
    }
    core_script& expect_no_wakeup() {
        CHECK_MESSAGE((core_.next_wakeup(now_) == steady_time::max()), trace_);
        return *this;
    }
    core_script& expect_next_run(std::string_view uid, nanoseconds slot) {
        stat s = stat_of(uid);
        CHECK_MESSAGE((s.next_run ? since_base(*s.next_run) : "never") == text(slot), trace_);
        return *this;
    }
    core_script& expect_no_next_run(std::string_view uid) {
        CHECK_MESSAGE(!stat_of(uid).next_run, trace_);
        return *this;
    }
    /// For random inputs: whatever it does, as long as the invariants hold.
    core_script& expect_anything() { return pending_.clear(), *this; }

private:
    static std::string text(nanoseconds slot) { return to_string(std::chrono::floor<microseconds>(slot)); }

    static core::task_policy policy_of(const task_extra& extra) {
        core::task_policy policy = extra.policy;
        policy.timeout = extra.timeout;
        policy.in_flight_max = extra.in_flight_max;
        return policy;
    }
    static core::task_spec spec(std::string_view uid, schedule when, const task_extra& extra) {
        return {.uid = uid,
                .name = uid.substr(0, 10),
                .when = when,
                .overlap = extra.overlap,
                .first = extra.first,
                .policy = policy_of(extra),
                .group = extra.group,
                .payload = std::make_unique<core::task_payload>()};
    }

    core::task_record* reserve(std::string_view uid, schedule when, const task_extra& extra) {
        expect_nothing();
        core::task_spec wanted = spec(uid, when, extra);
        auto r = core_.reserve(wanted);
        CHECK(r);
        return r ? r.value() : nullptr;
    }

    core_script& activate(core::task_record& task, const task_state& state,
                          const core::history_reader* on_record = nullptr,
                          const std::vector<run>& history = {}) {
        std::string uid = task.uid.str();
        auto& account = accounts_.insert_or_assign(uid, slot_account(task.when, state)).first->second;
        for (const run& r : history)
            if (on_record != nullptr && counts(r, task, state)) account.owe(r.scheduled_at);
        clock_set_ = clock_set_ || (state.next_slot && *state.next_slot > now_.wall && !state.created);
        bool live = false;
        step(uid, [&] { live = bool(core_.activate(task, state, now_, on_record)); });
        CHECK(live);
        return *this;
    }

    // Whether one that follows has this slot, of a history with one attempt for each.
    bool counts(const run& r, const core::task_record& task, const task_state& state) {
        core::task_record* followed = core_.find(task.when.followed());
        for (auto* of = followed != nullptr ? followed->runs() : nullptr; of != nullptr; of = of->next)
            if (of->for_slot && of->scheduled_at == r.scheduled_at) return false; // not over yet
        return r.outcome && task.when.outcomes().contains(*r.outcome) && takes_slot(r.trigger) &&
               r.scheduled_at >= *state.next_slot;
    }

    core_script& forgive(const std::string& line) {
        if (auto found = std::ranges::find(pending_, line); found != pending_.end()) pending_.erase(found);
        return *this;
    }
};

} // namespace rondo::test

#endif // RONDO_TESTS_SUPPORT_CORE_SCRIPT_HPP
