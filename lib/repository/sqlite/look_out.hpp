// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_LOOK_OUT_HPP
#define RONDO_REPOSITORY_SQLITE_LOOK_OUT_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace rondo::sqlite::detail {

/// How a loop looks for an answer before it sleeps.
struct polling {
    std::chrono::steady_clock::duration time{0};
    bool always = false; ///< somebody said so
};

/// How many processors this thread may use, or elsewhere than on Linux how many there are; 0: nobody knows.
[[nodiscard]] inline unsigned processors_here() noexcept {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(CPU_COUNT(&set));
#endif
    return std::thread::hardware_concurrency();
}

/// Which processor runs this thread; -1: nobody knows.
[[nodiscard]] inline int processor_of_this_thread() noexcept {
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

/// How long the database thread looks for the next call, and a loop for the answer to its own, before they go to
/// sleep: always so long, if somebody says so; else for a short while, and only where it pays. It does while each call
/// follows at once on the answers before it, so that all wait for the store: then to wake two threads takes about as
/// long as a commit. The first that does not follow at once ends it, as does for the loop an answer that takes long: so
/// they look in vain in one turn of nine at most.
class look_out {
public:
    using duration = std::chrono::steady_clock::duration;

    struct limits {
        duration call_max = std::chrono::microseconds(200); ///< "at once"; and how long to look for it
        duration answer_max = std::chrono::milliseconds(1); ///< an answer that takes longer is slept for
        unsigned processors = processors_here();            ///< with one there is nobody to look for
        int (*here)() noexcept = processor_of_this_thread;
    };

    explicit look_out(std::optional<duration> always) noexcept : look_out(always, limits()) {}
    look_out(std::optional<duration> always, limits l) noexcept
        : limits_(l), always_(always), adapts_(!always && l.processors != 1),
          for_call_(always.value_or(duration(0))), for_answer_(for_call_) {}

    /// The database thread: a call came so long after the answers before it (or before them: less than 0), and was
    /// answered so much later.
    void on_turn(duration until_call, duration until_answer) noexcept {
        if (!adapts_) return;
        calls_ = until_call > limits_.call_max ? 0 : calls_ + 1;
        answers_ = until_answer > limits_.answer_max ? 0 : answers_ + 1;
        calls_ = std::min(calls_, enough);
        answers_ = std::min(answers_, enough);
        for_call_ = calls_ == enough ? limits_.call_max : duration(0);
        for_answer_ = std::min(calls_, answers_) == enough ? limits_.answer_max : duration(0);
    }

    /// The database thread.
    [[nodiscard]] duration for_call() const noexcept { return for_call_; }
    /// Any thread.
    [[nodiscard]] duration for_answer() const noexcept { return for_answer_; }
    /// Any thread.
    [[nodiscard]] int here() const noexcept { return limits_.here(); }
    /// The database thread: whether to look for one who called from there. Where both are on one processor each holds
    /// up the other; one that sleeps is woken on another.
    [[nodiscard]] bool is_apart_from(int caller) const noexcept {
        return always_ || caller < 0 || caller != limits_.here();
    }
    /// Whether somebody said so.
    [[nodiscard]] bool always() const noexcept { return always_; }

private:
    static constexpr int enough = 8;

    const limits limits_;
    const bool always_;
    const bool adapts_;
    int calls_ = 0;   // in a row that followed at once
    int answers_ = 0; // in a row that took not long
    duration for_call_;
    std::atomic<duration> for_answer_;
};

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_LOOK_OUT_HPP
