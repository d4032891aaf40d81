// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SUPPORT_SLOT_ACCOUNT_HPP
#define RONDO_TESTS_SUPPORT_SLOT_ACCOUNT_HPP

#include <rondo/record.hpp>
#include <rondo/schedule.hpp>
#include <rondo/stat.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace rondo::test {

/// What a repository keeps of one task, and the books on its slots: each is decided once, as a run or
/// as a skip. Written from the meaning of the words, not from the code of the core.
class slot_account {
public:
    slot_account(schedule when, const task_state& state) : when_(when), state_(state) {
        loose_ = state.schedule_changed || (state.next_slot && *state.next_slot == cursor_waits_for_end);
        furthest_ = state.next_slot.value_or(wall_time::min());
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
        bool exact = !loose_;
        loose_ = false;
        state_.next_slot = r.next;
        if (when_.type() != schedule::kind::after) return wrong;
        std::string of_followed = settle(r, told);
        return wrong.empty() && exact && all_known_ && !r.force ? of_followed : wrong;
    }

    /// The task that it follows has ended a slot with an outcome that counts.
    void owe(wall_time slot) { owed_.insert(slot); }
    [[nodiscard]] bool follows(std::string_view uid, outcome how) const {
        return when_.type() == schedule::kind::after && when_.followed() == uid &&
               when_.outcomes().contains(how);
    }
    /// How many such slots are not decided; nothing: that is not known, as somebody else decides some, or did.
    [[nodiscard]] std::optional<std::uint64_t> owed() const {
        if (when_.type() != schedule::kind::after || !all_known_) return {};
        return owed_.size();
    }

    void end(outcome how, moment next_slot) {
        state_.last_outcome = how;
        if (next_slot && state_.next_slot && *state_.next_slot == cursor_waits_for_end)
            state_.next_slot = next_slot;
    }

    /// Its slots are others from now on.
    void reschedule(const schedule& when) {
        bool same = when.type() == schedule::kind::after && when.followed() == when_.followed();
        all_known_ = all_known_ && same;
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
        all_known_ = false;
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
        if (when_.type() == schedule::kind::after) return ""; // see `settle`
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

    // Its slots are those that another task has ended, each of them once. The cursor stands right behind the
    // furthest that is decided, or at the first that is left.
    std::string settle(const begin_request& r, std::uint64_t told) {
        if (told == 0) {
            furthest_ = r.next.value_or(wall_time::min());
            moves_ = false;
            return "";
        }
        std::string wrong;
        constexpr std::chrono::microseconds tick(1);
        if (r.skipped) {
            auto first = owed_.lower_bound(r.skipped->first);
            auto end = owed_.upper_bound(r.skipped->last);
            bool all = first != end && *first == r.skipped->first && *std::prev(end) == r.skipped->last;
            if (!all || static_cast<std::uint64_t>(std::distance(first, end)) != r.skipped->count)
                wrong = "skips what are no slots of it, or not all";
            owed_.erase(first, end);
            furthest_ = std::max(furthest_, r.skipped->last + tick);
        }
        if (r.started) {
            wall_time slot = r.started->scheduled_at;
            if (owed_.erase(slot) == 0) wrong = "a run of no slot, or of one that is decided";
            if (r.skipped && r.skipped->last >= slot) wrong = "slots out of order";
            furthest_ = std::max(furthest_, slot + tick);
        }
        bool at_left = !owed_.empty() && r.next == moment(*owed_.begin());
        if (moves_ && !at_left && r.next && *r.next > furthest_ &&
            (owed_.empty() ||
             *r.next < *owed_.begin())) { // to where an update began, once what waited is decided
            furthest_ = *r.next;
            moves_ = false;
        }
        if (!at_left && !(r.next == moment(furthest_)))
            wrong = "the cursor is at " + to_string(r.next) + " and not " + to_string(moment(furthest_)) +
                    ", " + std::to_string(owed_.size()) + " are left";
        return wrong;
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
    bool changed_ = false;  // slots of the schedule before may wait
    bool moves_ = false;    // one decision may move the cursor alone
    bool all_known_ = true; // of the slots of a task that follows
    std::set<wall_time> owed_;
    wall_time furthest_ =
        wall_time::min(); // where the cursor of a task that follows stands, if nothing waits
    bool loose_ = false;  // the next decision starts from a cursor that is not on the grid
};

} // namespace rondo::test

#endif // RONDO_TESTS_SUPPORT_SLOT_ACCOUNT_HPP
