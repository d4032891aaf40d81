// SPDX-License-Identifier: BSL-1.0
// Runs that do not wait for their record, or have none.
#include <runtime/engine.hpp>

#include <utility>
#include <vector>

namespace rondo::runtime {

// Not while the store is so far behind that more would only fill the memory: then they wait for it, as all do.
bool engine::may_run_ahead() const noexcept {
    return outbox_.size() < options_.outbox_max && !waits_for_store();
}

// Of the latest decisions. What comes of it brings no others into the outbox.
void engine::let_runs_ahead(std::size_t fresh) {
    for (std::size_t i = outbox_.begins.size() - fresh; i != outbox_.begins.size(); ++i)
        if (outbox_.begins[i].mode != record::write_ahead) tell_unrecorded(outbox_.begins[i]);
}

// Those of which nothing goes on record are not asked for.
void engine::forget_unsaid() {
    for (core::decision& d : outbox_.begins_called)
        if (is_unsaid(d)) tell_unrecorded(d);
    std::erase_if(outbox_.begins_called, is_unsaid);
}

bool engine::goes_on_record(const core::action& a) noexcept {
    if (a.run->mode <= record::write_behind || a.followed) return true;
    return a.run->mode == record::failures_only && (a.outcome != outcome::success || a.after_failure);
}

// But where the cursor goes does.
void engine::end_unrecorded(const core::action& a, ended_run& ended) {
    if (a.next_slot) {
        std::vector<core::decision> move(1);
        move[0].mode = record::none;
        move[0].request.uid = a.task->uid;
        move[0].request.expected = cursor_waits_for_end;
        move[0].request.next = a.next_slot;
        outbox_.add(move);
    }
    let_waiters_go(ended);
}

} // namespace rondo::runtime
