// SPDX-License-Identifier: BSL-1.0
#include <policies/rows.hpp>
#include <policies/stage.hpp>
#include <policies/tables.hpp>

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace rondo::policies {
namespace {

// The slots asked for are those 30s, 20s and 10s before the beginning: 1, 2 and 3. It is done at 6s.
core::task_spec filling(const policy& p, rondo::first_run first) {
    core::task_spec spec = spec_of("t", every(10s));
    spec.policy.in_flight_max = p.in_flight_max;
    spec.first = first;
    return spec;
}

void with_a_run(stage& s, core::task_spec spec) {
    s.name_slot(0s, "A");
    s.add(std::move(spec));
    s.look();
}

struct in_flight {
    std::string_view name;
    void (*play)(stage& s, const policy& p);
    std::size_t runs_in_flight_max = 0;
};

constexpr std::array scenes{
    in_flight{"nothing", [](stage& s, const policy& p) { s.add(filling(p, after_interval)); }},
    in_flight{"a run of a slot", [](stage& s, const policy& p) { with_a_run(s, filling(p, immediately)); }},
    in_flight{"one to be tried again",
              [](stage& s, const policy& p) {
                  core::task_spec spec = filling(p, immediately);
                  spec.policy.retry.attempts = 2;
                  spec.policy.retry.backoff = 3s;
                  spec.policy.retry.jitter = 0;
                  with_a_run(s, std::move(spec));
                  s.pass_to(5s);
                  s.fail("A");
              }},
    in_flight{"one past its deadline",
              [](stage& s, const policy& p) {
                  core::task_spec spec = filling(p, immediately);
                  spec.policy.timeout = 5s;
                  with_a_run(s, std::move(spec));
                  s.pass_to(5s);
                  s.look();
              }},
    in_flight{"another backfill",
              [](stage& s, const policy& p) {
                  s.name_slot(-40s, "A");
                  s.add(filling(p, after_interval));
                  s.backfill(-40s, -30s, overlap::buffer_all);
              }},
    in_flight{"as much as may be in all",
              [](stage& s, const policy& p) {
                  s.add(spec_of("other", once()));
                  s.look();
                  s.add(filling(p, after_interval));
              },
              1},
};

std::string row(const policy& p, const in_flight& what) {
    core::scheduler_options options;
    options.runs_in_flight_max = what.runs_in_flight_max;
    stage s(options);
    for (int n : {1, 2, 3}) s.name_slot((n - 4) * 10s, std::to_string(n));
    what.play(s, p);
    s.pass_to(6s);
    s.backfill(-30s, 0s, p.overlap);
    s.pass_to(9s); // when one that failed is tried again
    s.look();
    s.end_all();
    const backfill_progress& f = s.filled();
    bool bounded = p.overlap != overlap::buffer_all; // else by nothing, here
    return fmt::format("| {} | {} | `{}` | {} | {} |\n", bounded ? p.name : to_string(p.overlap), what.name,
                       s.text(), f.succeeded, f.skipped);
}

// A backfill of A and B, one after the other; 1 and 2 come while A is in flight.
std::string beside(const policy& p, const arrival& a) {
    std::chrono::seconds interval = a.by_slot ? 10s : 3600s;
    core::task_spec spec = spec_of("t", every(interval));
    spec.overlap = a.overrides ? overlap::skip : p.overlap;
    spec.policy.in_flight_max = p.in_flight_max;
    spec.policy.buffer_max = p.buffer_max;
    spec.first = after_interval;
    stage s;
    s.name_slot(-2 * interval, "A");
    s.name_slot(-interval, "B");
    s.add(std::move(spec));
    s.backfill(-2 * interval, 0s, overlap::buffer_all);
    for (int n : {1, 2}) {
        std::string name = std::to_string(n);
        s.pass_to(n * 10s);
        s.name_slot(n * 10s, name);
        s.look();
        if (a.by_slot)
            s.note_wait(name);
        else
            s.run_now(name, a.overrides ? std::optional(p.overlap) : std::nullopt);
    }
    s.end_all();
    return s.text();
}

} // namespace

std::string backfill_table() {
    std::string text = "| policy | in flight | what happens | succeeded | skipped |\n"
                       "| --- | --- | --- | --- | --- |\n";
    for (const policy& p : policies)
        for (const in_flight& what : scenes) text += row(p, what);
    return text;
}

std::string beside_backfill_table() {
    std::string text = "| policy | trigger | what happens |\n| --- | --- | --- |\n";
    for (const policy& p : policies)
        for (const arrival& a : arrivals)
            text += fmt::format("| {} | {} | `{}` |\n", p.name, a.name, beside(p, a));
    return text;
}

} // namespace rondo::policies
