// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_CHECK_PREVIEW_HPP
#define RONDO_TESTS_SIMULATION_CHECK_PREVIEW_HPP

#include <simulation/findings.hpp>
#include <simulation/swarm.hpp>
#include <simulation/verdict.hpp>

#include <array>
#include <cstddef>
#include <vector>

namespace rondo::simulation {

/// Invariant 9: the instants that a preview lists are those that then become due, in order and without others
/// between them, as long as nothing intervenes.
class check_preview {
public:
    explicit check_preview(findings& out) : out_(out) {}

    void listed(int task, std::vector<wall_time> slots) { listed_of(task) = {std::move(slots), 0}; }
    /// Another manager, another life or a removal changed what the preview was about.
    void intervened(int task) { listed_of(task) = {}; }

    void decided(int task, const verdict& v) {
        list& l = listed_of(task);
        std::size_t left = l.slots.size() - l.next;
        if (left == 0) return;
        if (l.next == 0 && v.first < l.slots.front()) return waited(l, v);
        bool first = l.slots[l.next] == v.first;
        if (!first || (v.count <= left && l.slots[l.next + v.count - 1] != v.last))
            out_.report("preview", task, "it said other slots than those that became due");
        l.next += v.count < left ? static_cast<std::size_t>(v.count) : left;
    }

private:
    struct list {
        std::vector<wall_time> slots;
        std::size_t next = 0;
    };
    // Slots that were due when it was asked, and waited, are in none.
    static void waited(list& l, const verdict& v) {
        while (l.next != l.slots.size() && l.slots[l.next] <= v.last) ++l.next;
    }
    list& listed_of(int task) { return lists_[static_cast<std::size_t>(task)]; }

    findings& out_;
    std::array<list, tasks_max> lists_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_CHECK_PREVIEW_HPP
