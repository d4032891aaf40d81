// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_OUTBOX_HPP
#define RONDO_RUNTIME_OUTBOX_HPP

#include <rondo/record.hpp>
#include <rondo/run.hpp>

#include <core/actions.hpp>
#include <runtime/pending.hpp>

#include <boost/container/devector.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace rondo::runtime {

/// The end of a run on its way to the repository, and who waits until it is there.
struct ended_run {
    finish_request request;
    std::vector<pending_ptr<run>> waiters;
    std::uint64_t after = 0;  ///< how many begins went into the outbox before it
    bool comes_first = false; ///< what is begun after it builds on it
};

/// What the repository has not taken yet, in order. A begin whose run waits for it has `run`; once
/// that run was told to start, it has not.
struct outbox {
    // Not `std::deque`, which has a piece of memory for each two of them.
    boost::container::devector<core::decision> begins;
    boost::container::devector<ended_run> ends;
    std::vector<core::decision> begins_called; ///< in the call that is under way
    std::vector<ended_run> ends_called;        ///< likewise
    std::size_t begins_waiting =
        0; ///< of `begins`, the latest: those whose runs may still wait for their record
    std::size_t ends_waiting = 0;  ///< of `ends`, likewise: those that somebody may wait for
    std::uint64_t begins_seen = 0; ///< that ever went in
    std::uint64_t dropped = 0;

    [[nodiscard]] std::size_t size() const noexcept {
        return begins.size() + ends.size() + begins_called.size() + ends_called.size();
    }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    void add(std::vector<core::decision>& decisions) {
        begins.insert(begins.end(), std::make_move_iterator(decisions.begin()),
                      std::make_move_iterator(decisions.end()));
        begins_seen += decisions.size();
        begins_waiting += decisions.size();
    }
    void add(ended_run end) {
        end.after = begins_seen;
        ends.push_back(std::move(end));
        ++ends_waiting;
    }
    /// The first of those, which then is none any more.
    [[nodiscard]] core::decision& next_begin_that_waits() noexcept {
        return begins[begins.size() - begins_waiting--];
    }
    [[nodiscard]] ended_run& next_end_that_waits() noexcept { return ends[ends.size() - ends_waiting--]; }

    /// How many ends, up to `n`, the repository may be told of now. An end without a token must not overtake its
    /// begin, which went in before it; those that came later do not hold it up, for there may always be some.
    [[nodiscard]] std::size_t ends_that_may_go(std::size_t n) const noexcept {
        n = std::min(n, ends.size());
        if (begins.empty()) return n;
        std::size_t may = 0;
        const std::uint64_t begins_gone = begins_seen - begins.size();
        while (may != n && (ends[may].request.token != 0 || ends[may].after <= begins_gone)) ++may;
        return may;
    }
    [[nodiscard]] bool end_may_go() const noexcept { return ends_that_may_go(1) > 0; }
    /// The end of this run, if it is here.
    [[nodiscard]] ended_run* find_end(run_id id) noexcept {
        auto is_it = [&](const ended_run& e) { return e.request.run.id == id; };
        if (auto e = std::ranges::find_if(ends_called, is_it); e != ends_called.end()) return &*e;
        if (auto e = std::ranges::find_if(ends, is_it); e != ends.end()) return &*e;
        return nullptr;
    }
    /// Whether an end must be on record before what begins after it.
    [[nodiscard]] bool end_comes_first() const noexcept {
        return std::ranges::any_of(ends, [](const ended_run& e) { return e.comes_first; });
    }
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_OUTBOX_HPP
