// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

#include <utility>

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
    p.same("forgotten", "3", show(p.prune(policy).runs));
    p.same("left", "5 4 8 3 1", numbers(p.history().runs));
    p.same("forgotten again", "0", show(p.prune(policy).runs));
    policy.ended_before = at(1'000);
    p.same("forgotten, all", "3", show(p.prune(policy).runs));
    p.same("left are those in flight", "8 1", numbers(p.history().runs));
}

void by_number(probe& p) {
    fill(p);
    prune_policy policy;
    policy.runs_per_task = 2;
    // Of t, 5 and 4 stay, and 1, which is in flight; of u, 8 and 7.
    p.same("forgotten", "3", show(p.prune(policy).runs));
    p.same("left", "5 4 8 7 1", numbers(p.history().runs));
    p.same("forgotten again", "0", show(p.prune(policy).runs));
    policy.runs_per_task = 0;
    p.same("forgotten, all", "3", show(p.prune(policy).runs));
    p.same("left are those in flight", "8 1", numbers(p.history().runs));
}

void by_both(probe& p) {
    fill(p);
    prune_policy policy;
    policy.ended_before = at(3);
    policy.runs_per_task = 3;
    p.same("forgotten", "2", show(p.prune(policy).runs));
    p.same("left", "5 4 8 3 7 1", numbers(p.history().runs));
}

/// Calls until there is no more; the number of calls, and of runs.
std::pair<int, std::uint64_t> in_slices(probe& p, prune_policy policy) {
    std::uint64_t runs = 0;
    for (int calls = 1; calls <= 100; ++calls) {
        const prune_progress now = p.prune(policy);
        p.is_true("no more than the limit", now.runs <= policy.limit);
        runs += now.runs;
        if (!now.next) return {calls, runs};
        policy.from = *now.next;
    }
    p.is_true("slices come to an end", false);
    return {0, runs};
}

void in_part(probe& p) {
    fill(p);
    prune_policy policy;
    policy.ended_before = at(13);
    policy.runs_per_task = 2;
    policy.limit = 1;
    // 2, 6 and 7 are old, 3 is one too many.
    p.same("forgotten", "4", show(in_slices(p, policy).second));
    p.same("left", "5 4 8 1", numbers(p.history().runs));
    const auto again = in_slices(p, policy);
    p.same("forgotten again", "0", show(again.second));
    policy.limit = 2;
    policy.runs_per_task = 0;
    p.same("forgotten, all", "2", show(in_slices(p, policy).second));
    p.same("left are those in flight", "8 1", numbers(p.history().runs));
    policy.limit = 0;
    p.is_true("there is no more without a limit", !p.prune(policy).next);
}

void in_part_by_age(probe& p) {
    fill(p);
    prune_policy policy;
    policy.ended_before = at(1'000);
    policy.limit = 2;
    p.same("forgotten", "6", show(in_slices(p, policy).second));
    p.same("left are those in flight", "8 1", numbers(p.history().runs));
}

void by_nothing(probe& p) {
    fill(p);
    p.same("forgotten", "0", show(p.prune({}).runs));
    prune_policy generous;
    generous.runs_per_task = static_cast<std::size_t>(-1);
    p.same("forgotten by a huge number", "0", show(p.prune(generous).runs));
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
        {"runs are forgotten in slices, as many as it takes", in_part},
        {"old runs are forgotten in slices", in_part_by_age},
        {"a policy that asks for nothing forgets nothing", by_nothing},
        {"a run is forgotten with all its traces", all_traces},
        {"tasks go on when their runs are forgotten", tasks_go_on},
    };
    return cases;
}

} // namespace rondo::testing::detail
