// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SUPPORT_SLOT_ACCOUNT_HPP
#define RONDO_TESTS_SUPPORT_SLOT_ACCOUNT_HPP

#include <rondo/record.hpp>
#include <rondo/schedule.hpp>
#include <rondo/stat.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace rondo::test {

/// What a repository keeps of one task, and the books on its slots: each is decided once, as a run or
/// as a skip. Written from the meaning of the words, not from the code of the core.
class slot_account {
public:
    slot_account(schedule when, const task_state& state) : when_(when), state_(state) {
        loose_ = state.schedule_changed || (state.next_slot && *state.next_slot == cursor_waits_for_end);
    }

    /// Books a decision; says what is wrong with it, or nothing.
    std::string decide(const begin_request& r) {
        if (r.started) state_.last_run = r.started->started_at;
        if (!r.moves_cursor) return r.skipped ? "a manual run skips slots" : "";
        std::uint64_t told = (r.skipped ? r.skipped->count : 0) + (r.started ? 1 : 0);
        std::string wrong = loose_ || changed_ || r.force || told == 0 ? std::string() : complaint(r, told);
        // After an update a fixed delay may go on from the end of a run that its cursor did not wait for; one that
        // follows takes up what is on record.
        bool goes_on = changed_ && r.expected == moment(cursor_waits_for_end) && r.next;
        bool may = goes_on || when_.type() == schedule::kind::after;
        if (told == 0 && !may) wrong = std::exchange(moves_, false) ? "" : "a decision about nothing";
        if (r.started && r.started->trigger != trigger::manual) ++begun_;
        decided_ += told;
        loose_ = false;
        state_.next_slot = r.next;
        return wrong;
    }

    void end(outcome how, moment next_slot) {
        state_.last_outcome = how;
        if (next_slot && state_.next_slot && *state_.next_slot == cursor_waits_for_end)
            state_.next_slot = next_slot;
    }

    /// Its slots are others from now on.
    void reschedule(const schedule& when) {
        when_ = when;
        moves_ = true;
        changed_ = true;
    }

    [[nodiscard]] bool changed() const noexcept { return changed_; }

    /// The repository took it for nothing, as another manager moved the cursor.
    void refuse(const begin_request& r, moment cursor) {
        decided_ -= (r.skipped ? r.skipped->count : 0) + (r.started ? 1 : 0);
        if (r.started) --begun_;
        move(cursor);
    }
    /// Another manager moved the cursor.
    void move(moment cursor) {
        state_.next_slot = cursor;
        loose_ = true;
    }
    void pause(bool paused) { state_.paused = paused; }

    /// Invariant 1: what the counters say adds up to the slots decided.
    [[nodiscard]] bool agrees_with(const counters& c) const {
        return c.skipped_overlap + c.skipped_missed + c.skipped_paused + c.skipped_buffer_full + begun_ ==
               decided_;
    }
    [[nodiscard]] std::uint64_t decided() const { return decided_; }
    /// What a later life reads.
    [[nodiscard]] task_state stored() const {
        task_state s = state_;
        s.created = false;
        s.schedule_changed = false;
        return s;
    }

private:
    [[nodiscard]] std::string complaint(const begin_request& r, std::uint64_t told) const {
        if (!(r.expected == state_.next_slot)) return "expects the cursor at " + to_string(r.expected);
        if (!r.expected) return "decides after the end";
        if (when_.type() == schedule::kind::rule) return complaint_of_rule(r, told);
        if (when_.type() == schedule::kind::after) return complaint_of_follower(r);
        if (when_.type() != schedule::kind::every) return told == 1 ? "" : "more than one slot";
        auto interval = *when_.interval();
        if (!r.next || *r.next - *r.expected != static_cast<std::int64_t>(told) * interval)
            return "slots lost or decided twice";
        if (r.skipped) {
            auto n = static_cast<std::int64_t>(r.skipped->count);
            if (r.skipped->first != *r.expected) return "skips from elsewhere";
            if (r.skipped->last != r.skipped->first + (n - 1) * interval)
                return "a range that does not add up";
        }
        if (r.started && r.started->scheduled_at != *r.next - interval) return "a run of no slot";
        return "";
    }

    // Its slots are another task's; the cursor passes them, and never goes back.
    [[nodiscard]] static std::string complaint_of_follower(const begin_request& r) {
        wall_time last = r.started ? r.started->scheduled_at : r.skipped->last;
        if (!r.next || *r.next < std::max(*r.expected, last + std::chrono::microseconds(1)))
            return "the cursor does not pass the slots";
        if (r.skipped && r.started && r.skipped->last >= r.started->scheduled_at) return "slots out of order";
        return "";
    }

    // From slot to slot, which is how a rule is defined, and not how the core counts.
    [[nodiscard]] std::string complaint_of_rule(const begin_request& r, std::uint64_t told) const {
        wall_time last = *r.expected;
        wall_time last_skipped = last;
        moment slot = r.expected;
        for (std::uint64_t n = 0; n != told; ++n, slot = when_.next_after(last, state_.anchor)) {
            if (!slot) return "more slots than there are";
            last = *slot;
            if (r.skipped && n < r.skipped->count) last_skipped = last;
        }
        if (!(slot == r.next)) return "slots lost or decided twice";
        if (r.skipped && r.skipped->first != *r.expected) return "skips from elsewhere";
        if (r.skipped && r.skipped->last != last_skipped) return "a range that does not add up";
        if (r.started && r.started->scheduled_at != last) return "a run of no slot";
        return "";
    }

    schedule when_;
    task_state state_;
    std::uint64_t decided_ = 0;
    std::uint64_t begun_ = 0;
    bool changed_ = false; // slots of the schedule before may wait
    bool moves_ = false;   // one decision may move the cursor alone
    bool loose_ = false;   // the next decision starts from a cursor that is not on the grid
};

} // namespace rondo::test

#endif // RONDO_TESTS_SUPPORT_SLOT_ACCOUNT_HPP
