// SPDX-License-Identifier: BSL-1.0
#include <crash/checker.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rondo::crash {
namespace {

/// One decision: a run, or a range of skips.
struct tile {
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::int64_t count = 1;
    const recorded_run* run = nullptr;
};

std::vector<tile> tiles_of(const recorded_task& task) {
    std::vector<tile> tiles;
    for (const recorded_run& r : task.runs)
        if (r.takes_slot()) tiles.push_back({r.slot, r.slot, 1, &r});
    for (const recorded_skip& s : task.skips) tiles.push_back({s.first, s.last, s.count, nullptr});
    std::ranges::sort(tiles, {}, [](const tile& t) { return std::pair(t.first, t.last); });
    return tiles;
}

std::string words(const tile& t) {
    return t.run != nullptr ? fmt::format("run {} of slot {}", t.run->id, t.first)
                            : fmt::format("skip of {} slots {} to {}", t.count, t.first, t.last);
}

class slot_check {
public:
    slot_check(const recorded_task& task, const plan& p, findings& out)
        : task_(task), plan_(p), out_(out), origin_(p.rule == rule::grid ? task.anchor : 0) {}

    void grid() {
        // The seconds of a cron rule are those that the interval divides.
        std::int64_t next = plan_.rule == rule::grid ? task_.anchor : up(task_.anchor);
        if (plan_.first_after_interval) next += plan_.interval;
        for (const tile& t : tiles_of(task_)) {
            out_.slots += static_cast<std::uint64_t>(t.count);
            if (!on_grid(t.first) || !on_grid(t.last)) {
                complain(out_.shifted, fmt::format("{} is off the grid, by {} us", words(t),
                                                   (t.first - origin_) % plan_.interval));
                continue;
            }
            if (t.count != (t.last - t.first) / plan_.interval + 1)
                complain(out_.unexplained, fmt::format("{} does not count right", words(t)));
            if (t.first > next)
                complain(out_.lost,
                         fmt::format("slot {} is neither run nor skipped: {} comes next ({} are lost)", next,
                                     words(t), (t.first - next) / plan_.interval));
            if (t.first < next)
                complain(out_.doubled,
                         fmt::format("slot {} is decided twice: here by {}", t.first, words(t)));
            next = std::max(next, t.last + plan_.interval);
        }
        if (!task_.cursor)
            complain(out_.lost, fmt::format("slot {}: there is no cursor any more", next));
        else if (*task_.cursor != next)
            complain(*task_.cursor > next ? out_.lost : out_.doubled,
                     fmt::format("slot {}: the cursor is at {}", next, *task_.cursor));
    }

    void single() {
        const auto tiles = tiles_of(task_);
        out_.slots += tiles.size();
        if (tiles.empty() && !task_.cursor)
            complain(out_.lost, fmt::format("slot {} is neither run nor skipped", task_.anchor));
        if (!tiles.empty() && task_.cursor)
            complain(out_.doubled,
                     fmt::format("slot {} is decided, and the cursor still at it", task_.anchor));
        if (tiles.size() > 1)
            complain(out_.doubled, fmt::format("slot {} is decided {} times", task_.anchor, tiles.size()));
        for (const tile& t : tiles)
            if (t.first != task_.anchor) complain(out_.shifted, words(t) + " is not the only slot");
    }

    // No grid: each slot is the end of a run and the interval. If the wall clock was set, they need not even
    // be in order.
    void delay(bool clock_shifts) {
        const auto tiles = tiles_of(task_);
        for (const tile& t : tiles) out_.slots += static_cast<std::uint64_t>(t.count);
        const bool begun = std::ranges::any_of(tiles, [&](const tile& t) { return t.first == task_.anchor; });
        if (!begun && (!tiles.empty() || task_.cursor != task_.anchor))
            complain(out_.lost, fmt::format("slot {} is neither run nor skipped", task_.anchor));
        if (!task_.cursor) complain(out_.lost, "there is no cursor any more");
        if (clock_shifts || !task_.cursor) return;
        for (std::size_t i = 1; i < tiles.size(); ++i)
            if (tiles[i - 1].run != nullptr) after_run(tiles[i - 1], tiles[i]);
        if (!tiles.empty() && *task_.cursor <= tiles.back().last)
            complain(out_.doubled,
                     fmt::format("slot {}: the cursor is at {}", tiles.back().last, *task_.cursor));
    }

private:
    void after_run(const tile& before, const tile& t) {
        const recorded_run* end = last_attempt(*before.run);
        if (!end->finished_at) return; // which is complained of elsewhere
        const std::int64_t due = *end->finished_at + plan_.interval;
        if (t.first < due)
            complain(out_.shifted,
                     fmt::format("{} is too early: the run before ended at {}", words(t), *end->finished_at));
        // Another attempt may have been due when the process died; after a success there is none.
        if (t.first > due && end->outcome == "success")
            complain(out_.shifted, fmt::format("{} is late by {} us: the run before ended at {}", words(t),
                                               t.first - due, *end->finished_at));
    }

    const recorded_run* last_attempt(const recorded_run& first) const {
        const recorded_run* last = &first;
        for (const recorded_run& r : task_.runs)
            if (r.slot == first.slot && r.trigger == "retry" && r.attempt > last->attempt) last = &r;
        return last;
    }

    [[nodiscard]] bool on_grid(std::int64_t slot) const { return (slot - origin_) % plan_.interval == 0; }
    [[nodiscard]] std::int64_t up(std::int64_t t) const {
        return (t + plan_.interval - 1) / plan_.interval * plan_.interval;
    }
    void complain(std::uint64_t& kind, const std::string& what) {
        out_.complain(kind, fmt::format("{}: {}", task_.uid, what));
    }

    const recorded_task& task_;
    const plan& plan_;
    findings& out_;
    std::int64_t origin_; // of the grid
};

} // namespace

void check_slots(const recorded_task& task, const plan& p, const tolerance& t, findings& out) {
    slot_check check(task, p, out);
    switch (p.rule) {
    case rule::grid:
    case rule::seconds: return check.grid();
    case rule::single: return check.single();
    case rule::delay: return check.delay(t.clock_shifts);
    }
}

} // namespace rondo::crash
