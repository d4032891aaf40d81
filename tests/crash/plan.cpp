// SPDX-License-Identifier: BSL-1.0
#include <crash/plan.hpp>

#include <crash/dice.hpp>

#include <array>

namespace rondo::crash {
namespace {

constexpr std::int64_t ms = 1000;

constexpr std::array intervals{20 * ms,  25 * ms,  33 * ms,  50 * ms,  77 * ms,  100 * ms,
                               150 * ms, 200 * ms, 333 * ms, 500 * ms, 700 * ms, 1000 * ms};

void draw_schedule(plan& p, dice& d) {
    p.interval = d.any_of(intervals);
    switch (d.below(16)) {
    case 0: p.rule = rule::single; break;
    case 1:
    case 2:
        p.rule = rule::seconds;
        p.interval = 1000 * ms * d.any_of(std::array{1, 2, 3});
        break;
    case 3:
    case 4:
    case 5: p.rule = rule::delay; break;
    default: p.rule = rule::grid;
    }
    p.first_after_interval = p.rule == rule::grid && d.one_in(3);
}

void draw_policy(plan& p, dice& d) {
    using rondo::overlap;
    p.overlap = d.any_of(std::array{overlap::skip, overlap::skip, overlap::buffer_one, overlap::buffer_all,
                                    overlap::allow_all, overlap::cancel_other});
    if (p.overlap == overlap::buffer_all && d.one_in(2)) p.buffer_max = 5;
    if (p.overlap == overlap::allow_all && d.one_in(2)) p.in_flight_max = 3;
    p.coalesce = d.any_of(std::array{coalesce::latest, coalesce::latest, coalesce::all, coalesce::none});
    if (d.one_in(4)) p.window = 500 * ms;
    if (d.one_in(8)) p.spread = 50 * ms;
}

void draw_body(plan& p, dice& d) {
    p.body = d.any_of(std::array<std::int64_t, 6>{0, 0, 1 * ms, 5 * ms, 30 * ms, 120 * ms});
    if (d.one_in(4)) p.timeout = 20 * ms;
    if (d.one_in(3)) {
        p.attempts = static_cast<std::uint32_t>(d.between(2, 4));
        p.fails_one_in = 3;
    } else if (d.one_in(6)) {
        p.fails_one_in = 4;
    }
    p.reruns = d.one_in(3);
}

} // namespace

bool plan::fails(std::int64_t slot, std::uint32_t attempt) const noexcept {
    if (fails_one_in == 0) return false;
    return dice(static_cast<std::uint64_t>(slot) * 31 + attempt).one_in(fails_one_in);
}

std::vector<plan> make_plans(std::uint64_t seed, std::size_t count) {
    std::vector<plan> plans(count);
    dice d(seed);
    for (std::size_t i = 0; i != count; ++i) {
        plans[i].uid = "task-" + std::to_string(i);
        draw_schedule(plans[i], d);
        draw_policy(plans[i], d);
        draw_body(plans[i], d);
    }
    return plans;
}

} // namespace rondo::crash
