// SPDX-License-Identifier: BSL-1.0
#include <policies/rows.hpp>
#include <policies/stage.hpp>
#include <policies/tables.hpp>

#include <fmt/format.h>

namespace rondo::policies {
namespace {

// A begins at 0s and fails at 5s; it is to be tried again at 28s. Others come at 10s and 20s.
core::task_spec failing(const policy& p, const arrival& a) {
    core::task_spec spec = spec_of("t", every(a.by_slot ? 10s : 3600s));
    spec.overlap = a.overrides ? overlap::skip : p.overlap;
    spec.policy.in_flight_max = p.in_flight_max;
    spec.first = immediately;
    spec.policy.buffer_max = p.buffer_max;
    spec.policy.retry.attempts = 2;
    spec.policy.retry.backoff = 23s;
    spec.policy.retry.jitter = 0;
    return spec;
}

void arrive(stage& s, int n, const policy& p, const arrival& a) {
    std::string name = std::to_string(n);
    s.pass_to(n * 10s);
    if (a.backfills) {
        if (n == 1) s.backfill(-2h, 0s, p.overlap);
    } else if (a.by_slot) {
        s.look();
        s.note_wait(name);
    } else {
        s.run_now(name, a.overrides ? std::optional(p.overlap) : std::nullopt);
    }
}

std::string cell(const policy& p, const arrival& a) {
    stage s;
    s.name_slot(0s, "A");
    for (int n : {1, 2}) {
        std::chrono::seconds slot = a.backfills ? (n - 3) * 3600s : n * 10s;
        s.name_slot(slot, std::to_string(n));
    }
    s.add(failing(p, a));
    s.look();
    s.pass_to(5s);
    s.fail("A");
    for (int n : {1, 2}) arrive(s, n, p, a);
    s.pass_to(28s);
    s.look();
    s.end_all();
    return s.text();
}

} // namespace

std::string retry_table() {
    std::string text = "| policy | trigger | what happens |\n| --- | --- | --- |\n";
    for (const policy& p : policies) {
        for (const arrival& a : arrivals)
            text += fmt::format("| {} | {} | `{}` |\n", p.name, a.name, cell(p, a));
        text += fmt::format("| {} | {} | `{}` |\n", p.name, by_backfill.name, cell(p, by_backfill));
    }
    return text;
}

} // namespace rondo::policies
