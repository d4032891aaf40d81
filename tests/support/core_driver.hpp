// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SUPPORT_CORE_DRIVER_HPP
#define RONDO_TESTS_SUPPORT_CORE_DRIVER_HPP

#include <support/slot_account.hpp>

#include <core/scheduler.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondo::test {

using namespace std::chrono_literals;

/// Where both clocks of a script stand at 0s.
inline constexpr wall_time wall_base = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);
inline constexpr steady_time steady_base{1000s};

/// How an instant is written in a script: so long after its beginning.
inline std::string since_base(wall_time t) {
    if (t == cursor_waits_for_end) return "the end";
    return to_string(t - wall_base);
}

/// Feeds a core and takes what it says, as a shell and a repository would. After each step it checks
/// that no other task has changed, and invariants 1, 2 and 4. The base of `core_script`.
class core_driver {
public:
    using nanoseconds = std::chrono::nanoseconds;
    using microseconds = std::chrono::microseconds;
    using body_end = core::body_end;

    // Faults, to be set before the first step.

    /// The repository fails at this answer, counted from 0.
    void fail_answer(std::size_t index) { fault_ = index; }
    /// The loop wakes up for nothing after each `at`.
    void wake_spuriously() { spurious_ = true; }

    // Observers.

    [[nodiscard]] stat stat_of(std::string_view uid) { return core_.stat_of(task(uid)); }
    [[nodiscard]] task_state stored(std::string_view uid) const {
        return accounts_.at(std::string(uid)).stored();
    }
    [[nodiscard]] const std::string& trace() const { return trace_; }
    [[nodiscard]] std::size_t answers() const { return answers_; }
    [[nodiscard]] std::size_t bodies(const std::string& uid) { return bodies_[uid].size(); }
    [[nodiscard]] core::scheduler& core() { return core_; }
    [[nodiscard]] core::task_record& task(std::string_view uid) {
        core::task_record* found = core_.find(uid);
        REQUIRE(found != nullptr);
        return *found;
    }
    [[nodiscard]] instant now() const { return now_; }

protected:
    explicit core_driver(core::scheduler_options options) : options_(options), core_(options) {}
    ~core_driver() = default;

    static std::string end_text(std::string_view uid, outcome how) {
        return "end " + std::string(uid) + " " + std::string(to_string(how));
    }

    void complain(const std::string& what) { FAIL_CHECK(what, "\nafter:\n", trace_); }

    void no_more_pending() {
        for (const std::string& line : pending_) complain("unexpected: " + line);
        pending_.clear();
    }

    template <class F>
    void step(std::string_view subject, F input) {
        no_more_pending();
        before_ = stats();
        touched_ = {std::string(subject)};
        core_.tasks().for_each([&](core::task_record& t) { // it may get a place, and then wait for a run
            if (t.slot_waits()) touched_.insert(t.uid.str());
        });
        input();
        end_step();
        check_others();
    }

    void end_step() {
        for (bool more = true; more;) {
            take_actions();
            std::vector<core::decision> decisions;
            core_.take_decisions(decisions);
            more = !decisions.empty();
            for (core::decision& d : decisions) on_decision(d);
            check_limits();
        }
        core_.tasks().for_each([&](core::task_record& t) {
            auto found = accounts_.find(t.uid.str());
            if (found == accounts_.end()) return;
            if (!found->second.agrees_with(t.counts()))
                complain("the slots of " + t.uid.str() + " do not add up");
            auto owed = found->second.owed();
            if (owed && t.state == core::task_state_kind::live && *owed != undecided(t))
                complain("slots that " + t.uid.str() + " follows are lost, or there twice");
        });
    }

    // 0: any number.
    static std::size_t runs_max(const core::task_record& t) {
        if (t.overlap != rondo::overlap::allow_all) return 1;
        return t.policy != nullptr ? t.policy->in_flight_max : 0;
    }

    // Of the slots that it follows: those that wait, and those that wait for their turn.
    static std::uint64_t undecided(const core::task_record& t) {
        const core::followed_slots& f = *t.past->followed;
        std::uint64_t n = f.due.size() + f.early.size() + f.surplus.count;
        if (t.queue() == nullptr) return n;
        for (const core::slot_segment& s : t.queue()->slots) n += s.count;
        return n;
    }

    // The last end of a slot counts for those that follow.
    void owe(std::string_view uid, const core::run_record& run, outcome how) {
        if (!run.for_slot || core_.shutting_down()) return;
        for (auto& [follower, account] : accounts_) {
            core::task_record* t = core_.find(follower);
            if (t != nullptr && t->state != core::task_state_kind::removing && account.follows(uid, how))
                account.owe(run.scheduled_at);
        }
    }

    void take_actions() {
        for (const core::action& a : core_.actions()) observe(a);
        core_.actions().clear();
    }

    void on_decision(core::decision& d) {
        std::string uid = d.request.uid.str();
        touched_.insert(uid);
        auto account = accounts_.find(uid);
        if (account != accounts_.end())
            if (std::string wrong = account->second.decide(d.request); !wrong.empty())
                complain(uid + ": " + wrong);
        if (d.run != nullptr) {
            CHECK(ids_.insert(d.run->id).second);
            ++in_flight_[uid];
            std::string name = core_.stat_of(*d.run->task).group.str();
            group_runs_[d.run] = name;
            check_group(name);
        }
        if (holding_)
            held_.push_back(std::move(d));
        else if (d.run != nullptr)
            answer_now(d);
        take_actions();
    }

    void answer_now(core::decision& d) {
        bool fails = answers_++ == fault_;
        if (std::exchange(refuse_, false)) return refuse(d, refusal_);
        core_.begun(*d.run, fails ? 0 : answers_, now_);
    }

    void refuse(core::decision& d, moment cursor) {
        accounts_.at(d.request.uid.str()).refuse(d.request, cursor);
        core_.refused(d, cursor, now_);
    }

    void observe(const core::action& a) {
        std::string uid = a.task != nullptr ? a.task->uid.str() : std::string();
        touched_.insert(uid);
        ++told_;
        std::string line = describe(a, uid);
        trace_ += "  " + line + "\n";
        if (a.run != nullptr) trace_ += "    " + to_string(a.run->id) + " at " + since_base(a.at) + "\n";
        last_ = line;
        if (!line.starts_with("release")) pending_.push_back(line);
    }

    // Its slots may be those of the schedule before, by another clock.
    bool updated(const std::string& uid) const {
        auto found = accounts_.find(uid);
        return found != accounts_.end() && found->second.changed();
    }

    std::string describe(const core::action& a, const std::string& uid) {
        using kind = enum core::action::kind;
        auto& bodies = bodies_[uid];
        switch (a.kind) {
        case kind::start_run:
            bodies.push_back(a.run);
            if (!clock_set_ && a.run->scheduled_at > now_.wall) complain("early: " + uid);
            // The clock may be set between the decision, which counts, and the body.
            if (a.task->by_wall() && a.run->trigger != trigger::manual && !updated(uid) &&
                a.run->scheduled_at > a.run->started_at)
                complain("early by the wall clock: " + uid);
            check_starts(group_runs_.at(a.run));
            return "start " + uid + " " + since_base(a.run->scheduled_at) + " " +
                   std::string(to_string(a.run->trigger));
        case kind::cancel_run: return "cancel " + uid + " " + std::string(to_string(a.run->cancelled));
        case kind::end_run:
            if (auto found = accounts_.find(uid); found != accounts_.end())
                found->second.end(a.outcome, a.next_slot);
            if (a.last) owe(uid, *a.run, a.outcome);
            return end_text(uid, a.outcome);
        case kind::release_run:
            std::erase(bodies, a.run);
            if (a.run->state != core::run_state_kind::waiting &&
                a.run->state != core::run_state_kind::backing_off)
                --in_flight_[uid];
            group_runs_.erase(a.run);
            return "release " + uid;
        case kind::retry_later:
            CHECK(a.next->attempt == a.run->attempt + 1);
            CHECK(a.next->scheduled_at == a.run->scheduled_at);
            return "retry " + uid + " " + std::to_string(a.next->attempt);
        case kind::no_retry: owe(uid, *a.run, a.run->outcome); return "no retry " + uid;
        case kind::backfill_done: return "backfill done " + uid;
        case kind::task_paused: return "paused " + uid;
        case kind::task_resumed: return "resumed " + uid;
        case kind::run_overrunning: return "overrunning " + uid;
        case kind::slots_skipped:
            return "skip " + uid + " " + std::string(to_string(a.skipped.reason)) + " " +
                   std::to_string(a.skipped.count);
        case kind::task_gone:
            CHECK(bodies.empty());
            CHECK(in_flight_[uid] == 0);
            accounts_.erase(uid);
            return "gone " + uid;
        case kind::follow_refused: return "not followed " + uid + ": " + a.refused.message();
        case kind::shutdown_done: return "shutdown done";
        }
        return "unknown";
    }

    void check_limits() {
        std::size_t all = 0;
        for (const auto& [uid, n] : in_flight_) {
            all += n;
            core::task_record* t = core_.find(uid);
            if (t == nullptr) continue;
            std::size_t most = runs_max(*t);
            if (most != 0 && n > most && !unlimited_.contains(uid)) complain("too many runs of " + uid);
            if (core_.has_decisions()) continue; // a run that begins is counted there already
            if (t->in_flight() != n + t->retrying())
                complain("the count of runs of " + uid + " is wrong: " + std::to_string(t->in_flight()) +
                         ", not " + std::to_string(n) + " and " + std::to_string(t->retrying()));
        }
        if (options_.runs_in_flight_max != 0 && all > options_.runs_in_flight_max) complain("too many runs");
    }

    void check_group(const std::string& name) {
        auto found = limits_.find(name);
        if (found == limits_.end() || found->second.runs_in_flight_max() == 0) return;
        auto n = std::ranges::count_if(group_runs_, [&](const auto& of) { return of.second == name; });
        if (static_cast<std::size_t>(n) > found->second.runs_in_flight_max())
            complain("too many runs of group " + name);
    }

    // In no stretch of its length do more than so many start.
    void check_starts(const std::string& name) {
        auto found = limits_.find(name);
        if (found == limits_.end() || found->second.starts_max() == 0) return;
        auto& starts = group_starts_[name];
        starts.push_back(now_.steady);
        std::erase_if(starts, [&](steady_time t) { return t <= now_.steady - found->second.starts_per(); });
        if (starts.size() > found->second.starts_max()) complain("too many starts of group " + name);
    }

    std::map<std::string, std::string> stats() {
        std::map<std::string, std::string> all;
        core_.tasks().for_each([&](core::task_record& t) {
            stat s = core_.stat_of(t);
            const counters& c = s.counters;
            std::string line =
                to_string(s.next_run) + to_string(s.last_run) + std::string(to_string(s.status));
            for (std::uint64_t n : {c.runs, c.retries, c.succeeded, c.failed, c.timed_out, c.cancelled,
                                    c.interrupted, c.skipped_overlap, c.skipped_missed, c.skipped_paused,
                                    c.skipped_not_owner, c.skipped_buffer_full, std::uint64_t(s.runs_waiting),
                                    std::uint64_t(s.runs_in_flight), std::uint64_t(s.runs_overrunning),
                                    std::uint64_t(s.runs_retrying), std::uint64_t(s.failures)})
                line += " " + std::to_string(n);
            all[t.uid.str()] = line;
        });
        return all;
    }

    // Who is due may change without a word: its slot may wait.
    void touch_due() {
        core_.tasks().for_each([&](core::task_record& t) {
            if (t.follows()) touched_.insert(t.uid.str()); // it may be asked for a run beside its schedule
            if (t.slot == core::no_slot) return;
            auto now = t.by_wall() ? now_.wall.time_since_epoch().count()
                                   : nanoseconds(now_.steady.time_since_epoch()).count();
            if (t.due <= now) touched_.insert(t.uid.str());
        });
    }

    void check_others() {
        auto after = stats();
        for (const auto& [uid, line] : before_) {
            core::task_record* t = core_.find(uid);
            bool may = t != nullptr && t->follows() && touched_.contains(std::string(t->when.followed()));
            if (may || touched_.contains(uid)) continue;
            auto found = after.find(uid);
            if (found == after.end() || found->second != line) complain("another task has changed: " + uid);
        }
    }

    core::scheduler_options options_;
    core::scheduler core_;
    instant now_{steady_base, wall_base};
    microseconds wall_shift_{0};
    std::map<std::string, slot_account> accounts_;
    std::map<std::string, std::vector<core::run_record*>> bodies_; // those that are there
    std::map<std::string, std::size_t> in_flight_;
    std::map<std::string, group> limits_;
    std::map<core::run_record*, std::string> group_runs_; // those in flight
    std::map<std::string, std::vector<steady_time>> group_starts_;
    std::set<std::string> unlimited_; // somebody asked for a run beside the others
    std::set<run_id> ids_;
    std::vector<core::decision> held_; // they wait for an answer
    std::vector<std::string> pending_; // actions of this step that are not expected yet
    std::map<std::string, std::string> before_;
    std::set<std::string> touched_;
    std::string last_;
    std::string trace_;
    moment refusal_;
    std::size_t fault_ = static_cast<std::size_t>(-1);
    std::size_t answers_ = 0;
    std::size_t told_ = 0;
    bool spurious_ = false;
    bool holding_ = false;
    bool refuse_ = false;
    bool clock_set_ = false; // slots of intervals may then lie ahead of the wall clock
};

} // namespace rondo::test

#endif // RONDO_TESTS_SUPPORT_CORE_DRIVER_HPP
