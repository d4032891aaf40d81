// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_UID_INDEX_HPP
#define RONDO_CORE_UID_INDEX_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <string_view>
#include <vector>

namespace rondo::core {

/// A hash table from uid to item (which has a member `uid`), of the numbers alone that the items have in their pool:
/// open addressing with linear probing, at most three quarters full, no tombstones. Beside each number is as much of
/// the hash as there is room for, which spares most looks at other items.
template <class Pool>
class uid_index {
public:
    using item = typename Pool::value_type;

    explicit uid_index(const Pool& items) noexcept : items_(items) {}
    uid_index(const uid_index&) = delete;
    uid_index& operator=(const uid_index&) = delete;

    [[nodiscard]] item* find(std::string_view uid) const noexcept {
        if (slots_.empty()) return nullptr;
        const std::uint64_t hash = hash_of(uid);
        for (std::size_t i = home(hash); slots_[i] != empty; i = next(i)) {
            if (((slots_[i] ^ tagged(hash, 0)) >> number_bits_) != 0) continue;
            if (item& found = at(i); found.uid.view() == uid) return &found;
        }
        return nullptr;
    }

    /// The uid of the item with this number must not be in yet.
    void insert(std::uint32_t number) {
        while (4 * (size_ + 1) > 3 * slots_.size() || number >= slots_.size())
            grow(); // and the walk begins again
        put(number);
        ++size_;
    }

    /// It must be in. Gives its number.
    std::uint32_t erase(const item& one) noexcept {
        std::size_t hole = home(hash_of(one.uid.view()));
        while (&at(hole) != &one) hole = next(hole);
        const std::uint32_t number = number_at(hole);
        // Close the gap: move back whoever would no longer be found behind it.
        for (std::size_t i = next(hole); slots_[i] != empty; i = next(i)) {
            std::size_t wanted = home(hash_of(at(i).uid.view()));
            bool reachable = hole <= i ? (wanted > hole && wanted <= i) : (wanted > hole || wanted <= i);
            if (reachable) continue;
            slots_[hole] = slots_[i];
            if (hole < walked_ && i >= walked_) walked_ = hole;
            hole = i;
        }
        slots_[hole] = empty;
        --size_;
        return number;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// A walk over all items, while others come and go: it comes to each that is in from its start to its end at
    /// least once. A new one ends the one before.
    void start_walk() noexcept { walked_ = 0; }
    /// The next item; null at the end.
    [[nodiscard]] item* walk() noexcept {
        while (walked_ < slots_.size())
            if (const std::size_t i = walked_++; slots_[i] != empty) return &at(i);
        return nullptr;
    }

    template <class F>
    void for_each(F f) const {
        for_each_number([&](std::uint32_t number) { f(items_.at(number)); });
    }
    template <class F>
    void for_each_number(F f) const {
        for (std::size_t i = 0; i != slots_.size(); ++i)
            if (slots_[i] != empty) f(number_at(i));
    }

private:
    static constexpr std::uint32_t empty =
        0xffff'ffff; // no number has all its bits set: they are below the slots'
    static constexpr std::size_t slots_max = 0x7fff'ffff;

    // Whatever the library's is like: both halves are used, the upper for the place, the lower for the tag.
    [[nodiscard]] static std::uint64_t hash_of(std::string_view uid) noexcept {
        const std::uint64_t hash = std::hash<std::string_view>{}(uid);
        return (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15u;
    }
    [[nodiscard]] std::size_t home(std::uint64_t hash) const noexcept {
        return static_cast<std::size_t>(((hash >> 32) * slots_.size()) >> 32);
    }
    [[nodiscard]] std::size_t next(std::size_t i) const noexcept {
        return i + 1 == slots_.size() ? 0 : i + 1;
    }
    [[nodiscard]] std::uint32_t tagged(std::uint64_t hash, std::uint32_t number) const noexcept {
        return static_cast<std::uint32_t>(hash) << number_bits_ | number;
    }
    [[nodiscard]] std::uint32_t number_at(std::size_t i) const noexcept {
        return slots_[i] & ((std::uint32_t(1) << number_bits_) - 1);
    }
    [[nodiscard]] item& at(std::size_t i) const noexcept { return items_.at(number_at(i)); }

    void put(std::uint32_t number) noexcept {
        const std::uint64_t hash = hash_of(items_.at(number).uid.view());
        std::size_t i = home(hash);
        while (slots_[i] != empty) i = next(i);
        slots_[i] = tagged(hash, number);
    }

    // In the order of their numbers, which is that in which they lie in memory.
    void grow() {
        const std::size_t larger = slots_.empty() ? 16 : slots_.size() + slots_.size() / 2;
        if (larger > slots_max) throw std::bad_alloc();
        std::vector<bool> in(slots_.size());
        for_each_number([&](std::uint32_t number) { in[number] = true; });
        std::vector<std::uint32_t>(larger, empty).swap(slots_);
        number_bits_ = static_cast<int>(std::bit_width(larger));
        walked_ = 0;
        for (std::uint32_t number = 0; number != in.size(); ++number)
            if (in[number]) put(number);
    }

    const Pool& items_;
    std::vector<std::uint32_t> slots_; // numbers below hashes
    int number_bits_ = 0;
    std::size_t size_ = 0;
    std::size_t walked_ = 0; // the walk has been at all before this
};

} // namespace rondo::core

#endif // RONDO_CORE_UID_INDEX_HPP
