// SPDX-License-Identifier: BSL-1.0
#include <runtime/event_queue.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace rondo {
namespace detail {

event_queue::event_queue(std::size_t capacity, boost::asio::any_io_executor fallback,
                         std::shared_ptr<runtime::late_answers> late, std::size_t sources)
    : capacity_(std::max<std::size_t>(capacity, 1)), fallback_(std::move(fallback)), late_(std::move(late)),
      sources_(sources) {}

void event_queue::push(const event& e) {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    if (waiter_ != nullptr) {     // then nothing is queued
        result<event> answer = e; // first, as it may throw
        // One that was cancelled meanwhile does not take it.
        if (std::exchange(waiter_, nullptr)->complete(std::move(answer))) return;
    }
    if (events_.size() >= capacity_) {
        events_.pop_front();
        ++dropped_;
        ++dropped_untold_;
        dropped_at_ = e.at;
    }
    events_.push_back(e);
}

// Where events are missing the reader is told, at that place in the order.
std::optional<event> event_queue::take() {
    if (dropped_untold_ > 0) {
        event gap;
        gap.kind = event_kind::events_dropped;
        gap.at = dropped_at_;
        gap.count = std::exchange(dropped_untold_, 0);
        return gap;
    }
    if (events_.empty()) return std::nullopt;
    event next = std::move(events_.front());
    events_.pop_front();
    return next;
}

std::optional<event> event_queue::try_pop() {
    std::lock_guard lock(mutex_);
    return take();
}

void event_queue::wait(completion<event> done) {
    std::lock_guard lock(mutex_);
    const bool others_wait = waiter_ != nullptr && !waiter_->done();
    const bool waits = !others_wait && !closed_ && events_.empty() && dropped_untold_ == 0;
    // Who waits is answered in any case; others hear now if there is no memory.
    auto waiter = runtime::make_pending<event>(std::move(done), fallback_, waits ? late_ : nullptr);
    if (waits) {
        waiter->allow_cancel();
        waiter_ = std::move(waiter);
    } else if (others_wait) {
        waiter->complete(error_code(boost::asio::error::operation_aborted));
    } else if (dropped_untold_ != 0 || !events_.empty()) {
        const std::uint64_t untold = dropped_untold_;
        const event next = untold != 0 ? *take() : events_.front();
        try {
            waiter->complete(next);
        } catch (...) { // no memory: the next who asks has it
            dropped_untold_ = untold;
            throw;
        }
        if (untold == 0) events_.pop_front();
    } else {
        waiter->complete(errc::stream_closed);
    }
}

void event_queue::close_one() {
    {
        const std::lock_guard lock(mutex_);
        if (--sources_ != 0) return;
    }
    close();
}

void event_queue::close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    if (auto waiter = std::exchange(waiter_, nullptr)) waiter->complete(errc::stream_closed);
}

bool event_queue::closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
}

std::uint64_t event_queue::dropped() const {
    std::lock_guard lock(mutex_);
    return dropped_;
}

void event_queue::drop_waiter() {
    runtime::pending_ptr<event> waiter;
    {
        std::lock_guard lock(mutex_);
        closed_ = true;
        fallback_ = {};
        waiter = std::exchange(waiter_, nullptr);
    }
    if (waiter != nullptr) waiter->drop(); // its handler may own this queue's reader
}

} // namespace detail

std::string_view to_string(event_kind k) noexcept {
    static constexpr std::array<std::string_view, 14> words{
        "task_added",   "task_updated",    "task_removed",   "task_paused",     "task_resumed",
        "run_started",  "run_ended",       "retry_planned",  "run_overrunning", "slots_skipped",
        "store_failed", "store_recovered", "record_dropped", "events_dropped"};
    auto index = static_cast<std::size_t>(k);
    return index < words.size() ? words[index] : std::string_view("unknown");
}

event_stream& event_stream::operator=(event_stream&& other) noexcept {
    if (this != &other) {
        close();
        queue_ = std::move(other.queue_);
    }
    return *this;
}

event_stream::~event_stream() {
    close();
}

std::optional<event> event_stream::try_next() {
    return queue_->try_pop();
}

void event_stream::close() noexcept {
    if (queue_ != nullptr) queue_->close();
}

std::uint64_t event_stream::dropped() const noexcept {
    return queue_->dropped();
}

void event_stream::start_next(std::shared_ptr<detail::event_queue> queue, detail::completion<event> done) {
    queue->wait(std::move(done));
}

} // namespace rondo
