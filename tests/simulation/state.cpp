// SPDX-License-Identifier: BSL-1.0
#include <simulation/state.hpp>

#include <rondo/format.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace rondo::simulation {
namespace {

std::int64_t micros(wall_time t) {
    return t.time_since_epoch().count();
}

void tell(std::string& to, const core::turn& t) {
    fmt::format_to(std::back_inserter(to), " turn({} {} {})", t.waits(), t.since, t.number);
}

void tell(std::string& to, const core::run_record& r) {
    fmt::format_to(
        std::back_inserter(to),
        "  run {} {} at {} state {} in heap {} last {} cancelled {} outcome {} users {} until {} {} why {}",
        to_string(r.id), to_string(r.trigger), micros(r.scheduled_at), static_cast<int>(r.state),
        r.heap_index != core::not_in_heap, r.last, to_string(r.cancelled), to_string(r.outcome),
        r.users.size(), r.deadline, r.give_up_at, r.why_cancelled);
    tell(to, r.turn);
    to += '\n';
}

void tell(std::string& to, const core::scheduler& core, const core::task_record& t) {
    const stat s = core.stat_of(t);
    const counters& c = s.counters;
    fmt::format_to(
        std::back_inserter(to),
        " {} state {} slot {} due {} cursor {} lost {} paused {} in heap {} held {} ready {} failures {}",
        t.uid, static_cast<int>(t.state), micros(t.slot), t.slot == core::no_slot ? 0 : t.due,
        micros(t.cursor), t.cursor_lost, t.paused, t.heap_index != core::not_in_heap, t.held, t.ready,
        s.failures);
    fmt::format_to(std::back_inserter(to), " counts {} {} {} {} {} {} {} {} {} {} {} {} {}", c.runs,
                   c.retries, c.succeeded, c.failed, c.timed_out, c.cancelled, c.interrupted, c.abandoned,
                   c.skipped_overlap, c.skipped_missed, c.skipped_paused, c.skipped_not_owner,
                   c.skipped_buffer_full);
    fmt::format_to(std::back_inserter(to),
                   " in flight {} retrying {} overrunning {} slots {} runs {} late {}", s.runs_in_flight,
                   s.runs_retrying, s.runs_overrunning, s.slots_waiting, s.runs_waiting,
                   micros(t.catch_up_before));
    if (s.backfill)
        fmt::format_to(std::back_inserter(to), " backfill {} {} {}", s.backfill->left, s.backfill->in_flight,
                       s.backfill->skipped);
    if (t.ready) tell(to, t.past->slot_turn);
    if (const core::task_queue* q = t.queue(); q != nullptr && !q->empty())
        for (const core::slot_segment& slot : q->slots)
            fmt::format_to(std::back_inserter(to), " waits({} {} {} {} then {})", micros(slot.first),
                           micros(slot.last), slot.count, slot.wanted, micros(q->after));
    if (t.past != nullptr && t.past->followed != nullptr)
        fmt::format_to(std::back_inserter(to), " follows({} {} {})", t.past->followed->early.size(),
                       t.past->followed->due.size(), t.past->followed->told.size());
    to += '\n';
    for (const core::run_record* r = t.runs(); r != nullptr; r = r->next) tell(to, *r);
}

} // namespace

std::string state_of(const core::scheduler& core) {
    std::string all;
    manager_stat s;
    core.describe(s);
    fmt::format_to(std::back_inserter(all), " tasks {} in flight {} waiting {} paused {} decisions {}\n",
                   s.tasks, s.runs_in_flight, s.runs_waiting, s.paused, core.decisions_count());
    for (const group_stat& g : core.group_stats({}))
        fmt::format_to(std::back_inserter(all), " group {} in flight {} waiting {} limit {}\n", g.name,
                       g.runs_in_flight, g.waiting, g.runs_in_flight_max);
    core.tasks().for_each([&](const core::task_record& t) { tell(all, core, t); });
    return all;
}

std::string difference(std::string_view before, std::string_view after, input_kind input) {
    auto line = [](std::string_view& text) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view first = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        return first;
    };
    while (!before.empty() || !after.empty()) {
        const std::string_view was = line(before);
        const std::string_view is = line(after);
        if (was != is)
            return fmt::format("an input ({}) failed and did something:\n    was{}\n    is {}",
                               static_cast<int>(input), was, is);
    }
    return "";
}

} // namespace rondo::simulation
