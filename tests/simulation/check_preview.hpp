// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_PREVIEW_HPP
#define RONDO_TESTS_SIMULATION_CHECK_PREVIEW_HPP

#include <simulation/findings.hpp>
#include <simulation/swarm.hpp>
#include <simulation/verdict.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace rondo::simulation {

/// Invariant 9: the instants that a preview lists are those that then become due, in order and without others
/// between them, as long as nothing intervenes.
class check_preview {
public:
    explicit check_preview(findings& out) : out_(out) {}

    /// `waiting` are those that were due by then, and undecided; no preview lists them.
    void listed(int task, std::vector<wall_time> slots, std::vector<verdict> waiting) {
        listed_of(task) = {std::move(slots), 0, std::move(waiting)};
    }
    /// Another manager, another life or a removal changed what the preview was about.
    void intervened(int task) { listed_of(task) = {}; }

    void decided(int task, const verdict& v) {
        list& l = listed_of(task);
        std::uint64_t n = v.count - waited(l, v);
        std::size_t left = l.slots.size() - l.next;
        if (left == 0 || n == 0) return;
        bool first = n != v.count || l.slots[l.next] == v.first; // or the first of them waited
        if (!first || (n <= left && l.slots[l.next + n - 1] != v.last))
            out_.report("preview", task, "it said other slots than those that became due");
        l.next += n < left ? static_cast<std::size_t>(n) : left;
    }

private:
    struct list {
        std::vector<wall_time> slots;
        std::size_t next = 0;
        std::vector<verdict> waiting;
    };
    // How many of them waited when it was asked.
    static std::uint64_t waited(list& l, const verdict& v) {
        std::uint64_t n = 0;
        for (verdict& w : l.waiting) {
            bool inside = v.first >= w.first && v.last <= w.last; // a part of it, or all
            bool around = v.first <= w.first && v.last >= w.last;
            if (!inside && !around) continue;
            std::uint64_t some = std::min(v.count - n, w.count);
            w.count -= some;
            n += some;
        }
        std::erase_if(l.waiting, [](const verdict& w) { return w.count == 0; });
        return n;
    }
    list& listed_of(int task) { return lists_[static_cast<std::size_t>(task)]; }

    findings& out_;
    std::array<list, tasks_max> lists_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_PREVIEW_HPP
