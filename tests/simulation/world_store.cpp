// SPDX-License-Identifier: BSL-1.0
#include <simulation/world_input.hpp>

#include <simulation/dice.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rondo::simulation {
namespace {

int task_of(const core::decision& d) noexcept {
    return d.request.uid.view().back() - '0';
}

} // namespace

// As lib/runtime does after each input: hand on what it brought, until nothing more comes.
void world::settle() {
    if (settling_ || out_.failed()) return;
    settling_ = true;
    record_own_pauses();
    for (bool more = true; more && !out_.failed();) {
        more = false;
        bool calling = false;
        for (const lane& l : lanes_) calling = calling || l.calling;
        // Nobody waits for a store that is down, nor do decisions wait that it may merge.
        if (core_->has_decisions() && (!calling || store_down_ || !swarm_.merges)) {
            take_decisions();
            more = true;
        }
        if (store_down_) tell_unrecorded();
        if (retry_at_ != never_ns) continue;
        for (std::size_t i = 0; i != swarm_.tasks; ++i) {
            lane& l = lanes_[i];
            if (l.calling || l.size() == 0) continue;
            call(static_cast<int>(i));
            more = true;
        }
    }
    if (store_down_ && retry_at_ == never_ns && outbox() == 0) {
        store_down_ = false;
        backoff_ns_ = 0;
    }
    settling_ = false;
}

void world::take_decisions() {
    decisions_.clear();
    // Likewise: not all at once where they may wait.
    const std::size_t all = core_->decisions_count();
    core_->take_decisions(decisions_, swarm_.merges ? (all + 1) / 2 : all);
    for (core::decision& d : decisions_) {
        int task = task_of(d);
        ++tally_.decisions;
        const begin_request& r = d.request;
        out_.trace = scramble(out_.trace ^
                              (r.next ? static_cast<std::uint64_t>(r.next->time_since_epoch().count()) : 7) ^
                              (r.skipped ? r.skipped->count : 0) << 1);
        std::uint32_t schedule_no = check_.conservation.decided(task, r);
        if (d.run != nullptr) {
            auto& run = *static_cast<sim_run*>(d.run->runner);
            if (run.decided) out_.report("outcomes", task, "a run is decided twice");
            run.decided = true;
            run.started_at = d.run->started_at;
            check_.manual.decided(run, r);
        }
        lane& l = lanes_[static_cast<std::size_t>(task)];
        if (r.moves_cursor) ++l.moves;
        lane::entry& e = l.push();
        e.no = l.moves;
        e.decision = std::move(d);
        e.schedule_no = schedule_no;
    }
    trim_outbox();
}

std::size_t world::outbox() const {
    std::size_t n = 0;
    for (const lane& l : lanes_) n += l.size();
    return n;
}

void world::call(int task) {
    lane& l = lanes_[static_cast<std::size_t>(task)];
    std::uint64_t n = draw(swarm_.seed, 7, task, ++drawn_);
    l.calling = true;
    l.ends = lane::fate::works;
    auto one_in = [&](std::int64_t rate, int shift) {
        return rate != 0 && !healing_ && (n >> shift) % static_cast<std::uint64_t>(rate) == 0;
    };
    if (store_broken() || one_in(swarm_.store_fails, 8)) {
        fault(fault_kind::failed);
        l.ends = n % 2 == 0 ? lane::fate::fails : lane::fate::answer_lost;
    }
    bool slow = one_in(swarm_.store_slow, 24);
    if (!slow) {
        apply(task);
        return answered(task);
    }
    fault(fault_kind::slow);
    std::uint64_t unit_ns = static_cast<std::uint64_t>(swarm_.unit_us) * 1000;
    l.answer_at = ns_of(now_) + static_cast<std::int64_t>((n >> 32) % (2 * unit_ns));
    l.overdue_at = ns_of(now_) + static_cast<std::int64_t>(unit_ns);
    if (n % 4 < 2) apply(task);
}

// The store does what the call asks for.
void world::apply(int task) {
    lane& l = lanes_[static_cast<std::size_t>(task)];
    if (l.applied) return;
    l.applied = true;
    if (l.ends == lane::fate::fails) return;
    const lane::entry& e = l.front();
    if (e.is_end)
        l.finished = store_.finish(task, e.end);
    else
        l.begun = store_.begin(task, e.decision.request);
}

void world::answered(int task) {
    apply(task);
    lane& l = lanes_[static_cast<std::size_t>(task)];
    bool works = l.ends == lane::fate::works;
    l.hang_up();
    if (!works) return store_fails(); // the call stays the first, and is repeated
    begin_answer a = l.begun;
    finish_state f = l.finished;
    lane::entry e = l.pop();
    if (e.is_end) {
        core::task_record* record = records_[static_cast<std::size_t>(task)];
        if (f == finish_state::fenced && e.end.next_slot && record != nullptr) record->cursor_lost = true;
        return;
    }
    begin_answered(task, e, a);
}

void world::begin_answered(int task, lane::entry& e, const begin_answer& a) {
    core::decision& d = e.decision;
    bool waiting = d.run != nullptr;
    bool conflict = a.state == begin_state::conflict && d.request.moves_cursor;
    if (conflict && !waiting && a.next_slot == d.request.next) return; // an earlier answer got lost
    bool ours = !waiting && (d.request.started.has_value() || store_down_);
    if (conflict && !ours) return refused(task, e, a.next_slot);
    if (waiting) begun(*d.run, a.state == begin_state::recorded ? a.token : 0);
    core::task_record* record = records_[static_cast<std::size_t>(task)];
    bool another =
        a.state == begin_state::recorded && d.request.moves_cursor && !(a.next_slot == d.request.next);
    if (record != nullptr && ours && (another || conflict)) record->cursor_lost = true;
}

void world::refused(int task, lane::entry& e, moment cursor) {
    core::decision& d = e.decision;
    sim_run* run = d.run != nullptr ? static_cast<sim_run*>(d.run->runner) : nullptr;
    if (out_.telling)
        note(task, fmt::format("refused, from {} to {} by schedule {}: the cursor on record is {}",
                               rondo::to_string(d.request.expected), rondo::to_string(d.request.next),
                               e.schedule_no, rondo::to_string(cursor)));
    // The task may be gone, and its uid that of another by now.
    if (live(task) || model_.of(task).at == mirror::stage::removing) {
        bool last = e.no == lanes_[static_cast<std::size_t>(task)].moves;
        model::refusal a = model_.refused(task, d.request, e.schedule_no, last, cursor, now_);
        seen_.theirs = a.theirs;
        if (a.taken_back && d.request.skipped)
            check_.counters.taken_back(task, d.request.skipped->reason, d.request.skipped->count);
        check_.preview.intervened(task);
        const mirror& m = model_.of(task);
        moment slot = m.slot == no_slot ? moment() : moment(m.slot);
        if (a.moved) check_.conservation.resynced(task, cursor, a.back, m.backlog.empty(), slot);
        if (a.moved && m.compared_at == ns_of(now_)) check_.never_early.resynced(task, slot, now_);
    }
    if (run != nullptr) {
        run->answered = run->refused = true;
        check_.counters.refused(task);
    }
    input(input_kind::refused, task, run, [&] { ask([&] { core_->refused(d, cursor, now_); }); });
}

void world::store_fails() {
    constexpr std::int64_t steps = 32;
    backoff_ns_ = std::clamp(backoff_ns_ * 2, swarm_.unit_us * 1000 / steps, swarm_.unit_us * 1000);
    retry_at_ = ns_of(now_) + backoff_ns_;
    store_down_ = true;
    tell_unrecorded();
}

// The runs start without their record, which follows.
void world::tell_unrecorded() {
    for (lane& l : lanes_) {
        for (l.told = std::max(l.told, l.head); l.told < l.queue.size();) {
            core::decision& d = l.queue[l.told++].decision;
            if (d.run == nullptr) continue;
            begun(*std::exchange(d.run, nullptr), 0);
        }
    }
}

// An outage may last: what does not fit is lost, and the next decision of its task is forced.
void world::trim_outbox() {
    for (std::size_t n = outbox(); store_down_ && n > swarm_.outbox_max; --n) {
        std::size_t longest = 0;
        for (std::size_t i = 1; i != tasks_max; ++i)
            if (lanes_[i].size() > lanes_[longest].size()) longest = i;
        lane& l = lanes_[longest];
        if (l.calling) return;
        fault(fault_kind::lost);
        lane::entry e = l.pop();
        if (!e.is_end && e.decision.run != nullptr) begun(*e.decision.run, 0);
        if (e.is_end) store_.row(static_cast<int>(longest)).ends_lost = true;
        bool moves = e.is_end ? e.end.next_slot.has_value() : true;
        if (records_[longest] != nullptr && moves) records_[longest]->cursor_lost = true;
    }
}

} // namespace rondo::simulation
