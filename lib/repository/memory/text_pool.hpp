// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_MEMORY_TEXT_POOL_HPP
#define RONDO_REPOSITORY_MEMORY_TEXT_POOL_HPP

#include <repository/memory/flat_index.hpp>
#include <repository/memory/slab.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rondo::memory::detail {

/// Texts of which many are equal, each held once: a million tasks share a few schedules.
class text_pool {
public:
    /// The number of this text; each call is one more use of it.
    [[nodiscard]] std::uint32_t acquire(std::string_view text) {
        entries_.make_room_to_give_all_back(); // first, as it may throw
        const std::uint32_t hash = hash_of(text);
        std::uint32_t i = index_.find(hash, [&](std::uint32_t row) { return entries_[row].text == text; });
        if (i == none) {
            i = entries_.take();
            entries_[i].text = text;
            index_.insert(hash, i);
        }
        ++entries_[i].uses;
        return i;
    }

    /// Ends one use; a text without uses is freed, so schedules that keep changing do not pile up.
    void release(std::uint32_t i) noexcept {
        entry& e = entries_[i];
        if (--e.uses > 0) return;
        index_.erase(hash_of(e.text), i);
        e.text = std::string();
        entries_.give_back(i);
    }

    [[nodiscard]] const std::string& operator[](std::uint32_t i) const noexcept { return entries_[i].text; }

private:
    struct entry {
        std::string text;
        std::uint64_t uses = 0;
    };

    [[nodiscard]] static std::uint32_t hash_of(std::string_view text) noexcept {
        return fold_hash(std::hash<std::string_view>{}(text));
    }

    slab<entry> entries_;
    flat_index index_;
};

} // namespace rondo::memory::detail

#endif // RONDO_REPOSITORY_MEMORY_TEXT_POOL_HPP
