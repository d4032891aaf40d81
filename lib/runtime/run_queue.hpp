// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_RUN_QUEUE_HPP
#define RONDO_RUNTIME_RUN_QUEUE_HPP

#include <runtime/run_state.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace rondo::runtime {

/// Runs in order, linked through themselves: to take one in needs no memory. Each is in one list at most.
class run_list {
public:
    using state_ptr = std::shared_ptr<detail::run_state>;

    run_list() = default;
    run_list(run_list&& other) noexcept
        : first_(std::move(other.first_)), last_(std::exchange(other.last_, nullptr)),
          size_(std::exchange(other.size_, 0)) {}
    run_list& operator=(run_list&&) = delete;
    ~run_list() { clear(); }

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    void push(state_ptr state) noexcept {
        detail::run_state* last = state.get();
        (first_ == nullptr ? first_ : last_->next) = std::move(state);
        last_ = last;
        ++size_;
    }
    /// Null if there is none.
    state_ptr pop() noexcept {
        state_ptr first = std::move(first_);
        if (first == nullptr) return first;
        first_ = std::move(first->next);
        --size_;
        return first;
    }
    /// Those of `others` come before those here.
    void put_first(run_list others) noexcept {
        if (others.empty()) return;
        if (first_ == nullptr) last_ = others.last_;
        others.last_->next = std::move(first_);
        first_ = std::move(others.first_);
        size_ += std::exchange(others.size_, 0);
    }
    void clear() noexcept {
        while (pop() != nullptr) {
        }
    }

private:
    state_ptr first_;
    detail::run_state* last_ = nullptr;
    std::size_t size_ = 0;
};

/// Runs that a handler will take, which is posted when there are some. Any thread.
struct run_queue {
    std::mutex mutex; ///< guards the next two
    run_list list;
    bool posted = false;                ///< the handler
    std::atomic<bool> unposted = false; ///< of those that have ended: there was no memory; the next tick does

    [[nodiscard]] run_list::state_ptr next() noexcept {
        std::lock_guard lock(mutex);
        return list.pop();
    }
    [[nodiscard]] run_list all() noexcept {
        std::lock_guard lock(mutex);
        return std::move(list);
    }
    /// How many are there for a handler that is on its way.
    [[nodiscard]] std::size_t expected() noexcept {
        std::lock_guard lock(mutex);
        return posted ? list.size() : 0;
    }
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_RUN_QUEUE_HPP
