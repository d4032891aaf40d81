// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_RECORDING_CALL_HPP
#define RONDO_RUNTIME_RECORDING_CALL_HPP

#include <rondo/clock.hpp>
#include <rondo/joining_runs.hpp>
#include <rondo/record.hpp>
#include <rondo/repository.hpp>

#include <core/actions.hpp>
#include <runtime/outbox.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace rondo::runtime {

/// Whether runs are going on record.
struct recording_state {
    static constexpr std::chrono::milliseconds lead_max{10};
    bool on = false;         ///< a coroutine is at it, or a handler, which may be on its way
    bool at_once = true;     ///< the repository has never said that it does not answer at once
    bool posted = false;     ///< a handler is on its way, for one that does
    std::uint64_t calls = 0; ///< how often it was on
    std::weak_ptr<boost::asio::cancellation_signal> signal; ///< of the coroutine, while it is there
    /// How long it is usually until begins are on record; 5 ms, as long as that is not known.
    std::chrono::nanoseconds usual = std::chrono::milliseconds(5);
    bool measured = false; ///< it is known
    // What is handed over at once: here, to keep their memory.
    std::vector<const finish_request*> ended;
    std::vector<const begin_request*> begun;

    void note(std::chrono::nanoseconds took) noexcept {
        took = std::min<std::chrono::nanoseconds>(took, lead_max); // one that hung says nothing of the others
        usual = measured ? usual + (took - usual) / 8 : took;
        measured = true;
    }
    /// How long before it is due a slot is best asked for: later than that it would mostly be late. Whoever asks much sooner
    /// than others would have all the slots.
    [[nodiscard]] std::chrono::nanoseconds lead() const noexcept {
        return std::min<std::chrono::nanoseconds>(2 * usual, lead_max);
    }
};

/// Whether the repository works, and what became of that.
struct outage {
    bool down = false;
    bool took_begins = false; ///< since it failed
    bool took_ends = false;   ///< likewise
    bool going_on = false;    ///< without it, in the next handler
    std::size_t begins = 0;   ///< how many of the first begins in the outbox it missed
    steady_time retry_at = steady_time::max();
    std::chrono::nanoseconds backoff{0};
};

inline constexpr std::size_t record_batch_max =
    1000; ///< of begins, and of ends: bounds the time that one transaction takes

/// A half without the right number of answers is one that failed; one that was not asked for has none.
inline void check_answers(recorded_runs& said, std::size_t ends, std::size_t begins) {
    if (ends == 0) said.finished = std::vector<finish_state>();
    if (begins == 0) said.begun = std::vector<begin_answer>();
    if (said.finished && said.finished.value().size() != ends) said.finished = errc::store_failed;
    if (said.begun && said.begun.value().size() != begins) said.begun = errc::store_failed;
}

/// The call of the repository by which runs go on record, while it is under way.
struct recording_call {
    steady_time since{}; ///< it was made, if it brings begins, by a clock that nobody puts right
    steady_time deadline = steady_time::max();
    std::shared_ptr<joining_runs> more;            ///< null: none joins it
    steady_time joined_until = steady_time::max(); ///< those that came first wait as long as any
    std::size_t ends = 0;                          ///< that it has brought
    std::size_t begins = 0;                        ///< likewise
};

/// How many runs at most go on in one handler. A repository that works beside the loop is to have the first of many soon;
/// another has nothing of that, and each handler costs.
struct part_sizes {
    std::size_t first_begins;         ///< that are answered; the next parts are larger and larger
    std::size_t begins;               ///< likewise, up to this
    std::size_t ends;                 ///< that are served
    std::chrono::microseconds bodies; ///< how long they begin one after the other

    [[nodiscard]] static part_sizes of(const rondo::repository* store) noexcept {
        using std::chrono::microseconds;
        if (store != nullptr && store->records_together()) return {16, 128, 128, microseconds(50)};
        return {1000, 1000, 1000, microseconds(2000)};
    }
};

/// Begins that are on record, or refused, on their way to their bodies.
struct answered_begins {
    outbox::queue<core::decision> called;
    std::vector<begin_answer> answers; ///< of each of them
    std::size_t next = 0;              ///< the first that was not told
    std::size_t missed = 0;            ///< how many of the first the store missed, in an outage
    std::size_t later = 0;             ///< of the first: those that could not be told yet, for want of memory
    std::size_t part = 0;              ///< so many of them were told last, in one handler
    bool posted = false;               ///< a handler will tell the next
    bool rests = false;                ///< those that are left wait for memory
    /// Of slots that are still to come, in no order: each waits for its own.
    struct early {
        core::decision told;
        begin_answer answer;
    };
    std::vector<early> held;
    steady_time held_until = steady_time::max(); ///< the first of those
    steady_time let_go_at = steady_time::min();  ///< the latest, some were

    [[nodiscard]] bool has_next() const noexcept { return !rests && next != called.size(); }
    /// How many are there for a handler that is on its way.
    [[nodiscard]] std::size_t expected() const noexcept { return posted ? called.size() - next : 0; }
    [[nodiscard]] std::size_t next_part(const part_sizes& sizes) noexcept {
        part = next == 0 ? sizes.first_begins : std::clamp(2 * part, sizes.first_begins, sizes.begins);
        return part;
    }
    /// The one that could not be told just now. It changes places with one that is done with: whether the store missed
    /// it is of no account, as a run waits for it.
    void put_off(std::size_t i) noexcept {
        std::swap(called[later], called[i]);
        std::swap(answers[later], answers[i]);
        ++later;
    }
    /// Keeps this one until it is due. If there is no memory for it nothing changes.
    void hold(std::size_t i) {
        held.emplace_back(early{{}, answers[i]});
        held.back().told = std::move(called[i]);
        called[i].run = nullptr;
        held_until = std::min(held_until, held.back().told.due);
    }
    /// When some are to go on next, so far apart.
    [[nodiscard]] steady_time next_held(std::chrono::nanoseconds resolution) const noexcept {
        return let_go_at == steady_time::min() ? held_until : std::max(held_until, let_go_at + resolution);
    }
    /// Those whose slots are due go behind the others.
    void let_go(steady_time now) {
        constexpr std::size_t kept_max = 2048; // a burst must not keep its memory for ever
        const auto due = [&](const early& e) { return e.told.due <= now; };
        const auto n = static_cast<std::size_t>(std::ranges::count_if(held, due));
        called.reserve_back(called.size() + n); // first, as it may throw
        answers.reserve(answers.size() + n);
        for (early& e : held) {
            if (!due(e)) continue;
            called.push_back(std::move(e.told));
            answers.push_back(e.answer);
        }
        std::erase_if(held, due);
        let_go_at = now;
        if (held.empty() && held.capacity() > kept_max) std::vector<early>().swap(held);
        held_until = steady_time::max();
        for (const early& e : held) held_until = std::min(held_until, e.told.due);
    }
    /// All had their turn: those that were put off are left, and have it again. Gives the memory of the others, if none
    /// are.
    [[nodiscard]] outbox::queue<core::decision> take_over() noexcept {
        outbox::queue<core::decision> done;
        if (later == 0) {
            done.swap(called);
            answers.clear();
            missed = 0;
        } else {
            called.erase(called.begin() + static_cast<std::ptrdiff_t>(later), called.end());
            answers.resize(later);
            missed = std::min(missed, later);
        }
        rests = later != 0;
        next = 0;
        later = 0;
        return done;
    }
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_RECORDING_CALL_HPP
