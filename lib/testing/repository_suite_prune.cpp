// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

namespace rondo::testing::detail {
namespace {

/// Runs 1 to 5 of "t", ended 2 s after their slots at 0, 10, ...; 6 to 8 of "u" likewise. 1 and 8 are in
/// flight still.
void fill(probe& p) {
    p.register_tasks({task("t"), task("u")});
    for (std::uint64_t n = 1; n <= 8; ++n) {
        const auto slot = static_cast<std::int64_t>((n <= 5 ? n - 1 : n - 6) * 10);
        const begin_request r = slot_run(n <= 5 ? "t" : "u", n, slot);
        finish_request end = end_of(r, p.begin(r).token);
        end.run.results.emplace_back(user("a"), "");
        if (n != 1 && n != 8) p.finish(end);
    }
}

void by_age(probe& p) {
    fill(p);
    prune_policy policy;
    policy.ended_before = at(22); // run 3 ended then
    p.same("forgotten", "3", show(p.prune(policy)));
    p.same("left", "5 4 8 3 1", numbers(p.history().runs));
    p.same("forgotten again", "0", show(p.prune(policy)));
    policy.ended_before = at(1'000);
    p.same("forgotten, all", "3", show(p.prune(policy)));
    p.same("left are those in flight", "8 1", numbers(p.history().runs));
}

void by_number(probe& p) {
    fill(p);
    prune_policy policy;
    policy.runs_per_task = 2;
    // Of t, 5 and 4 stay, and 1, which is in flight; of u, 8 and 7.
    p.same("forgotten", "3", show(p.prune(policy)));
    p.same("left", "5 4 8 7 1", numbers(p.history().runs));
    p.same("forgotten again", "0", show(p.prune(policy)));
    policy.runs_per_task = 0;
    p.same("forgotten, all", "3", show(p.prune(policy)));
    p.same("left are those in flight", "8 1", numbers(p.history().runs));
}

void by_both(probe& p) {
    fill(p);
    prune_policy policy;
    policy.ended_before = at(3);
    policy.runs_per_task = 3;
    p.same("forgotten", "2", show(p.prune(policy)));
    p.same("left", "5 4 8 3 7 1", numbers(p.history().runs));
}

void by_nothing(probe& p) {
    fill(p);
    p.same("forgotten", "0", show(p.prune({})));
    prune_policy generous;
    generous.runs_per_task = static_cast<std::size_t>(-1);
    p.same("forgotten by a huge number", "0", show(p.prune(generous)));
    p.same("left", "5 4 8 3 7 2 6 1", numbers(p.history().runs));
}

void all_traces(probe& p) {
    fill(p);
    prune_policy policy;
    policy.ended_before = at(1'000);
    p.prune(policy);
    p.same("by id", "no run", show(p.find(id(3))));
    p.same("last runs", "", numbers(p.last_runs()));
    p.same("last runs for a", "", numbers(p.last_runs("a")));
    history_filter of_user;
    of_user.user = "a";
    p.same("history of a", "", numbers(p.history(of_user).runs));
}

void tasks_go_on(probe& p) {
    fill(p);
    prune_policy policy;
    policy.runs_per_task = 0;
    p.prune(policy);
    p.same("cursor", show(at(50)), show(p.cursor("t")));
    p.same("the next token", "6", show(p.begin(slot_run("t", 9, 50)).token));
    p.same("an end from before", "recorded", show(p.finish(end_of(slot_run("t", 1, 0), 1))));
}

} // namespace

std::span<const suite_case> prune_cases() {
    static constexpr suite_case cases[] = {
        {"old runs are forgotten, never those in flight", by_age},
        {"surplus runs of each task are forgotten, never those in flight", by_number},
        {"old runs and surplus runs are forgotten together", by_both},
        {"a policy that asks for nothing forgets nothing", by_nothing},
        {"a run is forgotten with all its traces", all_traces},
        {"tasks go on when their runs are forgotten", tasks_go_on},
    };
    return cases;
}

} // namespace rondo::testing::detail
