// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CONTEXT_HPP
#define RONDO_CONTEXT_HPP

#include <rondo/cancellation.hpp>
#include <rondo/detail/completion.hpp>
#include <rondo/run.hpp>
#include <rondo/time.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace rondo {

namespace detail {
class run_state;
}

/// What a body receives: the identity of its run, its cancellation token, its deadline, and the
/// manager's clock. A cheap copy; all of it may be used from any thread, after the run has ended too.
class context {
public:
    explicit context(std::shared_ptr<detail::run_state> state) : state_(std::move(state)) {}

    [[nodiscard]] const shared_string& uid() const noexcept;
    [[nodiscard]] const shared_string& name() const noexcept;
    [[nodiscard]] run_id id() const noexcept;
    [[nodiscard]] rondo::trigger trigger() const noexcept;
    /// 1, or more for a retry.
    [[nodiscard]] std::uint32_t attempt() const noexcept;
    /// The slot that this run stands for; of a manual run, when it was asked for.
    [[nodiscard]] wall_time scheduled_at() const noexcept;
    [[nodiscard]] wall_time started_at() const noexcept;
    /// Grows with each run of the task that goes on record. Hand it on to what the body changes: that can refuse
    /// whoever comes with a lower one, who has been taken for dead and goes on. 0: not on record.
    [[nodiscard]] std::uint64_t fencing_token() const noexcept;
    /// Names the slot, the same for each of its attempts on whatever machine: `uid@2026-11-30T06:00:00Z`, with
    /// microseconds if it has some. For what must happen once (an idempotency key).
    [[nodiscard]] std::string slot_key() const;
    /// When the run is cancelled and recorded as `timed_out`; nothing without a timeout.
    [[nodiscard]] std::optional<steady_time> deadline() const noexcept;
    /// Cancelled by a timeout, `async_cancel`, another run (`overlap::cancel_other`), removal or shutdown. Whatever the body awaits at that
    /// moment is cancelled through its Asio slot too (`terminal`).
    [[nodiscard]] cancellation_token token() const;
    /// Now, on the manager's clock.
    [[nodiscard]] instant now() const noexcept;
    /// The strand that the body runs on; afterwards the manager's executor, once the run has ended at the latest.
    [[nodiscard]] boost::asio::any_io_executor get_executor() const;

    /// Waits for `d` on the manager's clock, so a test with a virtual clock does not wait.
    ///
    /// Signature: `void(rondo::result<void>)`. Errors: `operation_aborted` if cancelled, which
    /// happens too when the run is and the body awaits this. Cancellation: terminal, partial and total
    /// end the wait.
    /// Thread safety: may be called from any thread.
    template <boost::asio::completion_token_for<void(result<void>)> Token = boost::asio::deferred_t>
    auto async_sleep_for(std::chrono::nanoseconds d, Token&& token = Token()) const {
        return boost::asio::async_initiate<Token, void(result<void>)>(
            [](auto handler, context self, std::chrono::nanoseconds for_how_long) {
                self.start_sleep(detail::completion<void>(std::move(handler)), for_how_long);
            },
            token, *this, d);
    }

    /// Says how far the run is: `share` is 0 to 1, others are moved into that range, and `text` says what it is at.
    /// The latest is seen at once in `stat::progress` and by `manager::async_run_of`, and is kept with the end of the
    /// run. Gives whether it was taken: not if `share` is not a number, the run has its outcome already, or there
    /// is no memory for it. Texts are bounded and made harmless, as in <rondo/run_output.hpp>. Costs a lock, and
    /// at first an allocation; a run that never says anything costs nothing.
    bool progress(double share, std::string_view text = {}) const;
    /// Adds a line to the log that is kept with the run, likewise; each line break in `text` begins another. If
    /// there is no room the oldest are dropped, and counted (`run_output::lines_dropped`). This is not the log of
    /// the manager.
    bool log(std::string_view text) const;

private:
    void start_sleep(detail::completion<void> done, std::chrono::nanoseconds d) const;

    std::shared_ptr<detail::run_state> state_; // of the run; outlives it while a copy does
};

} // namespace rondo

#endif // RONDO_CONTEXT_HPP
