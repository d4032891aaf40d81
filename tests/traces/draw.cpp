// SPDX-License-Identifier: BSL-1.0
#include <simulation/dice.hpp>
#include <traces/workload.hpp>

#include <rondo/combine.hpp>
#include <rondo/cron.hpp>

#include <algorithm>
#include <utility>

namespace rondo::traces {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using simulation::dice;

/// What a seed is like: some do often what others never do.
struct taste {
    std::int64_t plans_per_task = 1;
    bool instant_bodies = false;
    bool long_bodies = false;
    bool catches_up = false;
    bool retries = false;
    bool times_out = false;
    std::array<std::int64_t, operation::kinds> weights{};
};

taste draw_taste(dice& d) {
    taste t;
    t.plans_per_task = d.between(1, 3);
    t.instant_bodies = d.one_in(3);
    t.long_bodies = d.one_in(2);
    t.catches_up = d.one_in(2);
    t.retries = d.one_in(2);
    t.times_out = d.one_in(2);
    for (std::int64_t& w : t.weights) w = d.one_in(3) ? 0 : d.between(1, 10);
    using kind = operation::kind;
    auto weight = [&](kind k) -> std::int64_t& { return t.weights[static_cast<std::size_t>(k)]; };
    weight(kind::add) = 10;
    weight(kind::look) = 2;
    weight(kind::start) = weight(kind::shutdown) = d.one_in(3) ? 1 : 0;
    return t;
}

microseconds draw_length(dice& d, std::int64_t most_ms) {
    return milliseconds(d.between(1, most_ms)) + microseconds(d.one_in(2) ? 0 : d.below(1000));
}

schedule draw_cron(dice& d) {
    constexpr std::array expressions{"* * * * * *", "*/2 * * * * *", "*/5 * * * * *", "7,8,31 * * * * *",
                                     "30 * * * * *"};
    return cron_schedule(expressions[static_cast<std::size_t>(d.below(expressions.size()))],
                         cron_dialect::seconds);
}

schedule draw_schedule(dice& d) {
    switch (d.below(9)) {
    case 0:
    case 1:
    case 2: return every(draw_length(d, 5000) + 200ms);
    case 3: return every_after(draw_length(d, 3000) + 50ms);
    case 4: return d.one_in(2) ? once() : at(wall_begin + draw_length(d, 70'000) - 10s);
    case 5: return draw_cron(d);
    case 6: return draw_cron(d).jitter(draw_length(d, 3000));
    case 7: return either(draw_cron(d), every(draw_length(d, 4000) + 300ms));
    default: break;
    }
    schedule s = draw_cron(d);
    return d.one_in(2)
               ? s.max_runs(static_cast<std::uint64_t>(d.between(1, 6)))
               : s.between(wall_begin + draw_length(d, 20'000), wall_begin + 20s + draw_length(d, 40'000));
}

rondo::first_run draw_first_run(dice& d) {
    switch (d.below(6)) {
    case 0: return immediately;
    case 1: return after_interval;
    case 2: return wall_begin + draw_length(d, 60'000) - 10s;
    default: return by_schedule;
    }
}

catch_up draw_catch_up(dice& d) {
    catch_up c;
    c.coalesce = static_cast<coalesce>(d.below(3));
    if (d.one_in(2)) c.window = draw_length(d, 20'000);
    if (d.one_in(3)) c.grace = draw_length(d, 2000);
    if (d.one_in(3)) c.spread = draw_length(d, 5000);
    return c;
}

rondo::retry draw_retry(dice& d) {
    rondo::retry r;
    r.attempts = static_cast<std::uint32_t>(d.between(2, 4));
    r.backoff = draw_length(d, 2000);
    r.factor = d.one_in(2) ? 1 : 2;
    r.max = r.backoff + draw_length(d, 3000);
    r.jitter = d.one_in(2) ? 0 : 0.5;
    return r;
}

body_plan draw_body(dice& d, const taste& t) {
    body_plan b;
    if (!t.instant_bodies || !d.one_in(3)) {
        b.shortest = draw_length(d, 200);
        b.longest = b.shortest + draw_length(d, t.long_bodies ? 9000 : 900);
    }
    if (!d.one_in(3)) b.fails_percent = static_cast<int>(d.between(1, t.retries ? 80 : 40));
    if (d.one_in(2)) b.ignores_percent = static_cast<int>(d.between(1, 60));
    b.obeys_late_percent = static_cast<int>(d.below(100 - b.ignores_percent));
    if (t.retries && d.one_in(3)) b.last_attempt = static_cast<std::uint32_t>(d.between(1, 3));
    return b;
}

task_plan draw_plan(dice& d, const taste& t, std::string uid) {
    task_plan p;
    p.uid = std::move(uid);
    p.when = draw_schedule(d);
    task_options& o = p.options;
    o.overlap = static_cast<overlap>(d.below(5));
    o.hidden = d.one_in(5);
    o.first_run = draw_first_run(d);
    if (t.times_out && d.one_in(2)) o.timeout = draw_length(d, 3000);
    if (t.times_out && d.one_in(3)) o.slot_timeout = draw_length(d, 6000);
    if (d.one_in(2)) o.runs_in_flight_max = static_cast<std::uint32_t>(d.between(1, 4));
    if (d.one_in(2)) o.buffer_max = static_cast<std::uint32_t>(d.between(1, 4));
    if (t.catches_up) o.catch_up = draw_catch_up(d);
    if (t.retries && !d.one_in(3)) o.retry = draw_retry(d);
    if (d.one_in(4)) o.pause_after_failures = static_cast<std::uint32_t>(d.between(1, 3));
    p.body = draw_body(d, t);
    return p;
}

microseconds draw_amount(dice& d, operation::kind what) {
    using kind = operation::kind;
    if (what == kind::set_wall) {
        // Not so far that more is due at once than the core looks at in one go: bodies end in between.
        microseconds by = d.one_in(4) ? draw_length(d, 120'000) : draw_length(d, 10'000);
        return d.one_in(2) ? by : -by;
    }
    if (what == kind::backfill) return draw_length(d, 30'000);
    return d.one_in(4) ? 0us : draw_length(d, 8000);
}

operation draw_operation(dice& d, const taste& t, const workload& w) {
    std::int64_t all = 0;
    for (std::int64_t weight : t.weights) all += weight;
    std::int64_t n = d.below(all);
    std::size_t what = 0;
    while (n >= t.weights[what]) n -= t.weights[what++];

    operation o;
    using kind = operation::kind;
    o.what = static_cast<kind>(what);
    o.plan = static_cast<std::size_t>(d.below(static_cast<std::int64_t>(w.plans.size())));
    bool of_task = o.what != kind::pause_all && o.what != kind::resume_all && o.what != kind::look &&
                   o.what != kind::set_wall && o.what != kind::stall && o.what != kind::shutdown &&
                   o.what != kind::start;
    if (of_task) o.uid = w.plans[o.plan].uid;
    if (o.what == kind::trigger || o.what == kind::run) {
        for (auto i = d.below(3); i > 0; --i)
            o.users.emplace_back(std::string(1, static_cast<char>('a' + d.below(4))));
        if (d.one_in(3)) o.policy = static_cast<overlap>(d.below(5));
    }
    o.from = d.one_in(2) ? resume_from::now : resume_from::the_past;
    o.which = static_cast<std::size_t>(d.below(8));
    o.first = draw_amount(d, o.what);
    if (o.what == kind::backfill) {
        o.last = d.one_in(4) ? o.first + 1us : o.first * d.below(4) / 4;
        o.policy = static_cast<overlap>(d.below(5));
    }
    o.until = o.what == kind::pause && d.one_in(2);
    return o;
}

// So that something is there soon.
operation add_of(const workload& w, std::size_t n) {
    operation o;
    o.what = operation::kind::add;
    o.plan = n * w.plans.size() / 3;
    o.uid = w.plans[o.plan].uid;
    return o;
}

} // namespace

workload draw_workload(std::uint64_t seed) {
    dice d(seed);
    workload w;
    w.seed = seed;
    taste t = draw_taste(d);
    if (d.one_in(4)) w.resolution = draw_length(d, 50);
    if (d.one_in(2)) w.runs_in_flight_max = static_cast<std::size_t>(d.between(1, 4));
    w.runs_waiting_max = d.one_in(3) ? static_cast<std::size_t>(d.between(1, 4)) : 100;
    w.cancel_grace = d.one_in(4) ? 0us : draw_length(d, 4000);
    for (std::int64_t i = d.between(1, 6); i > 0; --i)
        for (std::int64_t n = t.plans_per_task; n > 0; --n)
            w.plans.push_back(draw_plan(d, t, std::string(1, static_cast<char>('a' + i - 1))));
    std::chrono::nanoseconds now{0};
    std::int64_t pace = d.between(100, 4000);
    for (std::int64_t i = d.between(5, d.one_in(3) ? 120 : 40); i > 0; --i) {
        operation o = draw_operation(d, t, w);
        if (w.operations.size() < 3) o = add_of(w, w.operations.size());
        o.at = now;
        if (!d.one_in(6)) now += draw_length(d, pace) + std::chrono::nanoseconds(d.below(1000));
        w.operations.push_back(std::move(o));
    }
    return w;
}

} // namespace rondo::traces
