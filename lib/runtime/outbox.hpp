// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_OUTBOX_HPP
#define RONDO_RUNTIME_OUTBOX_HPP

#include <rondo/joining_runs.hpp>
#include <rondo/record.hpp>
#include <rondo/run.hpp>
#include <rondo/time.hpp>

#include <core/actions.hpp>
#include <runtime/pending.hpp>

#include <boost/container/devector.hpp>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
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

/// What of a decision goes on record.
[[nodiscard]] inline begin_request recorded_of(const core::decision& d) {
    begin_request r = d.request;
    if (d.mode >= record::failures_only) r.started.reset();
    if (d.mode == record::none) r.skipped.reset();
    return r;
}
/// Whether anything does.
[[nodiscard]] inline bool is_unsaid(const core::decision& d) noexcept {
    return d.mode >= record::failures_only && !d.request.moves_cursor;
}

/// What the repository has not taken yet, in order. A begin whose run waits for it has `run`; once
/// that run was told to start, it has not.
struct outbox {
    template <class T>
    using queue =
        boost::container::devector<T>; // not `std::deque`: that has a piece of memory for each two of them

    queue<core::decision> begins;
    queue<ended_run> ends;
    queue<core::decision> begins_called; ///< in the call that is under way
    queue<ended_run> ends_called;        ///< likewise
    std::size_t begins_waiting =
        0; ///< of `begins`, the latest: those whose runs may still wait for their record
    std::size_t ends_waiting = 0; ///< of `ends`, likewise: those that somebody may wait for
    std::size_t ends_first = 0;   ///< of `ends`: how many must be on record before what begins after them
    std::size_t ends_first_called = 0; ///< likewise, of `ends_called`, if there are any
    std::uint64_t begins_seen = 0;     ///< that ever went in
    std::uint64_t ends_seen = 0;       ///< likewise
    // Dropped while older ones were in a call, since it was empty: that they are gone says nothing of those.
    std::uint64_t begins_skewed = 0;
    std::uint64_t ends_skewed = 0;
    std::uint64_t dropped = 0;

    [[nodiscard]] std::size_t size() const noexcept {
        return begins.size() + ends.size() + begins_called.size() + ends_called.size();
    }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    void add(std::span<core::decision> decisions) {
        if (begins.empty() && begins_called.empty()) begins_skewed = 0;
        begins.insert(begins.end(), std::make_move_iterator(decisions.begin()),
                      std::make_move_iterator(decisions.end()));
        begins_seen += decisions.size();
        begins_waiting += decisions.size();
    }
    /// So many more ends go in without memory.
    void make_room_for_ends(std::size_t n) { make_room(ends, n); }
    void add(ended_run&& end) {
        if (ends.empty() && ends_called.empty()) ends_skewed = 0;
        end.after = begins_seen;
        ends.push_back(std::move(end));
        ++ends_seen;
        ends_first += ends.back().comes_first ? 1 : 0;
        ++ends_waiting;
    }

    /// A moment in the life of the outbox: how many had gone in by then.
    struct mark {
        std::uint64_t begins = 0;
        std::uint64_t ends = 0;
    };
    /// Whether what was in then is there no more: it is on record, or was let go.
    [[nodiscard]] bool is_past(const mark& m) const noexcept {
        return gone(begins_seen, begins.size() + begins_called.size(), begins_skewed) >= m.begins &&
               gone(ends_seen, ends.size() + ends_called.size(), ends_skewed) >= m.ends;
    }

    /// What the repository is to hear now of so many of the first.
    [[nodiscard]] joining_runs::part first(std::size_t ends_count, std::size_t begins_count,
                                           steady_time now) {
        joining_runs::part p;
        p.ended.reserve(ends_count);
        for (std::size_t i = 0; i != ends_count; ++i) p.ended.push_back(ends[i].request);
        p.begun.reserve(begins_count);
        for (std::size_t i = 0; i != begins_count; ++i) {
            begins[i].request.in_advance = now < begins[i].due; // what waited for long is due by now
            if (!is_unsaid(begins[i])) p.begun.push_back(recorded_of(begins[i]));
        }
        return p;
    }
    /// Makes room for so many more in the call, so that the next two throw nothing.
    void reserve_called(std::size_t more_ends, std::size_t more_begins) {
        make_room(ends_called, more_ends);
        make_room(begins_called, more_begins);
    }
    /// The first `n` are called from now on, behind those that are.
    void call_begins(std::size_t n) {
        take_front(begins, n, begins_called);
        begins_waiting = std::min(begins_waiting, begins.size());
    }
    void call_ends(std::size_t n) {
        const std::size_t first = first_among(ends, n);
        const std::size_t before = ends_called.empty() ? 0 : ends_first_called;
        take_front(ends, n, ends_called);
        ends_waiting = std::min(ends_waiting, ends.size());
        ends_first -= first;
        ends_first_called = before + first;
    }
    /// What was called before is done with; its memory serves the next call.
    void keep_room(queue<core::decision> done) noexcept { keep_room(std::move(done), begins_called); }
    void keep_room(queue<ended_run> done) noexcept { keep_room(std::move(done), ends_called); }
    /// The call came to nothing.
    void put_back_begins() { put_back(begins, begins_called); }
    void put_back_ends() {
        std::size_t first = first_among(ends_called, ends_called.size());
        put_back(ends, ends_called);
        ends_first += first;
    }
    /// The first of them, which goes nowhere.
    [[nodiscard]] core::decision drop_begin() {
        core::decision oldest = std::move(begins.front());
        begins.pop_front();
        if (!begins_called.empty()) ++begins_skewed;
        begins_waiting = std::min(begins_waiting, begins.size());
        return oldest;
    }
    [[nodiscard]] ended_run drop_end() {
        ended_run oldest = std::move(ends.front());
        ends.pop_front();
        if (!ends_called.empty()) ++ends_skewed;
        ends_waiting = std::min(ends_waiting, ends.size());
        ends_first -= oldest.comes_first ? 1 : 0;
        return oldest;
    }

    [[nodiscard]] core::decision& next_begin_that_waits() noexcept {
        return begins[begins.size() - begins_waiting];
    }
    /// The first of those, which then is none any more.
    [[nodiscard]] ended_run& next_end_that_waits() noexcept { return ends[ends.size() - ends_waiting--]; }

    /// How many ends, up to `n`, the repository may be told of now. An end without a token must not overtake its
    /// begin, which went in before it; those that came later do not hold it up, for there may always be some.
    [[nodiscard]] std::size_t ends_that_may_go(std::size_t n) const noexcept {
        n = std::min(n, ends.size());
        if (begins.empty() && begins_called.empty()) return n;
        const std::uint64_t gone = begins_gone() - begins_called.size();
        std::size_t may = 0;
        while (may != n && (ends[may].request.token != 0 || ends[may].after <= gone)) ++may;
        return may;
    }
    [[nodiscard]] bool end_may_go() const noexcept { return ends_that_may_go(1) > 0; }
    /// How many begins, up to `n`: none that builds on an end which is still here.
    [[nodiscard]] std::size_t begins_that_may_go(std::size_t n) const noexcept {
        n = std::min(n, begins.size());
        const bool called = !ends_called.empty() && ends_first_called > 0;
        if (!called && ends_first == 0) return n;
        const auto& some = called ? ends_called : ends;
        const std::uint64_t after = std::ranges::find_if(some, &ended_run::comes_first)->after;
        return after <= begins_gone() ? 0 : std::min<std::uint64_t>(n, after - begins_gone());
    }
    /// The end of this run, if it is here.
    [[nodiscard]] ended_run* find_end(run_id id) noexcept {
        auto is_it = [&](const ended_run& e) { return e.request.run.id == id; };
        if (auto e = std::ranges::find_if(ends_called, is_it); e != ends_called.end()) return &*e;
        if (auto e = std::ranges::find_if(ends, is_it); e != ends.end()) return &*e;
        return nullptr;
    }
    /// All ends, in order.
    template <class F>
    void for_each_end(F f) const {
        for (const ended_run& e : ends_called) f(e);
        for (const ended_run& e : ends) f(e);
    }

private:
    // At least so many of the first, in their order.
    static std::uint64_t gone(std::uint64_t seen, std::size_t here, std::uint64_t skewed) noexcept {
        return here == 0 ? seen : seen - here - skewed;
    }
    [[nodiscard]] std::uint64_t begins_gone() const noexcept { return begins_seen - begins.size(); }

    static std::size_t first_among(const queue<ended_run>& some, std::size_t n) noexcept {
        const auto end = some.begin() + static_cast<std::ptrdiff_t>(std::min(n, some.size()));
        return static_cast<std::size_t>(
            std::count_if(some.begin(), end, [](const ended_run& e) { return e.comes_first; }));
    }
    // Not each time anew, if they come one by one.
    template <class T>
    static void make_room(queue<T>& q, std::size_t more) {
        if (q.back_free_capacity() < more) q.reserve_back(q.size() + std::max(more, q.size()));
    }
    // All of them change places with nothing.
    template <class T>
    static void take_front(queue<T>& from, std::size_t n, queue<T>& to) {
        if (to.empty() && n >= from.size()) return from.swap(to);
        const auto end = from.begin() + static_cast<std::ptrdiff_t>(std::min(n, from.size()));
        make_room(to, n);
        for (auto i = from.begin(); i != end; ++i)
            to.push_back(std::move(*i)); // nothing is moved if this throws
        from.erase(from.begin(), end);
    }
    template <class T>
    static void put_back(queue<T>& to, queue<T>& front) {
        if (to.empty()) return to.swap(front);
        // Not by `insert`, which asserts in vain, in Boost 1.81, if there is one element.
        to.reserve_front(to.size() + front.size());
        for (auto last = front.rbegin(); last != front.rend(); ++last) to.push_front(std::move(*last));
        front.clear();
    }
    template <class T>
    static void keep_room(queue<T> done, queue<T>& next) noexcept {
        constexpr std::size_t kept_max = 2048; // a burst must not keep its memory for ever
        done.clear();
        if (next.empty() && done.capacity() <= kept_max) next.swap(done);
    }
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_OUTBOX_HPP
