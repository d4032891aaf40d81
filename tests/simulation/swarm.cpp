// SPDX-License-Identifier: BSL-1.0
#include <simulation/swarm.hpp>

#include <rondo/combine.hpp>
#include <rondo/cron.hpp>

#include <simulation/dice.hpp>

#include <algorithm>
#include <vector>

namespace rondo::simulation {
namespace {

using std::chrono::microseconds;

// The nights in which Brussels sets its clocks, and the day before.
constexpr wall_time spring = std::chrono::sys_days(std::chrono::year(2025) / 3 / 30);
constexpr wall_time autumn = std::chrono::sys_days(std::chrono::year(2025) / 10 / 26);

// Built once: to read an expression costs more than a world does.
const std::vector<schedule>& wall_schedules() {
    static const std::vector<schedule> all = [] {
        using namespace std::chrono_literals;
        std::vector<schedule> made;
        made.push_back(cron_schedule("*/10 1-4 * * *").zone("Europe/Brussels"));
        made.push_back(cron_schedule("30 2 * * *").zone("Europe/Brussels"));
        made.push_back(cron_schedule("30 2 * * *").zone("Europe/Brussels").overlap(overlap_rule::both));
        made.push_back(cron_schedule("15 * * * *").zone("Europe/Brussels").gap(gap_rule::skip));
        made.push_back(cron_schedule("H/7 * * * *"));
        made.push_back(either(cron_schedule("*/20 * * * *"), every(7min)));
        made.push_back(except(every(5min), calendar().hours(1h, 150min).zone("Europe/Brussels")));
        made.push_back(schedule(cron_schedule("*/15 * * * *")).jitter(2min));
        std::erase_if(made, [](const schedule& s) { return !s.valid(); });
        return made;
    }();
    return all;
}

schedule random_schedule(dice& d, const swarm& s, bool by_wall) {
    microseconds interval(d.one_in(4) ? s.unit_us : d.between(1, 2 * s.unit_us));
    if (by_wall && !d.one_in(3) && !wall_schedules().empty())
        return wall_schedules()[d.next() % wall_schedules().size()];
    switch (d.below(10)) {
    case 0: return once();
    case 1: return at(s.wall_begin + microseconds(d.below(40 * s.unit_us)));
    case 2:
    case 3: return every_after(interval);
    default: return every(interval);
    }
}

// What `all` has to run, one by one, must stay countable.
catch_up random_catch_up(dice& d, const swarm& s, const task_plan& p) {
    catch_up late;
    late.coalesce = static_cast<coalesce>(d.below(3));
    microseconds half(s.unit_us / 2);
    microseconds least = std::min(p.when.interval().value_or(half), p.when_changed.interval().value_or(half));
    bool unlimited = d.one_in(3) && (late.coalesce != coalesce::all || least >= half);
    if (!unlimited) late.window = microseconds(d.below(12 * least.count() + 1));
    switch (d.below(4)) {
    case 0: late.grace = microseconds::max(); break;
    case 1: late.grace = microseconds(0); break;
    default: late.grace = microseconds(d.below(2 * s.unit_us)); break;
    }
    if (d.one_in(4)) late.spread = microseconds(d.between(1, 3 * s.unit_us));
    return late;
}

void random_retry(dice& d, const swarm& s, task_plan& p) {
    constexpr double factors[]{1, 1.5, 2, 3};
    constexpr double jitters[]{0, 0.25, 0.5, 1};
    if (!d.one_in(3)) {
        p.again.attempts = static_cast<std::uint32_t>(d.between(2, 4));
        p.again.backoff = microseconds(d.between(1, d.one_in(2) ? s.unit_us : 1 + s.unit_us / 8));
        p.again.max = p.again.backoff + microseconds(d.below(3 * s.unit_us));
        p.again.factor = factors[d.below(4)];
        p.again.jitter = jitters[d.below(4)];
    }
    if (d.one_in(3)) p.slot_timeout = microseconds(d.between(1, 5 * s.unit_us));
    if (d.one_in(3)) p.pause_after_failures = static_cast<std::uint32_t>(d.between(1, 3));
}

// For these schedules.
task_plan random_plan(dice& d, const swarm& s, task_plan p) {
    p.overlap = static_cast<overlap>(d.below(5));
    p.buffer_max = static_cast<std::uint32_t>(d.between(1, 4));
    p.late = random_catch_up(d, s, p);
    if (d.one_in(2)) p.in_flight_max = static_cast<std::uint32_t>(d.between(1, 3));
    switch (d.below(6)) {
    case 0: p.first = after_interval; break;
    case 1: p.first = immediately; break;
    case 2: p.first = first_run(s.wall_begin + microseconds(d.between(-3 * s.unit_us, 5 * s.unit_us))); break;
    default: break;
    }
    if (d.one_in(3)) p.timeout = microseconds(d.between(1, 3 * s.unit_us));
    constexpr std::int64_t lengths[]{0, 0, 1, 2, 6};
    p.body_us_max = lengths[d.below(5)] * s.unit_us / 2;
    return p;
}

std::int64_t maybe(dice& d, std::int64_t most, std::int64_t off = 2) {
    return d.below(off) != 0 ? 0 : d.between(1, most);
}

void random_faults(dice& d, swarm& s) {
    s.late = maybe(d, 8);
    s.fails = maybe(d, 6);
    s.for_good = maybe(d, 6);
    s.stubborn = maybe(d, 4);
    s.store_slow = maybe(d, 6);
    s.add_fails = maybe(d, 5, 4);
    s.merges = d.one_in(2);
    s.told_of_set = d.one_in(2);
    s.changes = d.one_in(4);
    s.overrides = d.one_in(2);
    s.pasts = d.one_in(2);
    s.stalls = maybe(d, 40);
    s.wakes = maybe(d, 10, 3);
    s.clock_sets = maybe(d, 8, 4);
    s.triggers = maybe(d, 40);
    s.cancels = maybe(d, 20, 3);
    s.pauses = maybe(d, 20, 3);
    s.resumes = s.pauses;
    s.pauses_all = maybe(d, 10, 4);
    s.removes = maybe(d, 10, 4);
    s.updates = maybe(d, 20, 3);
    s.crashes = maybe(d, 6, 3);
    s.shutdowns = maybe(d, 4, 4);
    s.previews = maybe(d, 20, 3);
    // After an outage a manager trusts itself more than the store, so the two do not go together.
    if (d.one_in(3)) {
        s.rivals = d.between(1, 20);
    } else {
        s.outages = maybe(d, 6, 3);
        s.store_fails = maybe(d, 30, 3);
    }
    if (d.one_in(4)) s.outbox_max = static_cast<std::size_t>(d.between(2, 20));
}

// Drawn last, so that the worlds without them are as they were.
void random_groups(dice& d, swarm& s) {
    s.detaches = maybe(d, 10, 3);
    if (!d.one_in(2)) return;
    for (group_plan& g : s.groups) g = group_plan_of(d.below(1'000'000), s.unit_us);
    for (std::size_t i = 0; i != s.tasks; ++i) {
        for (task_plan* p : {&s.plans[i], &s.others[i]}) {
            p->group = static_cast<int>(d.below(groups_max + 1)) - 1;
            if (d.one_in(2)) p->priority = static_cast<std::int32_t>(d.between(-2, 2));
        }
    }
    s.core.priority_ageing = microseconds(d.below(3 * s.unit_us));
    s.group_changes = maybe(d, 10);
}

void random_tolerances(dice& d, swarm& s) {
    if (!d.one_in(3)) return;
    for (std::size_t i = 0; i != s.tasks; ++i)
        for (task_plan* p : {&s.plans[i], &s.others[i]})
            if (!d.one_in(3))
                p->tolerance = microseconds(d.between(1, d.one_in(2) ? s.unit_us / 4 + 1 : 2 * s.unit_us));
}

void random_backfills(dice& d, swarm& s) {
    s.backfills = maybe(d, d.one_in(3) ? 40 : 10);
}

} // namespace

group_plan group_plan_of(std::int64_t n, std::int64_t unit_us) {
    group_plan g;
    g.runs_max = static_cast<std::size_t>(n % 4);
    if (n / 4 % 2 == 0) g.starts_max = static_cast<std::size_t>(1 + n / 8 % 3);
    g.per = microseconds(1 + n / 24 % (3 * unit_us));
    return g;
}

swarm swarm_of(std::uint64_t seed) {
    dice d(seed);
    swarm s;
    s.seed = seed;
    bool by_wall = d.one_in(12);
    constexpr std::int64_t units[]{10, 1'000, 50'000, 1'000'000, 60'000'000};
    s.unit_us = by_wall ? 600'000'000 : units[d.below(5)];
    s.wall_begin = (d.one_in(2) ? spring : autumn) + microseconds(d.below(3'600'000'000));
    s.tasks = static_cast<std::size_t>(d.one_in(2) ? d.between(1, 2) : d.between(1, tasks_max));
    for (std::size_t i = 0; i != s.tasks; ++i) {
        task_plan schedules;
        schedules.when = random_schedule(d, s, by_wall);
        schedules.when_changed = random_schedule(d, s, by_wall);
        s.plans[i] = random_plan(d, s, schedules);
        s.others[i] = random_plan(d, s, schedules);
    }
    s.core.seed = seed;
    if (d.one_in(2)) s.core.runs_in_flight_max = static_cast<std::size_t>(d.between(1, 3));
    s.core.runs_waiting_max = static_cast<std::size_t>(d.between(1, 4));
    s.core.cancel_grace = microseconds(d.between(0, 2 * s.unit_us));
    s.core.wall_clock_check = microseconds(d.between(s.unit_us / 2, 4 * s.unit_us));
    if (d.one_in(3)) s.core.resolution = microseconds(d.below(2 * s.unit_us));
    if (d.one_in(3)) s.drift_ppm = d.between(-500, 500);
    random_faults(d, s);
    dice apart(draw(seed, 47));
    random_groups(apart, s);
    dice later(draw(seed, 53));
    random_backfills(later, s);
    dice patience(draw(seed, 59));
    random_tolerances(patience, s);
    if (d.one_in(2)) return s;
    for (std::size_t i = 0; i != s.tasks; ++i) random_retry(d, s, s.plans[i]);
    for (std::size_t i = 0; i != s.tasks; ++i) random_retry(d, s, s.others[i]);
    s.fails = std::max<std::int64_t>(s.fails, d.between(1, 4));
    s.resumes = std::max<std::int64_t>(s.resumes, 10); // as tasks may pause themselves
    return s;
}

} // namespace rondo::simulation
