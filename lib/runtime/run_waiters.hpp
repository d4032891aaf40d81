// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_RUN_WAITERS_HPP
#define RONDO_RUNTIME_RUN_WAITERS_HPP

#include <rondo/run.hpp>

#include <runtime/outbox.hpp>
#include <runtime/pending.hpp>

#include <boost/system/errc.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace rondo::runtime {

/// Tells them how it ended; those for whom there is no memory for that hear so.
inline void tell_all(std::vector<pending_ptr<run>> waiters, const run& r) noexcept {
    for (auto& waiter : waiters) {
        std::optional<result<run>> answer;
        try {
            answer.emplace(r);
        } catch (...) {
            answer.emplace(make_error_code(boost::system::errc::not_enough_memory));
        }
        waiter->complete(std::move(*answer));
    }
}
/// As `tell_all`: the last may have it.
inline void tell_all(std::vector<pending_ptr<run>> waiters, run&& r) noexcept {
    if (waiters.empty()) return;
    const auto last = std::move(waiters.back());
    waiters.pop_back();
    tell_all(std::move(waiters), std::as_const(r));
    last->complete(std::move(r));
}

/// Nobody waits for its record any longer.
inline void let_waiters_go(ended_run& e) noexcept {
    tell_all(std::exchange(e.waiters, {}), e.request.run);
}

/// They wait for its record, too, or, without memory for that, no longer.
inline void join_waiters(ended_run& e, std::vector<pending_ptr<run>> more) noexcept {
    if (e.waiters.empty()) return e.waiters.swap(more);
    try {
        e.waiters.reserve(e.waiters.size() + more.size());
        std::ranges::move(more, std::back_inserter(e.waiters));
    } catch (...) {
        tell_all(std::move(more), e.request.run);
    }
}

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_RUN_WAITERS_HPP
