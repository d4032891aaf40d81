// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_TRACES_PLAYER_HPP
#define RONDO_TESTS_TRACES_PLAYER_HPP

#include <traces/trace.hpp>
#include <traces/workload.hpp>

#include <chrono>
#include <cstddef>

namespace rondo::traces {

/// Somebody who can play a workload: the core with an ideal repository, or the shell.
class player {
public:
    virtual ~player() = default;

    /// A life begins.
    virtual void start() = 0;
    /// Lets time pass until so long after the beginning, and all happen that is due until then. None passes if
    /// it is later already.
    virtual void pass_to(std::chrono::nanoseconds t) = 0;
    /// Begins what the operation says, now, and lets all happen that follows at once.
    virtual void perform(std::size_t index, const operation& o) = 0;
    /// Whether the last life is over.
    [[nodiscard]] virtual bool over() const = 0;
    /// Tells all runs on record.
    virtual void tell_history() = 0;
};

/// Plays the workload from the beginning until nothing is left to happen.
inline void play(player& who, const workload& w) {
    using namespace std::chrono_literals;
    who.start();
    std::size_t index = 0;
    for (const operation& o : w.operations) {
        who.pass_to(o.at);
        who.perform(index++, o);
    }
    operation last;
    last.at = w.operations.empty() ? 20s : w.operations.back().at + 20s;
    who.pass_to(last.at);
    who.perform(index++, last);
    last.what = operation::kind::shutdown;
    last.first = 1s;
    who.perform(index, last);
    who.pass_to(last.at + 1h); // after steps and stalls too
    who.tell_history();
}

/// The whole trace of the workload, as the pure core and an ideal repository have it.
[[nodiscard]] trace play_core(const workload& w);
/// As `manager` has it, with the memory repository, on a virtual clock.
[[nodiscard]] trace play_shell(const workload& w);

} // namespace rondo::traces

#endif // RONDO_TESTS_TRACES_PLAYER_HPP
