// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_EVENT_HPP
#define RONDO_EVENT_HPP

#include <rondo/detail/completion.hpp>
#include <rondo/run.hpp>
#include <rondo/shared_string.hpp>
#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rondo {

/// What happened.
enum class event_kind : std::uint8_t {
    task_added,
    task_updated,
    task_removed,
    task_paused,     ///< an empty uid: the whole manager
    task_resumed,    ///< likewise
    run_started,     ///< its body is about to begin
    run_ended,       ///< it has its outcome, on record soon after; a body that overran may still be there
    retry_planned,   ///< the run `id`, the attempt `count` after one that failed, is to begin
    run_overrunning, ///< its deadline is past and its body goes on
    slots_skipped,   ///< `count` slots from `scheduled_at` on, because of `reason`
    store_failed,    ///< `message` says how
    store_recovered,
    record_dropped, ///< the outbox was full: of the run `id` the end with this `outcome`, or without one its
                    ///< begin, is lost to the record; or, without a run, `count` slots skipped for `reason`
    events_dropped, ///< this reader was slow and missed `count` events here
};

[[nodiscard]] std::string_view to_string(event_kind k) noexcept;

/// Something that happened in a manager. Members that do not apply keep their defaults.
struct event {
    event_kind kind = event_kind::task_added;
    wall_time at{}; ///< when it happened
    shared_string uid;
    run_id id; ///< of the run
    rondo::trigger trigger = rondo::trigger::schedule;
    wall_time scheduled_at{};              ///< slot of the run, or the first that was skipped
    std::optional<rondo::outcome> outcome; ///< of `run_ended` and `record_dropped`
    skip_reason reason = skip_reason::overlap;
    std::uint64_t count = 0;
    std::string message;
};

namespace detail {
class event_queue;
}

/// One reader's view of what happens, from `manager::subscribe` on. It holds a bounded number of
/// events; when it is full the oldest is dropped and counted, so a slow reader blocks nobody.
/// Move-only. Any thread, one `async_next` at a time.
class event_stream {
public:
    explicit event_stream(std::shared_ptr<detail::event_queue> queue) : queue_(std::move(queue)) {}
    event_stream(event_stream&&) = default;
    event_stream& operator=(event_stream&& other) noexcept;
    ~event_stream();

    /// The next event, in the order in which things happened.
    ///
    /// Signature: `void(rondo::result<rondo::event>)`. Errors: `errc::stream_closed` once it is closed
    /// and read empty, `operation_aborted` if cancelled or if another `async_next` is under way.
    /// Cancellation: terminal, partial and total; no event is lost by it.
    template <boost::asio::completion_token_for<void(result<event>)> Token = boost::asio::deferred_t>
    auto async_next(Token&& token = Token()) {
        return boost::asio::async_initiate<Token, void(result<event>)>(
            [](auto handler, std::shared_ptr<detail::event_queue> queue) {
                start_next(std::move(queue), detail::completion<event>(std::move(handler)));
            },
            token, queue_);
    }

    /// What is there now, without waiting; nothing if there is none.
    [[nodiscard]] std::optional<event> try_next();
    /// No more events are taken in; what was taken in can still be read.
    void close() noexcept;
    /// How many events this reader was too slow for, in all.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

private:
    static void start_next(std::shared_ptr<detail::event_queue> queue, detail::completion<event> done);

    std::shared_ptr<detail::event_queue> queue_; // shared with the manager, which fills it
};

} // namespace rondo

#endif // RONDO_EVENT_HPP
