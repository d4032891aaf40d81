// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_UID_INDEX_HPP
#define RONDO_CORE_UID_INDEX_HPP

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace rondo::core {

/// A hash table from uid to item (which has a member `uid`), of pointers alone: open addressing with
/// linear probing, at most three quarters full, no tombstones.
template <class T>
class uid_index {
public:
    [[nodiscard]] T* find(std::string_view uid) const noexcept {
        if (slots_.empty()) return nullptr;
        for (std::size_t i = home(uid);; i = next(i)) {
            if (slots_[i] == nullptr) return nullptr;
            if (slots_[i]->uid.view() == uid) return slots_[i];
        }
    }

    /// `item.uid` must not be in yet.
    void insert(T& item) {
        if (4 * (size_ + 1) > 3 * slots_.size()) grow(); // and the walk begins again
        put(&item);
        ++size_;
    }

    /// `item` must be in.
    void erase(const T& item) noexcept {
        std::size_t hole = home(item.uid.view());
        while (slots_[hole] != &item) hole = next(hole);
        // Close the gap: move back whoever would no longer be found behind it.
        for (std::size_t i = next(hole); slots_[i] != nullptr; i = next(i)) {
            std::size_t wanted = home(slots_[i]->uid.view());
            bool reachable = hole <= i ? (wanted > hole && wanted <= i) : (wanted > hole || wanted <= i);
            if (reachable) continue;
            slots_[hole] = slots_[i];
            if (hole < walked_ && i >= walked_) walked_ = hole;
            hole = i;
        }
        slots_[hole] = nullptr;
        --size_;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// A walk over all items, while others come and go: it comes to each that is in from its start to its end at
    /// least once. A new one ends the one before.
    void start_walk() noexcept { walked_ = 0; }
    /// The next item; null at the end.
    [[nodiscard]] T* walk() noexcept {
        while (walked_ < slots_.size())
            if (T* item = slots_[walked_++]; item != nullptr) return item;
        return nullptr;
    }

    template <class F>
    void for_each(F f) const {
        for (T* item : slots_)
            if (item != nullptr) f(*item);
    }

private:
    [[nodiscard]] std::size_t home(std::string_view uid) const noexcept {
        return std::hash<std::string_view>{}(uid) & (slots_.size() - 1);
    }
    [[nodiscard]] std::size_t next(std::size_t i) const noexcept { return (i + 1) & (slots_.size() - 1); }

    void put(T* item) noexcept {
        std::size_t i = home(item->uid.view());
        while (slots_[i] != nullptr) i = next(i);
        slots_[i] = item;
    }

    void grow() {
        std::vector<T*> old = std::move(slots_);
        slots_.assign(old.empty() ? 16 : 2 * old.size(), nullptr);
        walked_ = 0;
        for (T* item : old)
            if (item != nullptr) put(item);
    }

    std::vector<T*> slots_; // a power of two of them, null where empty
    std::size_t size_ = 0;
    std::size_t walked_ = 0; // the walk has been at all before this
};

} // namespace rondo::core

#endif // RONDO_CORE_UID_INDEX_HPP
