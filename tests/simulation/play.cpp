// SPDX-License-Identifier: BSL-1.0
#include <simulation/play.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <cstring>

namespace rondo::simulation {

tally play(const swarm& s, const std::vector<event>& script, findings& out) {
    world w(s, out);
    for (const event& e : script) {
        if (out.failed()) break;
        w.play(e);
    }
    if (!out.failed()) w.heal();
    return w.counts();
}

namespace {

bool fails_alike(const swarm& s, const std::vector<event>& script, const findings& failure) {
    findings again;
    play(s, script, again);
    return again.failed() && std::strcmp(again.checker(), failure.checker()) == 0;
}

std::vector<event> without(const std::vector<event>& script, std::size_t from, std::size_t n) {
    std::vector<event> rest(script.begin(), script.begin() + static_cast<std::ptrdiff_t>(from));
    if (from + n < script.size())
        rest.insert(rest.end(), script.begin() + static_cast<std::ptrdiff_t>(from + n), script.end());
    return rest;
}

} // namespace

// Halves, quarters and so on are left out as long as that makes progress (Zeller's delta debugging).
std::vector<event> minimise(const swarm& s, std::vector<event> script, const findings& failure) {
    if (!fails_alike(s, script, failure)) return script;
    std::size_t n = script.size() / 2;
    while (n > 0) {
        bool less = false;
        for (std::size_t from = 0; from < script.size();) {
            std::vector<event> fewer = without(script, from, n);
            if (fails_alike(s, fewer, failure)) {
                script = std::move(fewer);
                less = true;
            } else {
                from += n;
            }
        }
        if (!less || n > 1) n = n == 1 ? 0 : n / 2;
    }
    return script;
}

void print_failure(const swarm& s, const std::vector<event>& script, const findings& failure) {
    std::vector<event> least = minimise(s, script, failure);
    findings told;
    told.telling = true;
    play(s, least, told);
    // Two plays that differ fail together, not each.
    if (!told.failed()) told.report(failure.checker(), failure.task(), failure.text());
    fmt::print("seed {}: {}: {}{}\n", s.seed, told.checker(),
               told.task() >= 0 ? fmt::format("task t{}: ", told.task()) : "", told.text());
    for (std::size_t i = 0; i != s.tasks; ++i) {
        const task_plan& p = s.plans[i];
        fmt::print("  t{}: {} | {}, overlap {} {} buffer {}, timeout {}, body up to {} us\n", i,
                   p.when.text(), p.when_changed.text(), to_string(p.overlap), p.in_flight_max, p.buffer_max,
                   rondo::to_string(p.timeout), p.body_us_max);
        fmt::print(
            "      attempts {}, backoff {} us to {} us by {}, jitter {}, slot timeout {}, pause after {}\n",
            p.again.attempts, p.again.backoff.count(), p.again.max.count(), p.again.factor, p.again.jitter,
            rondo::to_string(p.slot_timeout), p.pause_after_failures);
        fmt::print("      catch up {}, window {} us, grace {} us, spread {} us, tolerance {} us\n",
                   to_string(p.late.coalesce), p.late.window.count(), p.late.grace.count(),
                   p.late.spread.count(), p.tolerance.count());
    }
    for (std::size_t i = 0; i != s.tasks; ++i)
        fmt::print("  t{}: group {}, then {}; priority {}, then {}\n", i, s.plans[i].group, s.others[i].group,
                   s.plans[i].priority, s.others[i].priority);
    fmt::print("  a step of priority is worth {} ns\n", s.core.priority_ageing.count());
    fmt::print("  in all {}, resolution {} ns, unit {} us\n", s.core.runs_in_flight_max,
               s.core.resolution.count(), s.unit_us);
    fmt::print("{} events of {}:\n", least.size(), script.size());
    constexpr std::size_t lines_max = 60;
    std::size_t from = 0;
    std::vector<const findings::line*> lines;
    bool all = told.story.size() <= lines_max;
    for (const findings::line& l : told.story)
        if (all || l.task == findings::no_task || l.task == told.task() || told.task() == findings::no_task)
            lines.push_back(&l);
    if (lines.size() > lines_max) from = lines.size() - lines_max;
    if (from != 0) fmt::print("  ({} lines before)\n", from);
    for (; from != lines.size(); ++from) {
        const findings::line& l = *lines[from];
        fmt::print("  {}{}\n", l.task >= 0 ? fmt::format("t{} ", l.task) : "", l.text);
    }
    std::fflush(stdout);
}

} // namespace rondo::simulation
