// SPDX-License-Identifier: BSL-1.0
// The way to a repository that answers at once.
#include <runtime/engine.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace rondo::runtime {

/// As `record_all`, in place of it. False: the repository does not answer at once, and what was called is to be put
/// back.
bool engine::record_at_once() {
    bool more = false;
    try {
        put_back_called(); // if there was no memory for that
        if (outbox_.begins.size() < record_batch_max && may_take_decisions()) take_decisions();
        if (outbox_.empty() || store_works()) on_store_up();
        if (!outbox_.empty()) {
            const std::size_t begins = outbox_.begins_that_may_go(record_batch_max);
            const std::size_t ends = outbox_.ends_that_may_go(record_batch_max);
            outbox_.call_ends(ends);
            outbox_.call_begins(begins);
            std::optional<recorded_runs> said = ask_at_once();
            recording_.at_once = said.has_value();
            if (!said) return false;
            on_recorded(std::move(*said));
            trim_outbox(); // which is told of
            look_at_partings();
        }
        if (outage_.retry_at == steady_time::max()) {
            more = !outbox_.empty() || core_.has_decisions();
            if (!more) on_store_up();
            // In another handler: a store that answers at once must not keep the loop from others.
            if (more)
                post([self = shared_from_this()] {
                    self->recording_.on = self->recording_.posted = false;
                    self->on_recording_over();
                });
        }
    } catch (...) {
        recording_.on = false;
        look_at_partings();
        on_recording_failed();
        return true;
    }
    recording_.on = recording_.posted = more;
    if (!more) check_drained();
    return true;
}

/// What the repository says of what is called, with an error where it says nothing; nothing where it does not answer at
/// once.
std::optional<recorded_runs> engine::ask_at_once() {
    std::vector<const finish_request*>& ended = recording_.ended;
    std::vector<const begin_request*>& begun = recording_.begun;
    std::vector<begin_request> parts; // of decisions that do not go on record whole
    ended.clear();
    begun.clear();
    const auto is_part = [](const core::decision& d) { return d.mode >= record::failures_only; };
    parts.reserve(static_cast<std::size_t>(std::ranges::count_if(outbox_.begins_called, is_part)));
    for (const ended_run& e : outbox_.ends_called) ended.push_back(&e.request);
    for (const core::decision& d : outbox_.begins_called) {
        if (is_unsaid(d)) continue;
        begun.push_back(is_part(d) ? &parts.emplace_back(recorded_of(d)) : &d.request);
    }
    if (ended.empty() && begun.empty())
        return recorded_runs{std::vector<finish_state>(), std::vector<begin_answer>()};
    std::optional<recorded_runs> said;
    try {
        said = repository_->record_at_once(ended, begun);
    } catch (const boost::system::system_error& e) {
        said = recorded_runs{e.code(), e.code()};
    } catch (...) {
        said = recorded_runs{errc::store_failed, errc::store_failed};
    }
    if (said) check_answers(*said, ended.size(), begun.size());
    return said;
}

} // namespace rondo::runtime
