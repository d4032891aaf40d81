// SPDX-License-Identifier: BSL-1.0
#include <simulation/event.hpp>

#include <simulation/dice.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace rondo::simulation {
namespace {

std::int64_t amount_of(dice& d, const swarm& s, event_kind kind) {
    std::int64_t unit = s.unit_us;
    switch (kind) {
    case event_kind::pass: return d.one_in(8) ? d.below(40 * unit) : d.below(8 * unit);
    case event_kind::stall: return d.one_in(4) ? d.below(200 * unit) : d.below(6 * unit);
    case event_kind::set_clock: return d.between(-10 * unit, 10 * unit);
    case event_kind::cancel:
    case event_kind::detach: return d.below(4);
    case event_kind::set_group: return d.below(1'000'000);
    case event_kind::backfill: return d.below(1'000'000'000);
    case event_kind::trigger: return s.overrides && d.one_in(3) ? d.between(1, 5) : 0;
    case event_kind::resume:
    case event_kind::resume_all: return s.pasts ? d.below(2) : 0;
    case event_kind::update: return d.below(4);
    case event_kind::pause: return d.one_in(2) ? 0 : d.between(-unit, 6 * unit);
    case event_kind::preview: return d.between(1, 6);
    case event_kind::outage: return d.below(10 * unit);
    case event_kind::crash: return d.one_in(3) ? d.below(20 * unit) : d.below(unit);
    case event_kind::shutdown: return d.below(3 * unit);
    default: return 0;
    }
}

} // namespace

std::vector<event> script_of(const swarm& s) {
    const std::array<std::pair<event_kind, std::int64_t>, 22> weights{{
        {event_kind::pass, 100},
        {event_kind::stall, s.stalls},
        {event_kind::wake, s.wakes},
        {event_kind::set_clock, s.clock_sets},
        {event_kind::add, s.removes},
        {event_kind::remove, s.removes},
        {event_kind::update, s.updates},
        {event_kind::pause, s.pauses},
        {event_kind::resume, s.resumes},
        {event_kind::pause_all, s.pauses_all},
        {event_kind::resume_all, 2 * s.pauses_all},
        {event_kind::trigger, s.triggers},
        {event_kind::cancel, s.cancels},
        {event_kind::preview, s.previews},
        {event_kind::rival, s.rivals},
        {event_kind::outage, s.outages},
        {event_kind::crash, s.crashes},
        {event_kind::shutdown, s.shutdowns},
        {event_kind::detach, s.detaches},
        {event_kind::set_group, s.group_changes},
        {event_kind::backfill, s.backfills},
        {event_kind::stop_backfill, (s.backfills + 2) / 3},
    }};
    std::int64_t sum = 0;
    for (const auto& [kind, weight] : weights) sum += weight;
    dice d(draw(s.seed, 1));
    std::vector<event> script;
    script.reserve(s.events + s.tasks);
    for (std::size_t i = 0; i != s.tasks; ++i)
        script.push_back({event_kind::add, static_cast<std::uint8_t>(i), 0});
    for (std::size_t i = 0; i != s.events; ++i) {
        std::int64_t n = d.below(sum);
        std::size_t k = 0;
        while (n >= weights[k].second) n -= weights[k++].second;
        event_kind kind = weights[k].first;
        auto task = static_cast<std::uint8_t>(d.below(static_cast<std::int64_t>(s.tasks)));
        if (kind == event_kind::set_group) task = static_cast<std::uint8_t>(d.below(groups_max));
        script.push_back({kind, task, amount_of(d, s, kind)});
    }
    return script;
}

std::string to_string(const event& e) {
    static constexpr std::array<const char*, 23> names{
        "pass",   "stall",     "wake",       "set_clock", "add",       "remove",   "update",       "pause",
        "resume", "pause_all", "resume_all", "trigger",   "end_body",  "cancel",   "preview",      "rival",
        "outage", "crash",     "shutdown",   "detach",    "set_group", "backfill", "stop_backfill"};
    return fmt::format("{} task={} amount={}", names[static_cast<std::size_t>(e.kind)], e.task, e.amount);
}

} // namespace rondo::simulation
