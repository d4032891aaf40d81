// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_HEAP_HPP
#define RONDO_CORE_HEAP_HPP

#include <core/prefetch.hpp>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rondo::core {

/// Where an item stands in its heap.
inline constexpr std::uint32_t not_in_heap = 0xffff'ffff;

/// A 4-ary min-heap of items that know their place (`Index`), so that any of them can be taken out, the keys beside the
/// pointers: a sift looks at one cache line, not at four items. Why not a timing wheel: see bench/timers/main.cpp.
template <class T, std::uint32_t T::* Index, class Key = std::int64_t>
class heap {
public:
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] Key top_key() const noexcept { return entries_.front().key; }
    [[nodiscard]] T& top() const noexcept { return *entries_.front().item; }

    /// So many of them fit in without memory.
    void reserve(std::size_t n) { entries_.reserve(n); }

    /// So many more fit in without memory.
    void make_room(std::size_t n = 1) {
        if (entries_.capacity() - entries_.size() < n) entries_.reserve(2 * entries_.size() + n + 8);
    }

    void push(T& item, Key key) {
        assert(item.*Index == not_in_heap);
        entries_.push_back({key, &item});
        sift_up(entries_.size() - 1, {key, &item});
    }

    void pop() { erase(*entries_.front().item); }

    /// Takes the item out if it is in.
    void erase(T& item) {
        std::size_t hole = item.*Index;
        if (hole == not_in_heap) return;
        assert(entries_[hole].item == &item);
        item.*Index = not_in_heap;
        entry last = entries_.back();
        entries_.pop_back();
        if (hole == entries_.size()) return;
        if (hole > 0 && last.key < entries_[parent(hole)].key)
            sift_up(hole, last);
        else
            sift_down(hole, last);
    }

    /// Gives the top a later key: one sift where `pop` and `push` would be two.
    void delay_top(Key key) {
        assert(key >= top_key());
        sift_down(0, {key, entries_.front().item});
    }

    /// Has the processor fetch the item that will most likely be the top after this one.
    void prefetch_next() const noexcept {
        if (entries_.size() < 2) return;
        const std::size_t end = std::min<std::size_t>(entries_.size(), 5);
        std::size_t least = 1;
        for (std::size_t c = 2; c < end; ++c)
            if (entries_[c].key < entries_[least].key) least = c;
        prefetch_whole(entries_[least].item);
    }

    /// In no order.
    template <class F>
    void for_each(F f) const {
        for (const entry& e : entries_) f(*e.item);
    }

private:
    struct entry {
        Key key;
        T* item;
    };

    static std::size_t parent(std::size_t i) noexcept { return (i - 1) / 4; }

    void place(std::size_t i, entry e) noexcept {
        entries_[i] = e;
        e.item->*Index = static_cast<std::uint32_t>(i);
    }

    void sift_up(std::size_t i, entry e) noexcept {
        while (i > 0 && e.key < entries_[parent(i)].key) {
            place(i, entries_[parent(i)]);
            i = parent(i);
        }
        place(i, e);
    }

    void sift_down(std::size_t i, entry e) noexcept {
        for (;;) {
            std::size_t first = 4 * i + 1;
            if (first >= entries_.size()) break;
            std::size_t least = first;
            std::size_t end = first + 4 < entries_.size() ? first + 4 : entries_.size();
            for (std::size_t c = first + 1; c < end; ++c)
                if (entries_[c].key < entries_[least].key) least = c;
            if (entries_[least].key >= e.key) break;
            place(i, entries_[least]);
            i = least;
        }
        place(i, e);
    }

    std::vector<entry> entries_;
};

} // namespace rondo::core

#endif // RONDO_CORE_HEAP_HPP
