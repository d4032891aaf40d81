// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_RUN_STATE_HPP
#define RONDO_RUNTIME_RUN_STATE_HPP

#include <rondo/cancellation.hpp>
#include <rondo/clock.hpp>
#include <rondo/detail/body.hpp>
#include <rondo/run.hpp>

#include <runtime/run_notes.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/intrusive/unordered_set_hook.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace rondo::core {
struct run_record;
struct task_past;
} // namespace rondo::core

namespace rondo::detail {

/// Where bodies run, one after the other: a coroutine, its strand, and the signal that cancels it. Owned by what the
/// coroutine hands on to: a signal keeps what was last connected to it, and with that an executor, which must not
/// outlive its context as a run may.
struct body_seat : std::enable_shared_from_this<body_seat> {
    boost::asio::any_io_executor executor;
    boost::asio::cancellation_signal signal;
    steady_time until{};    ///< then others on the loop have their turns
    bool cancelled = false; ///< the signal was used, which the coroutine does not forget
};

/// A run as its body and the shell see it. Shared by the coroutine, the shell, and each context.
class run_state {
public:
    run_state(boost::asio::any_io_executor home, std::shared_ptr<rondo::clock> c)
        : clock(std::move(c)), home_(std::move(home)) {}

    // Set before the body starts, constant from then on.
    std::shared_ptr<rondo::clock> clock; ///< owned, if it is not its user's
    shared_string uid;
    shared_string name;
    run_id id;
    rondo::trigger trigger = rondo::trigger::schedule;
    std::uint32_t attempt = 1;
    std::uint64_t fencing_token = 0;
    wall_time scheduled_at{};
    wall_time started_at{};
    std::optional<steady_time> deadline;
    std::vector<user> users;
    bool users_asked = false;             ///< by a manual run
    core::task_past* past = nullptr;      ///< of its task; lives until the run is released
    steady_time due = steady_time::max(); ///< when it should have begun; never, if nobody wants to know

    // Of the coroutine, on its strand; of the shell, once it has ended.
    run_report report;
    bool asked = false; ///< whether another attempt is wanted

    // Of the shell, on the manager's strand.
    body* what = nullptr;               ///< lives until the run is released
    core::run_record* record = nullptr; ///< likewise; null afterwards
    bool spawned = false;
    bool body_over = false;
    std::shared_ptr<run_state> next; ///< in a list of the engine's, under the lock of that
    using hook = boost::intrusive::unordered_set_member_hook<>;
    hook in_set;                        ///< of the engine's runs
    std::shared_ptr<run_state> kept;    ///< itself, while it is in there
    std::shared_ptr<task_payload> keep; ///< the body, if the engine goes first

    /// Its turn has come. Gives why it is to be cancelled, if it is already.
    [[nodiscard]] cancel_reason take(body_seat& s);
    [[nodiscard]] bool has_turn() const;
    /// Leaves it to `take`. False: its turn has come.
    [[nodiscard]] bool cancel_at_turn(cancel_reason reason);

    [[nodiscard]] boost::asio::any_io_executor executor() const;
    [[nodiscard]] cancellation_token token();
    [[nodiscard]] bool cancelled() const noexcept { return reason() != cancel_reason::none; }
    [[nodiscard]] cancel_reason reason() const noexcept { return reason_.load(); }
    /// Sets the reason and tells the token. Any thread. The Asio signal is another matter.
    void cancel(cancel_reason reason);
    /// On its seat, while the body is there; null after that.
    [[nodiscard]] body_seat* seat() const;
    /// The body is gone, and with it what its signal would reach. It keeps the strand, or not, which must not live on
    /// in a context that somebody keeps.
    void leave_seat(bool keep_strand) noexcept;
    /// Whether it does, as the manager's strand may ask once the body has ended there: nobody else changes that then.
    [[nodiscard]] bool keeps_strand() const noexcept { return static_cast<bool>(strand_); }
    /// The run is over, or its execution context goes down.
    void leave_strand(bool context_gone) noexcept;

    /// What the body tells of the run. False: nobody takes it any more, or there is no memory. Any thread.
    template <class Tell>
    bool note(Tell tell) noexcept {
        try {
            std::lock_guard lock(mutex_);
            has_notes_ = true;
            if (notes_taken_) return false;
            if (notes_ == nullptr) notes_ = std::make_unique<runtime::run_notes>();
            tell(*notes_);
            return true;
        } catch (...) {
            return false;
        }
    }
    /// What was told until now; null: nothing. Any thread.
    [[nodiscard]] std::shared_ptr<const run_output> output() const;
    [[nodiscard]] std::optional<run_progress> progress() const;
    /// As `output`, and it takes nothing more. Null for want of memory, too.
    [[nodiscard]] std::shared_ptr<const run_output> take_output() noexcept;

private:
    mutable std::mutex mutex_; // guards all that is not atomic
    boost::asio::any_io_executor home_;
    body_seat* seat_ = nullptr;           // while the body is there
    boost::asio::any_io_executor strand_; // after that, if it is to keep it
    bool has_turn_ = false;
    cancel_reason at_turn_ = cancel_reason::none;
    std::optional<cancellation_source> source_; // made when somebody asks for the token
    std::unique_ptr<runtime::run_notes> notes_; // made when the body tells something
    // Whoever sets one of these looks at the other then: most runs have no notes, and need no lock to say so.
    std::atomic<bool> has_notes_ = false;   // or is about to
    std::atomic<bool> notes_taken_ = false; // the run has its outcome
    std::atomic<cancel_reason> reason_{cancel_reason::none};
};

} // namespace rondo::detail

#endif // RONDO_RUNTIME_RUN_STATE_HPP
