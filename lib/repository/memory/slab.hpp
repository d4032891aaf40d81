// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_MEMORY_SLAB_HPP
#define RONDO_REPOSITORY_MEMORY_SLAB_HPP

#include <repository/memory/flat_index.hpp>
#include <repository/prefetch.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace rondo::memory::detail {

/// Numbered rows at fixed addresses, in chunks: growing copies none, and a row that was given back is
/// handed out again as it is, with whatever memory it owns.
template <class Row>
class slab {
public:
    [[nodiscard]] Row& operator[](std::uint32_t i) noexcept {
        return chunks_[i / chunk_size][i % chunk_size];
    }
    [[nodiscard]] const Row& operator[](std::uint32_t i) const noexcept {
        return chunks_[i / chunk_size][i % chunk_size];
    }

    /// Has the processor fetch a row that is wanted soon; `i` may be `none`.
    void prefetch(std::uint32_t i) const noexcept {
        if (i != none) repository_detail::prefetch_whole(&(*this)[i]);
    }

    /// The next `take` needs no memory.
    void make_room() {
        if (free_.empty() && size_ % chunk_size == 0 && size_ / chunk_size == chunks_.size())
            chunks_.push_back(std::make_unique<Row[]>(chunk_size));
    }
    /// Nor does the next `give_back`.
    void make_room_to_give_back() {
        if (free_.size() == free_.capacity()) free_.reserve(2 * free_.size() + 8);
    }

    /// Nor do those of all rows, with the next that is taken.
    void make_room_to_give_all_back() {
        if (free_.capacity() <= size_) free_.reserve(2 * std::size_t{size_} + 8);
    }

    /// The number of a free row: the one given back last, which is still in the cache.
    [[nodiscard]] std::uint32_t take() {
        if (!free_.empty()) {
            const std::uint32_t i = free_.back();
            free_.pop_back();
            return i;
        }
        make_room();
        return size_++;
    }

    void give_back(std::uint32_t i) { free_.push_back(i); }

    /// Rows ever taken: numbers are below it.
    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }

private:
    static constexpr std::uint32_t chunk_size = 256;

    std::vector<std::unique_ptr<Row[]>> chunks_;
    std::vector<std::uint32_t> free_;
    std::uint32_t size_ = 0;
};

} // namespace rondo::memory::detail

#endif // RONDO_REPOSITORY_MEMORY_SLAB_HPP
