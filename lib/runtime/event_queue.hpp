// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_EVENT_QUEUE_HPP
#define RONDO_RUNTIME_EVENT_QUEUE_HPP

#include <rondo/event.hpp>

#include <runtime/pending.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace rondo::detail {

/// The events of one reader, the oldest dropped when it is full.
class event_queue {
public:
    /// `sources`: who tells them. What there is no memory for waits in `late`.
    event_queue(std::size_t capacity, boost::asio::any_io_executor fallback,
                std::shared_ptr<runtime::late_answers> late, std::size_t sources);

    void push(const event& e);
    [[nodiscard]] std::optional<event> try_pop();
    void wait(completion<event> done);
    /// No more events come in; what is there can be read.
    void close();
    /// None comes from one of the sources.
    void close_one();
    [[nodiscard]] bool closed() const;
    [[nodiscard]] std::uint64_t dropped() const;
    /// The execution context goes down: lets go of the waiting handler, uncalled.
    void drop_waiter();

private:
    std::optional<event> take();

    const std::size_t capacity_;
    mutable std::mutex mutex_; // guards all below
    boost::asio::any_io_executor fallback_;
    const std::shared_ptr<runtime::late_answers> late_;
    std::deque<event> events_;
    runtime::pending_ptr<event> waiter_;
    std::size_t sources_; // that may have more to tell
    std::uint64_t dropped_ = 0;
    std::uint64_t dropped_untold_ = 0;
    wall_time dropped_at_{};
    bool closed_ = false;
};

} // namespace rondo::detail

#endif // RONDO_RUNTIME_EVENT_QUEUE_HPP
