// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_MEMORY_FLAT_INDEX_HPP
#define RONDO_REPOSITORY_MEMORY_FLAT_INDEX_HPP

#include <repository/prefetch.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace rondo::memory::detail {

/// No row: the end of a list, the answer to a search in vain.
inline constexpr std::uint32_t none = 0xffff'ffff;

/// Takes the best bits of a hash that may be poor in its low ones.
[[nodiscard]] constexpr std::uint32_t fold_hash(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(((hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15u) >> 32);
}

/// A hash table of row numbers: open addressing, linear probing, at most three quarters full, half again as large
/// each time that it grows, no tombstones. The rows hold the keys; 32 bits of hash beside the number spare most looks at them.
class flat_index {
public:
    /// The row with this hash for which `is_it(row)` holds, or `none`.
    template <class Equal>
    [[nodiscard]] std::uint32_t find(std::uint32_t hash, Equal is_it) const {
        if (slots_.empty()) return none;
        for (std::size_t i = home(hash);; i = next(i)) {
            const slot& s = slots_[i];
            if (s.row == none) return none;
            if (s.hash == hash && is_it(s.row)) return s.row;
        }
    }

    /// For a `find` or an `insert` that comes soon.
    void prefetch(std::uint32_t hash) const noexcept {
        if (!slots_.empty()) repository_detail::prefetch(&slots_[home(hash)]);
    }

    /// A row with this hash, which may be the one, or `none`.
    [[nodiscard]] std::uint32_t guess(std::uint32_t hash) const noexcept {
        return find(hash, [](std::uint32_t) { return true; });
    }

    /// The next `insert` needs no memory.
    void make_room() {
        if (4 * (size_ + 1) > 3 * slots_.size()) grow();
    }

    /// `row` must not be in yet.
    void insert(std::uint32_t hash, std::uint32_t row) {
        make_room();
        put(slot{hash, row});
        ++size_;
    }

    /// `row` must be in.
    void erase(std::uint32_t hash, std::uint32_t row) noexcept {
        std::size_t hole = home(hash);
        while (slots_[hole].row != row) hole = next(hole);
        // Close the gap: move back each one that a search would no longer reach across it.
        for (std::size_t i = next(hole); slots_[i].row != none; i = next(i)) {
            const std::size_t wanted = home(slots_[i].hash);
            const bool reachable = hole <= i ? wanted > hole && wanted <= i : wanted > hole || wanted <= i;
            if (reachable) continue;
            slots_[hole] = slots_[i];
            hole = i;
        }
        slots_[hole] = slot{};
        --size_;
    }

private:
    struct slot {
        std::uint32_t hash = 0;
        std::uint32_t row = none;
    };

    [[nodiscard]] std::size_t home(std::uint32_t hash) const noexcept {
        return static_cast<std::size_t>((hash * std::uint64_t(slots_.size())) >> 32);
    }
    [[nodiscard]] std::size_t next(std::size_t i) const noexcept {
        return i + 1 == slots_.size() ? 0 : i + 1;
    }

    void put(slot s) noexcept {
        std::size_t i = home(s.hash);
        while (slots_[i].row != none) i = next(i);
        slots_[i] = s;
    }

    void grow() {
        std::vector<slot> old(slots_.empty() ? 16 : slots_.size() + slots_.size() / 2);
        old.swap(slots_);
        for (const slot& s : old)
            if (s.row != none) put(s);
    }

    std::vector<slot> slots_;
    std::size_t size_ = 0;
};

} // namespace rondo::memory::detail

#endif // RONDO_REPOSITORY_MEMORY_FLAT_INDEX_HPP
