// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_ENDED_LIST_HPP
#define RONDO_RUNTIME_ENDED_LIST_HPP

#include <runtime/run_state.hpp>

#include <memory>
#include <utility>

namespace rondo::runtime {

/// Runs whose bodies have ended, in order, linked through themselves: to take one in needs no memory.
class ended_list {
public:
    using state_ptr = std::shared_ptr<detail::run_state>;

    ended_list() = default;
    ended_list(const ended_list&) = delete;
    ended_list& operator=(const ended_list&) = delete;
    ~ended_list() { clear(); }

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    void push(state_ptr state) noexcept {
        detail::run_state* last = state.get();
        (first_ == nullptr ? first_ : last_->next_ended) = std::move(state);
        last_ = last;
    }
    /// Null if there is none.
    state_ptr pop() noexcept {
        state_ptr first = std::move(first_);
        if (first != nullptr) first_ = std::move(first->next_ended);
        return first;
    }
    void clear() noexcept {
        while (pop() != nullptr) {
        }
    }

private:
    state_ptr first_;
    detail::run_state* last_ = nullptr;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_ENDED_LIST_HPP
