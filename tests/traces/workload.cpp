// SPDX-License-Identifier: BSL-1.0
#include <simulation/dice.hpp>
#include <traces/workload.hpp>

#include <rondo/format.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace rondo::traces {
namespace {

constexpr std::array<std::string_view, operation::kinds> words{
    "add",        "replace",  "update", "remove",   "pause",      "resume", "pause_all",
    "resume_all", "trigger",  "run",    "cancel",   "cancel_all", "detach", "backfill",
    "look",       "set_wall", "stall",  "shutdown", "start"};

std::string text_of(std::chrono::nanoseconds d) {
    return rondo::to_string(std::chrono::floor<std::chrono::microseconds>(d));
}

} // namespace

// Lengths have nanoseconds of their own, so that no body ends when something else is due, by chance.
body_act act_of(std::uint64_t seed, const body_plan& plan, std::string_view uid, wall_time slot,
                std::uint32_t attempt) {
    std::uint64_t name = 0;
    for (char c : uid) name = name * 131 + static_cast<unsigned char>(c);
    simulation::dice d(simulation::draw(seed, name, slot.time_since_epoch().count(), attempt));
    body_act act;
    act.length = std::chrono::microseconds(d.between(plan.shortest.count(), plan.longest.count()));
    if (act.length.count() > 0) act.length += std::chrono::nanoseconds(d.between(1, 999));
    act.fails = d.below(100) < plan.fails_percent;
    auto obeys = d.below(100);
    if (obeys < plan.obeys_late_percent) act.later = std::chrono::nanoseconds(d.between(1, 3'000'000'000));
    act.goes_on = obeys >= 100 - plan.ignores_percent;
    return act;
}

std::string to_string(const task_plan& p) {
    const task_options& o = p.options;
    return fmt::format(
        "{} {} {} timeout={} slot_timeout={} at_most={} buffer={} catch_up={}/{}/{}/{} retry={}/{}/{} "
        "pause_after={} first={} body={}..{} fails={}% late={}% ignores={}% last_attempt={}",
        p.uid, p.when, o.overlap, text_of(o.timeout), text_of(o.slot_timeout), o.runs_in_flight_max,
        o.buffer_max, rondo::to_string(o.catch_up.coalesce),
        text_of(std::min<std::chrono::microseconds>(o.catch_up.window, std::chrono::hours(9999))),
        text_of(o.catch_up.grace), text_of(o.catch_up.spread), o.retry.attempts, text_of(o.retry.backoff),
        o.retry.factor, o.pause_after_failures, static_cast<int>(o.first_run.type()),
        text_of(p.body.shortest), text_of(p.body.longest), p.body.fails_percent, p.body.obeys_late_percent,
        p.body.ignores_percent, p.body.last_attempt);
}

std::string to_string(const operation& o) {
    using kind = operation::kind;
    std::string text = fmt::format("{:>10} {}", text_of(o.at), words[static_cast<std::size_t>(o.what)]);
    if (!o.uid.empty()) text += " " + o.uid;
    switch (o.what) {
    case kind::add:
    case kind::replace:
    case kind::update: text += fmt::format(" plan {}", o.plan); break;
    case kind::pause:
        if (o.until) text += " for " + text_of(o.first);
        break;
    case kind::resume:
    case kind::resume_all: text += o.from == resume_from::now ? " from now" : " from the past"; break;
    case kind::trigger:
    case kind::run:
        for (const user& u : o.users) text += " " + u.id();
        break;
    case kind::cancel_run:
    case kind::detach: text += fmt::format(" run {}", o.which); break;
    case kind::backfill: text += fmt::format(" from -{} to -{}", text_of(o.first), text_of(o.last)); break;
    case kind::set_wall:
    case kind::stall:
    case kind::shutdown: text += " " + text_of(o.first); break;
    case kind::remove:
    case kind::pause_all:
    case kind::cancel_task:
    case kind::look:
    case kind::start: break;
    }
    if (o.policy) text += fmt::format(" under {}", *o.policy);
    return text;
}

} // namespace rondo::traces
