// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_DECISION_LIST_HPP
#define RONDO_CORE_DECISION_LIST_HPP

#include <core/actions.hpp>
#include <core/records.hpp>

#include <boost/container/devector.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

namespace rondo::core {

/// What was decided and is not handed over yet, in order.
class decision_list {
public:
    [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }

    /// So many more fit in without memory.
    void make_room(std::size_t n) {
        if (list_.back_free_capacity() >= n) return;
        list fresh; // `reserve_back` would keep the room of those that were handed over
        fresh.reserve_back(std::max(2 * list_.size(), list_.size() + n));
        fresh.assign(std::make_move_iterator(list_.begin()), std::make_move_iterator(list_.end()));
        list_.swap(fresh);
    }
    /// One about no cursor.
    decision& append() { return list_.emplace_back(); }
    /// The latest of its task.
    decision& append(task_record& task) {
        task_past& past = task.made_past();
        decision& d = list_.emplace_back();
        forget(task);
        d.task = &task;
        past.pending_decision = handed_over_ + static_cast<std::uint32_t>(list_.size());
        return d;
    }
    /// Null if it was handed over.
    [[nodiscard]] decision* latest_of(const task_record& task) noexcept {
        const std::uint32_t number = task.past != nullptr ? task.past->pending_decision : 0;
        return number == 0 ? nullptr : &list_[number - handed_over_ - 1];
    }
    /// The task is gone, or has a later one.
    void forget(const task_record& task) noexcept {
        if (decision* d = latest_of(task)) d->task = nullptr;
    }

    /// The first `n`, into whatever `take(span of decisions)` moves them, all or, if it throws, none. Gives how many
    /// they were: fewer if there were no more; all, once in a long while.
    template <class F>
    std::size_t hand_over(std::size_t n, F take) {
        constexpr std::uint32_t numbers_max = 0x8000'0000;
        if (handed_over_ >= numbers_max) n = list_.size(); // and begin anew
        n = std::min(n, list_.size());
        take(std::span<decision>(list_.data(), n));
        drop(n);
        return n;
    }

private:
    using list = boost::container::devector<decision>;

    void drop(std::size_t n) noexcept {
        constexpr std::size_t kept_max = 2048; // a burst must not keep its memory for ever
        const auto end = list_.begin() + static_cast<std::ptrdiff_t>(n);
        std::for_each(list_.begin(), end, [](decision& d) {
            if (d.task != nullptr) d.task->past->pending_decision = 0;
        });
        handed_over_ += static_cast<std::uint32_t>(n);
        if (n != list_.size()) {
            list_.erase(list_.begin(), end);
            return;
        }
        list_.clear(); // all its room is at the back again
        handed_over_ = 0;
        if (list_.capacity() > kept_max) list().swap(list_);
    }

    list list_;
    std::uint32_t handed_over_ = 0; // since it was empty
};

} // namespace rondo::core

#endif // RONDO_CORE_DECISION_LIST_HPP
