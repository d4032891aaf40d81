// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_MEMORY_RUN_LIST_HPP
#define RONDO_REPOSITORY_MEMORY_RUN_LIST_HPP

#include <repository/memory/rows.hpp>
#include <repository/memory/slab.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace rondo::memory::detail {

/// Runs in the order in which they went on record, linked through their rows. Knows its oldest ended
/// run without a search, and whether that order is also the order of starts: it is, unless the clock
/// was set back.
template <list_kind Kind>
class run_list {
public:
    using rows = slab<run_row>;

    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    [[nodiscard]] std::uint32_t oldest() const noexcept { return oldest_; }
    [[nodiscard]] std::uint32_t newest() const noexcept { return newest_; }
    /// No run before it has ended; `none`: none at all.
    [[nodiscard]] std::uint32_t first_ended() const noexcept { return first_ended_; }

    void append(rows& r, std::uint32_t i) noexcept {
        run_links& links = r[i].links[Kind];
        links = {newest_, none};
        if (newest_ == none) {
            oldest_ = i;
        } else {
            r[newest_].links[Kind].newer = i;
            inversions_ += inverted(r, newest_, i);
        }
        newest_ = i;
        if (first_ended_ == none) first_ended_ = i;
        ++size_;
    }

    void remove(rows& r, std::uint32_t i) noexcept {
        const run_links links = r[i].links[Kind];
        if (links.older != none) inversions_ -= inverted(r, links.older, i);
        if (links.newer != none) inversions_ -= inverted(r, i, links.newer);
        if (links.older != none && links.newer != none) inversions_ += inverted(r, links.older, links.newer);
        (links.older == none ? oldest_ : r[links.older].links[Kind].newer) = links.newer;
        (links.newer == none ? newest_ : r[links.newer].links[Kind].older) = links.older;
        if (first_ended_ == i) first_ended_ = links.newer;
        --size_;
    }

    /// To be told when run `i` has ended.
    void note_end(const rows& r, std::uint32_t i) noexcept {
        if (first_ended_ == none || r[i].order < r[first_ended_].order) first_ended_ = i;
    }

    /// The oldest run that has ended, or `none`.
    [[nodiscard]] std::uint32_t oldest_ended(const rows& r) noexcept {
        while (first_ended_ != none && !r[first_ended_].ended())
            first_ended_ = r[first_ended_].links[Kind].newer;
        return first_ended_;
    }

    /// Calls `visit(i)` for each run, the latest start first, equal starts by descending id, until it
    /// returns false.
    template <class Visit>
    void newest_first(const rows& r, Visit visit) const {
        std::vector<std::uint32_t> group; // runs with one start, or all of them
        for (std::uint32_t i = newest_; i != none;) {
            const wall_time start = r[i].started_at;
            group.clear();
            do {
                group.push_back(i);
                i = r[i].links[Kind].older;
            } while (i != none && (inversions_ > 0 || r[i].started_at == start));
            if (group.size() > 1)
                std::sort(group.begin(), group.end(),
                          [&](std::uint32_t a, std::uint32_t b) { return r[b].key() < r[a].key(); });
            for (std::uint32_t g : group)
                if (!visit(g)) return;
        }
    }

private:
    [[nodiscard]] static std::uint32_t inverted(const rows& r, std::uint32_t older,
                                                std::uint32_t newer) noexcept {
        return r[newer].started_at < r[older].started_at ? 1 : 0;
    }

    std::uint32_t oldest_ = none;
    std::uint32_t newest_ = none;
    std::uint32_t first_ended_ = none; // all runs before it are in flight
    std::uint32_t size_ = 0;
    std::uint32_t inversions_ = 0; // neighbours of which the newer started earlier
};

} // namespace rondo::memory::detail

#endif // RONDO_REPOSITORY_MEMORY_RUN_LIST_HPP
