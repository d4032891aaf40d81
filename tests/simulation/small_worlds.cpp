// SPDX-License-Identifier: BSL-1.0
#include <simulation/small_worlds.hpp>

#include <simulation/play.hpp>

#include <chrono>
#include <cstddef>
#include <vector>

namespace rondo::simulation {
namespace {

using namespace std::chrono_literals;

constexpr wall_time midnight = std::chrono::sys_days(std::chrono::year(2025) / 1 / 1);

// Time passes in halves of an interval, so that a slot may fall between two events or on one. The first few
// bring out what waits, and for whom; longer stories have but these. The last two backfill three slots: one after the other, and
// beside each other.
const std::vector<event> alphabet{
    {event_kind::pass, 0, 5'000},   {event_kind::stall, 0, 25'000}, {event_kind::trigger, 0, 0},
    {event_kind::trigger, 1, 0},    {event_kind::end_body, 0, 0},   {event_kind::pause, 0, 0},
    {event_kind::resume, 0, 1},     {event_kind::resume, 0, 0},     {event_kind::trigger, 0, 5},
    {event_kind::end_body, 1, 0},   {event_kind::cancel, 0, 0},     {event_kind::rival, 0, 0},
    {event_kind::remove, 0, 0},     {event_kind::add, 0, 0},        {event_kind::set_clock, 0, -5'000},
    {event_kind::crash, 0, 12'000}, {event_kind::pause, 0, 12'000}, {event_kind::update, 0, 1},
    {event_kind::update, 0, 2},     {event_kind::detach, 0, 0},     {event_kind::backfill, 0, 66},
    {event_kind::backfill, 0, 37},
};
constexpr std::size_t short_alphabet = 7;
constexpr int short_story = 4;

// Each overlap policy with intervals and fixed delays, with a limit of all runs and without one, and ways
// to catch up in turn.
constexpr std::uint64_t worlds = 20;

swarm small_world(std::uint64_t n) {
    swarm s;
    s.seed = n;
    s.tasks = 2;
    s.unit_us = 10'000;
    s.wall_begin = midnight;
    s.core.runs_in_flight_max = n / 10 % 2;
    s.core.runs_waiting_max = 1 + n % 2;
    s.core.cancel_grace = 5ms;
    task_plan& p = s.plans[0];
    p.when = n / 5 % 2 == 0 ? every(10ms) : every_after(10ms);
    p.when_changed = n % 4 == 0 ? every_after(8ms) : every(8ms);
    p.overlap = static_cast<overlap>(n % 5);
    p.in_flight_max = 2;
    p.buffer_max = 1 + n / 2 % 2;
    p.timeout = n % 4 == 0 ? 15ms : 0ms;
    p.late.coalesce = static_cast<coalesce>(n % 3);
    if (n % 7 > 3) p.late.window = 15ms;
    p.late.grace = n % 2 == 0 ? 1ms : 5ms;
    if (n % 4 == 3) p.late.spread = 7ms;
    if (n % 3 == 1) { // half of its bodies fail
        s.fails = 2;
        p.again = {.attempts = 3, .backoff = 4ms, .max = 6ms, .jitter = 0};
        p.slot_timeout = n % 2 == 0 ? 30ms : 0ms;
        p.pause_after_failures = n % 9 == 4 ? 1 : 0;
    }
    s.plans[1].when = every(15ms);
    s.plans[1].late.coalesce = coalesce::all;
    for (task_plan& each : s.plans) each.body_us_max = 30'000;
    s.others = s.plans;
    s.others[0].overlap = static_cast<overlap>((n + 2) % 5);
    s.others[0].again.attempts = 1;
    return s;
}

} // namespace

std::uint64_t play_small_worlds(int depth, tally& total) {
    std::size_t most = depth <= short_story ? alphabet.size() : short_alphabet;
    for (std::uint64_t n = 0; n != worlds; ++n) {
        swarm s = small_world(n);
        std::vector<std::size_t> letters(static_cast<std::size_t>(depth));
        std::vector<event> script;
        for (bool more = true; more;) {
            script = {{event_kind::add, 0, 0}, {event_kind::add, 1, 0}};
            for (std::size_t letter : letters) script.push_back(alphabet[letter]);
            findings out;
            total += play(s, script, out);
            if (out.failed()) return print_failure(s, script, out), 1;
            more = false;
            for (std::size_t i = 0; i != letters.size() && !more; ++i) {
                letters[i] = (letters[i] + 1) % most;
                more = letters[i] != 0;
            }
        }
    }
    return 0;
}

} // namespace rondo::simulation
