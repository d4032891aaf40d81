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

// Time passes in halves of an interval, so that a slot may fall between two events or on one.
const std::vector<event> alphabet{
    {event_kind::pass, 0, 5'000}, {event_kind::stall, 0, 25'000}, {event_kind::trigger, 0, 0},
    {event_kind::trigger, 1, 0},  {event_kind::end_body, 0, 0},   {event_kind::end_body, 1, 0},
    {event_kind::pause, 0, 0},    {event_kind::resume, 0, 0},     {event_kind::cancel, 0, 0},
    {event_kind::remove, 0, 0},   {event_kind::add, 0, 0},        {event_kind::rival, 0, 0},
};

swarm small_world(std::uint64_t n) {
    swarm s;
    s.seed = n;
    s.tasks = 2;
    s.unit_us = 10'000;
    s.wall_begin = midnight;
    s.core.runs_in_flight_max = n / 4 % 2;
    s.core.runs_waiting_max = 1;
    s.core.cancel_grace = 5ms;
    s.plans[0].when = n % 2 == 0 ? every(10ms) : every_after(10ms);
    s.plans[0].overlap = n / 2 % 2 == 0 ? overlap::skip : overlap::allow_all;
    s.plans[0].in_flight_max = 2;
    s.plans[0].timeout = n / 8 % 2 == 0 ? 0ms : 15ms;
    s.plans[1].when = every(15ms);
    for (task_plan& p : s.plans) p.body_us_max = 30'000;
    return s;
}

} // namespace

std::uint64_t play_small_worlds(int depth, tally& total) {
    constexpr std::uint64_t worlds = 16;
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
                letters[i] = (letters[i] + 1) % alphabet.size();
                more = letters[i] != 0;
            }
        }
    }
    return 0;
}

} // namespace rondo::simulation
