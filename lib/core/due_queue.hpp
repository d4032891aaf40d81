// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_DUE_QUEUE_HPP
#define RONDO_CORE_DUE_QUEUE_HPP

#include <core/heap.hpp>
#include <core/records.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace rondo::core {

/// Tasks in the order in which they are due, on one clock, and when to wake up for them. Those that may be late are in
/// a heap of their own, and the ends of their times in another: to wake up at the first end, or when another task is
/// due, makes nobody too late, and no earlier wake-up would serve more of them.
///
/// What may fail for want of memory changes nothing.
class due_queue {
public:
    [[nodiscard]] bool empty() const noexcept { return strict_.empty() && tolerant_.empty(); }

    /// When somebody must be looked at; not if it is empty.
    [[nodiscard]] std::int64_t wakeup() const noexcept {
        if (ends_.empty()) return strict_.top_key();
        return strict_.empty() ? ends_.top_key() : std::min(strict_.top_key(), ends_.top_key());
    }

    /// Who is due first, if that is by `now`; else null.
    [[nodiscard]] task_record* first_by(std::int64_t now) const noexcept {
        if (!tolerant_.empty() && (strict_.empty() || tolerant_.top_key() < strict_.top_key()))
            return first_of(tolerant_, now);
        return first_of(strict_, now);
    }

    /// Puts it in, or elsewhere. A tolerant one, which has a past, may be looked at so much later than it is due. Needs
    /// memory only if it is not in, or was of the other kind.
    void put(task_record& task, std::int64_t due, bool tolerant, std::int64_t late) {
        if (tolerant || is_tolerant(task)) return put_among_both(task, due, tolerant, late);
        if (task.heap_index == 0 && due >= strict_.top_key()) return strict_.delay_top(due);
        strict_.erase(task);
        strict_.push(task, due);
    }

    /// Takes it out if it is in.
    void erase(task_record& task) {
        if (!is_tolerant(task)) return strict_.erase(task);
        ends_.erase(*task.past);
        tolerant_.erase(task);
    }

    /// So many more fit in without memory, one of them a tolerant one.
    void make_room(std::size_t n = 1) {
        strict_.make_room(n);
        tolerant_.make_room();
        ends_.make_room();
    }

private:
    using task_heap = heap<task_record, &task_record::heap_index>;

    [[nodiscard]] static bool is_tolerant(const task_record& task) noexcept {
        return task.past != nullptr && task.past->end_index != not_in_heap;
    }
    [[nodiscard]] static task_record* first_of(const task_heap& heap, std::int64_t now) noexcept {
        if (heap.empty() || heap.top_key() > now) return nullptr;
        heap.prefetch_next();
        return &heap.top();
    }
    void put_among_both(task_record& task, std::int64_t due, bool tolerant, std::int64_t late) {
        constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
        const bool was_tolerant = is_tolerant(task);
        task_heap& to = tolerant ? tolerant_ : strict_;
        const bool stays = was_tolerant == tolerant && task.heap_index != not_in_heap;
        if (!stays) to.make_room();
        if (!stays && tolerant) ends_.make_room();
        if (stays && task.heap_index == 0 && due >= to.top_key()) {
            to.delay_top(due);
        } else {
            (was_tolerant ? tolerant_ : strict_).erase(task);
            to.push(task, due);
        }
        if (was_tolerant) ends_.erase(*task.past);
        if (tolerant) ends_.push(*task.past, std::min(due, never - late) + late);
    }

    task_heap strict_;
    task_heap tolerant_;
    heap<task_past, &task_past::end_index> ends_;
};

} // namespace rondo::core

#endif // RONDO_CORE_DUE_QUEUE_HPP
