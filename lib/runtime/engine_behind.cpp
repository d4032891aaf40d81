// SPDX-License-Identifier: BSL-1.0
// Runs that do not wait for their record.
#include <runtime/engine.hpp>

namespace rondo::runtime {

// Not while the store is so far behind that more would only fill the memory: then they wait for it, as all do.
bool engine::may_run_ahead() const noexcept {
    return outbox_.size() < options_.outbox_max && !waits_for_store();
}

// Of the latest decisions. What comes of it brings no others into the outbox, but ends.
void engine::let_runs_ahead(std::size_t fresh) {
    for (std::size_t i = outbox_.begins.size() - fresh; i != outbox_.begins.size(); ++i)
        if (outbox_.begins[i].mode != record::write_ahead) tell_unrecorded(outbox_.begins[i]);
}

} // namespace rondo::runtime
