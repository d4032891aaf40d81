// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_LOOK_OUT_HPP
#define RONDO_REPOSITORY_SQLITE_LOOK_OUT_HPP

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

namespace rondo::sqlite::detail {

/// How long the database thread looks for the next call, and a loop for the answer to its own, before they go to
/// sleep: always so long, if somebody says so; else for a short while, and only where it pays. It does while each call
/// follows at once on the answers before it, so that all wait for the store: then to wake two threads takes about as
/// long as a commit. The first call that does not follow at once ends it, so they look in vain once in nine calls at most.
class look_out {
public:
    using duration = std::chrono::steady_clock::duration;

    struct limits {
        duration call_max = std::chrono::microseconds(200);   ///< "at once"; and how long to look for it
        duration answer_max = std::chrono::microseconds(500); ///< an answer that takes longer is slept for
        unsigned processors = std::thread::hardware_concurrency(); ///< with one there is nobody to look for
    };

    explicit look_out(std::optional<duration> always) noexcept : look_out(always, limits()) {}
    look_out(std::optional<duration> always, limits l) noexcept
        : limits_(l), adapts_(!always && l.processors != 1), for_call_(always.value_or(duration(0))),
          for_answer_(for_call_) {}

    /// The database thread: a call came so long after the answers before it (or before them: less than 0), and was
    /// answered so much later.
    void on_turn(duration until_call, duration until_answer) noexcept {
        constexpr int enough = 8;
        if (!adapts_) return;
        if (until_call > limits_.call_max)
            at_once_ = 0;
        else if (at_once_ != enough)
            ++at_once_;
        const bool pays = at_once_ == enough;
        for_call_ = pays ? limits_.call_max : duration(0);
        for_answer_ = pays && until_answer <= limits_.answer_max ? limits_.answer_max : duration(0);
    }

    /// The database thread.
    [[nodiscard]] duration for_call() const noexcept { return for_call_; }
    /// Any thread.
    [[nodiscard]] duration for_answer() const noexcept { return for_answer_; }

private:
    const limits limits_;
    const bool adapts_;
    int at_once_ = 0; // calls in a row that followed at once
    duration for_call_;
    std::atomic<duration> for_answer_;
};

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_LOOK_OUT_HPP
