// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_TIMERS_WHEEL_HPP
#define RONDO_BENCH_TIMERS_WHEEL_HPP

#include <core/prefetch.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace rondo::bench {

/// What an item of a `wheel` has in it: its neighbours, and the list that it is in.
template <class T>
struct wheel_hook {
    T* next = nullptr;
    T* previous = nullptr;
    std::int64_t key = 0;
    std::uint16_t slot = 0xffff; ///< of all levels; 0xffff: it is in none
};

/// A hierarchical timing wheel, as the alternative to `core::heap`: 8 levels of 64 lists, each level 64 times as coarse
/// as the one below. An item goes into the finest level that reaches as far as its key, and sinks to a finer one when
/// the wheel comes to its list. Keys are ticks from 0 on, less than 64^8 ahead, and none is one that was taken already.
/// A bit for each list says whether it is empty.
template <class T, wheel_hook<T> T::* Hook>
class wheel {
public:
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    void push(T& item, std::int64_t key) noexcept {
        (item.*Hook).key = key;
        put(item);
        ++size_;
    }

    void erase(T& item) noexcept {
        wheel_hook<T>& hook = item.*Hook;
        if (hook.slot == none) return;
        (hook.previous != nullptr ? (hook.previous->*Hook).next : lists_[hook.slot]) = hook.next;
        if (hook.next != nullptr) (hook.next->*Hook).previous = hook.previous;
        if (lists_[hook.slot] == nullptr)
            filled_[hook.slot / width] &= ~(std::uint64_t{1} << hook.slot % width);
        hook.slot = none;
        --size_;
    }

    /// Takes out all with a key up to `now`, in the order of their keys, but among equal ones in any.
    template <class F>
    void take_due(std::int64_t now, F f) {
        while (size_ != 0) {
            const std::int64_t at = next_look();
            if (at > now) break;
            now_ = at;
            sink();
            T*& list = lists_[static_cast<std::size_t>(now_ % width)];
            while (list != nullptr) {
                T& item = *list;
                erase(item);
                if (list != nullptr) core::prefetch(&(list->*Hook));
                f(item);
            }
            ++now_;
        }
        if (now >= now_) now_ = now + 1;
    }

    /// When it is to be looked at again: not after the first key, and before it where that is far away, as lists must be
    /// sunk. Not if it is empty.
    [[nodiscard]] std::int64_t next_look() const noexcept {
        std::int64_t first = INT64_MAX;
        for (std::size_t level = 0; level != levels; ++level) {
            if (filled_[level] == 0) continue;
            const auto shift = static_cast<int>(bits * level);
            const std::int64_t turn = now_ >> shift;
            const int here = static_cast<int>(turn % width);
            // Where it stands, a level above the lowest has been sunk already, but for one that was begun just now.
            const std::int64_t ahead = std::countr_zero(std::rotr(filled_[level], here));
            const std::int64_t at = (turn + ahead) << shift;
            if (at < first) first = at < now_ ? now_ : at;
        }
        return first;
    }

private:
    static constexpr std::int64_t width = 64;
    static constexpr std::size_t bits = 6;
    static constexpr std::size_t levels = 8;
    static constexpr std::uint16_t none = 0xffff;

    void put(T& item) noexcept {
        wheel_hook<T>& hook = item.*Hook;
        const std::int64_t key = hook.key < now_ ? now_ : hook.key;
        const auto differs = static_cast<std::uint64_t>(key ^ now_);
        std::size_t level = differs == 0 ? 0 : (static_cast<std::size_t>(std::bit_width(differs)) - 1) / bits;
        if (level >= levels) level = levels - 1;
        const auto in_level = static_cast<std::size_t>((key >> (bits * level)) % width);
        hook.slot = static_cast<std::uint16_t>(level * width + in_level);
        hook.previous = nullptr;
        hook.next = lists_[hook.slot];
        if (hook.next != nullptr) (hook.next->*Hook).previous = &item;
        lists_[hook.slot] = &item;
        filled_[level] |= std::uint64_t{1} << in_level;
    }

    // What stands where it is, on each level that has come to another list just now, goes to a finer one.
    void sink() noexcept {
        for (std::size_t level = levels - 1; level > 0; --level) {
            if ((now_ & ((std::int64_t{1} << (bits * level)) - 1)) != 0) continue;
            const auto in_level = static_cast<std::size_t>((now_ >> (bits * level)) % width);
            T* item = lists_[level * width + in_level];
            lists_[level * width + in_level] = nullptr;
            filled_[level] &= ~(std::uint64_t{1} << in_level);
            while (item != nullptr) {
                T* const next = (item->*Hook).next;
                if (next != nullptr) core::prefetch(&(next->*Hook));
                put(*item);
                item = next;
            }
        }
    }

    std::array<T*, levels * width> lists_{};
    std::array<std::uint64_t, levels> filled_{};
    std::int64_t now_ = 0;
    std::size_t size_ = 0;
};

} // namespace rondo::bench

#endif // RONDO_BENCH_TIMERS_WHEEL_HPP
