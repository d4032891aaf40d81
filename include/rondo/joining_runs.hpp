// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_JOINING_RUNS_HPP
#define RONDO_JOINING_RUNS_HPP

#include <rondo/record.hpp>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace rondo {

/// Ends and begins that join a call of `repository::record_runs` which is under way: what a manager has ready before
/// the transaction is over need not wait for the next one. Closed until the repository opens it, so one that knows
/// nothing of it need not care. One that opens it calls `take_or_close` until that gives nothing, before it commits, and
/// answers all that it took behind all that came with the call. It may leave it open if both halves of the call fail.
/// Any thread.
class joining_runs {
public:
    struct part {
        std::vector<finish_request> ended;
        std::vector<begin_request> begun;
    };

    /// Who hands the call on to another repository, before it does: `f` sees each part that is about to join, in order,
    /// within `join`. It must not call this. If it throws, or another that watches, the part does not join.
    void watch(std::function<void(const part&)> f);

    /// The repository: from now on some may come. Once, before the call first waits for anything.
    void open() noexcept { open_ = true; }

    /// The repository, before it commits: all that came since the last time, in order. Nothing: nobody came, and from
    /// now on nobody will.
    [[nodiscard]] std::optional<part> take_or_close();

    /// The manager: whether it may be worth while to `join`.
    [[nodiscard]] bool is_open() const noexcept { return open_; }

    /// The manager: hands it over; its answers will be behind those of all that came before. False: it is closed, and
    /// `p` is as it was. So it is where this throws, for want of memory.
    [[nodiscard]] bool join(part& p);

private:
    std::mutex mutex_; // guards the next, and changes of the other
    part come_;
    std::function<void(const part&)> seen_;
    std::atomic<bool> open_ = false;
};

} // namespace rondo

#endif // RONDO_JOINING_RUNS_HPP
